// SPDX-License-Identifier: Apache-2.0
/// A measurement: Arrival and its peers do the same work.
public struct Comparison: Sendable {
  /// A description of the work. It is unique.
  public let what: String
  /// Arrival first, then its peers.
  public let contenders: [Contender]
  public let targets: [Target]
  /// The number of operations in a round. With `nil`, as many as take a few milliseconds.
  public let operations: Int?
  /// The most rounds. There are fewer if a round takes long.
  public let rounds: Int

  public init(
    _ what: String, operations: Int? = nil, rounds: Int = 200, targets: [Target] = [],
    _ contenders: [Contender]
  ) {
    self.what = what
    self.operations = operations
    self.rounds = rounds
    self.targets = targets
    self.contenders = contenders
  }

  public static let all: [Comparison] =
    [futures, combining, throwing, waiting, batching, datastore].flatMap { $0 }
}

/// A target that Arrival must meet.
public enum Target: Sendable {
  /// At most this many nanoseconds per operation.
  case under(nanoseconds: Double)
  /// At least this many operations per second.
  case rate(Double)
  /// At least this many times as fast as the peer, by the median of the rounds.
  case times(Double, peer: String)
}

/// A library or function that does the work.
public struct Contender: Sendable {
  public let name: String
  /// Does the operation this many times, and returns its nanoseconds without preparations.
  public let run: @Sendable (Int) -> UInt64

  /// - Parameter run: Measures itself.
  public init(timingItself name: String, run: @escaping @Sendable (Int) -> UInt64) {
    self.name = name
    self.run = run
  }

  /// - Parameter body: Is measured as a whole.
  public init(_ name: String, _ body: @escaping @Sendable (Int) throws -> Void) {
    self.init(timingItself: name) { count in timed { try body(count) } }
  }

  /// - Parameter prepare: Is not measured. The closure that it returns is measured.
  public init(
    preparing name: String, _ prepare: @escaping @Sendable (Int) throws -> () throws -> Void
  ) {
    self.init(timingItself: name) { count in
      let body = orTrap { try prepare(count) }
      return timed(body)
    }
  }
}
