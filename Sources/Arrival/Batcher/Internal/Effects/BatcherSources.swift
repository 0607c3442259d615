// SPDX-License-Identifier: Apache-2.0
/// The source of the future of a flush.
// `@unchecked Sendable`: as its base class; `end` is set before another thread can find it.
final class FlushSource: FutureSource, @unchecked Sendable {
  private let batcher: BatcherCore
  /// Its future, which outlives it.
  private unowned(unsafe) var end: Future<Void>?

  init(_ batcher: BatcherCore) { self.batcher = batcher }

  /// The future of a flush of the batcher.
  static func future(of batcher: BatcherCore) -> Future<Void> {
    let source = FlushSource(batcher)
    let end = Future<Void>(
      pending: "flush of \(batcher.name)",
      site: SourceSite(function: #function, file: #fileID, line: #line), source: source)
    source.end = end
    return end
  }

  // A flush cannot throw, and must not return before what it promises.
  override var mayFailInRing: Bool { false }

  override func dependencies() -> Dependencies {
    guard let end else { return .external }
    let nodes = batcher.machine.withLock { $0.needs(of: end) }
    return .waits(nodes.isEmpty ? .nothing : nodes.count == 1 ? .one(nodes[0]) : .all(nodes))
  }

  override var kind: String { "flush" }
}

/// The source of a future that is done when a load has room.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class RoomSource: FutureSource, @unchecked Sendable {
  private let batcher: BatcherCore

  init(_ batcher: BatcherCore) { self.batcher = batcher }

  override func dependencies() -> Dependencies {
    batcher.machine.withLock { $0.workInTheWayOfRoom }.map { .anyOf($0) } ?? .external
  }

  override var kind: String { "room" }
}
