// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Builds the reply to a query for the nearest vectors. It keeps no more results than wanted.
///
/// Unstable: this type may change in any minor release.
public struct NearestBuilder {
  private struct Found {
    /// The smaller, the nearer.
    var rank: Double
    var distance: Double
    var row: QueryEvaluation.Row
  }

  private let query: NormalizedQuery
  private let search: FindNearest
  private let length: Double
  /// A heap whose first result is the farthest.
  private var heap: [Found] = []

  /// Begins a reply. `nil` for a query that searches no vectors.
  public init?(_ query: NormalizedQuery) {
    guard let search = query.request.findNearest else { return nil }
    self.query = query
    self.search = search
    length = search.queryVector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Takes a result of the query if its vector is among the nearest.
  public mutating func add(_ row: QueryEvaluation.Row) {
    guard let distance = distance(of: row.entity) else { return }
    if let threshold = search.distanceThreshold,
      search.distanceMeasure == .dotProduct ? distance < threshold : distance > threshold
    {
      return
    }
    let rank = search.distanceMeasure == .dotProduct ? -distance : distance
    let found = Found(rank: rank, distance: distance, row: row)
    if heap.count < search.limit {
      heap.append(found)
      siftUp()
    } else if Self.isFarther(heap[0], than: found) {
      heap[0] = found
      siftDown()
    }
  }

  /// The reply, after the last result.
  public func reply() -> QueryReply {
    let nearest = heap.sorted { Self.isFarther($1, than: $0) }
    let items = nearest.map { found in
      var entity = found.row.entity
      if let name = search.distanceResultProperty {
        entity.properties[name] = .unindexed(.double(found.distance))
      }
      return QueryReply.Item(
        entity: entity, cursor: QueryPosition.cursor(found.row.position, of: query))
    }
    let end = items.last?.cursor ?? QueryPosition.cursor([], of: query)
    return QueryReply(items: items, endCursor: end, more: .none)
  }

  private func distance(of entity: Entity) -> Double? {
    guard let path = PropertyPath(search.vectorProperty) else { return nil }
    var value: Value? = .entity(entity)
    for name in path.names { value = value?.entityValue?[name] }
    guard let vector = value?.arrayValue, vector.count == search.queryVector.count else {
      return nil
    }
    var (squares, product, other) = (0.0, 0.0, 0.0)
    for (element, wanted) in zip(vector, search.queryVector) {
      let number: Double
      switch element {
      case .double(let value): number = value
      case .integer(let value): number = Double(value)
      default: return nil
      }
      squares += (number - wanted) * (number - wanted)
      product += number * wanted
      other += number * number
    }
    let distance: Double
    switch search.distanceMeasure {
    case .euclidean: distance = squares.squareRoot()
    case .cosine: distance = 1 - product / (length * other.squareRoot())
    case .dotProduct: distance = product
    }
    return distance.isNaN ? nil : distance
  }

  // MARK: The heap

  /// Of equal distances, the later position is farther.
  private static func isFarther(_ a: Found, than b: Found) -> Bool {
    a.rank == b.rank
      ? ByteComparison.precedes(b.row.position, a.row.position) : a.rank > b.rank
  }

  private mutating func siftUp() {
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard Self.isFarther(heap[index], than: heap[parent]) else { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func siftDown() {
    var index = 0
    while true {
      var farthest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && Self.isFarther(heap[child], than: heap[farthest]) {
        farthest = child
      }
      if farthest == index { return }
      heap.swapAt(index, farthest)
      index = farthest
    }
  }
}
