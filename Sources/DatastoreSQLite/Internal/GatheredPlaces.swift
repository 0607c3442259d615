#if SQLite
  internal import Datastore

  /// Places of entities that were found in another order: value and key of each.
  ///
  /// A first page takes few of many, so they are a heap and not sorted: to begin takes a comparison or
  /// two a place, and each one taken as many as there are levels.
  struct GatheredPlaces {
    private struct Place {
      var start: Int
      var key: Int
      var end: Int
      var isOneOfSeveral: Bool
    }

    /// One behind the other, so that a thousand places are no thousand objects.
    private var bytes: [UInt8] = []
    /// Each is no later than the two at twice its index plus one and two.
    private var heap: [Place] = []
    private let isDescending: Bool

    init(isDescending: Bool) {
      self.isDescending = isDescending
    }

    /// Adds one; ``arrange()`` must follow.
    mutating func add(_ first: [UInt8], _ key: UnsafeRawBufferPointer, isOneOfSeveral: Bool) {
      let start = bytes.count
      bytes += first
      bytes.append(contentsOf: key)
      heap.append(
        Place(
          start: start, key: start + first.count, end: bytes.count, isOneOfSeveral: isOneOfSeveral))
    }

    /// Makes ready to take them in order.
    mutating func arrange() {
      for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    /// Takes the first of those that are left.
    mutating func next() -> Candidate? {
      guard let place = heap.first, let last = heap.popLast() else { return nil }
      if !heap.isEmpty {
        heap[0] = last
        sink(0)
      }
      return Candidate(
        first: Array(bytes[place.start..<place.key]), key: Array(bytes[place.key..<place.end]),
        isOneOfSeveral: place.isOneOfSeveral)
    }

    private mutating func sink(_ start: Int) {
      bytes.withUnsafeBytes { bytes in
        let place = heap[start]
        var index = start
        while 2 * index + 1 < heap.count {
          var child = 2 * index + 1
          if child + 1 < heap.count, precedes(heap[child + 1], heap[child], bytes) { child += 1 }
          guard precedes(heap[child], place, bytes) else { break }
          heap[index] = heap[child]
          index = child
        }
        heap[index] = place
      }
    }

    private func precedes(_ a: Place, _ b: Place, _ bytes: UnsafeRawBufferPointer) -> Bool {
      // A value shows its own end, so value and key sort as one.
      let order = KeyTable.compare(
        UnsafeRawBufferPointer(rebasing: bytes[a.start..<a.end]),
        UnsafeRawBufferPointer(rebasing: bytes[b.start..<b.end]))
      return isDescending ? order > 0 : order < 0
    }
  }
#endif
