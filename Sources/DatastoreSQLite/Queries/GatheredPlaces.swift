#if SQLite
  internal import DatastoreModel

  /// Places of entities that were found in another order: value and key of each.
  struct GatheredPlaces {
    private struct Place {
      var start: Int
      var key: Int
      var end: Int
      var target: EntryTarget
    }

    /// One behind the other, so that a thousand places are no thousand objects.
    private var bytes: [UInt8] = []
    private var places: [Place] = []
    private var taken = 0

    mutating func add(_ first: [UInt8], _ key: UnsafeRawBufferPointer, _ target: EntryTarget) {
      let start = bytes.count
      bytes += first
      bytes.append(contentsOf: key)
      places.append(
        Place(
          start: start, key: start + first.count, end: bytes.count, target: target))
    }

    /// Makes ready to take them in order; once, when all are there.
    mutating func sort(isDescending: Bool) {
      bytes.withUnsafeBytes { bytes in
        places.sort {
          // A value shows its own end, so value and key sort as one.
          let order = KeyTable.compare(
            UnsafeRawBufferPointer(rebasing: bytes[$0.start..<$0.end]),
            UnsafeRawBufferPointer(rebasing: bytes[$1.start..<$1.end]))
          return isDescending ? order > 0 : order < 0
        }
      }
    }

    /// Takes the first of those that are left.
    mutating func next() -> Candidate? {
      if taken == places.count { return nil }
      let place = places[taken]
      taken += 1
      return Candidate(
        first: Array(bytes[place.start..<place.key]), key: Array(bytes[place.key..<place.end]),
        number: place.target.number, isOneOfSeveral: place.target.isOneOfSeveral)
    }
  }
#endif
