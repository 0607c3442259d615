#if SQLite
  internal import Datastore

  /// Places of entities that were found in another order: value and key of each, sorted.
  struct GatheredPlaces {
    private struct Place {
      var start: Int
      var key: Int
      var end: Int
      var isOneOfSeveral: Bool
    }

    /// One behind the other, so that a thousand places are no thousand objects.
    private var bytes: [UInt8] = []
    private var places: [Place] = []
    private var position = 0

    mutating func add(_ first: [UInt8], _ key: UnsafeRawBufferPointer, isOneOfSeveral: Bool) {
      let start = bytes.count
      bytes += first
      bytes.append(contentsOf: key)
      places.append(
        Place(
          start: start, key: start + first.count, end: bytes.count, isOneOfSeveral: isOneOfSeveral))
    }

    mutating func sort(isDescending: Bool) {
      bytes.withUnsafeBytes { all in
        places.sort { left, right in
          // A value shows its own end, so value and key sort as one.
          let order = KeyTable.compare(
            UnsafeRawBufferPointer(rebasing: all[left.start..<left.end]),
            UnsafeRawBufferPointer(rebasing: all[right.start..<right.end]))
          return isDescending ? order > 0 : order < 0
        }
      }
    }

    mutating func next() -> Candidate? {
      guard position < places.count else { return nil }
      let place = places[position]
      position += 1
      return Candidate(
        first: Array(bytes[place.start..<place.key]), key: Array(bytes[place.key..<place.end]),
        isOneOfSeveral: place.isOneOfSeveral)
    }
  }
#endif
