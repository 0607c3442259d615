/// One thing measured: Arrival and its peers, doing the same.
public struct Comparison: Sendable {
  /// What is done, for people; unique.
  public let what: String
  /// Arrival first, then its peers.
  public let contenders: [Contender]
  public let targets: [Target]
  /// How many operations a round makes; `nil`: as many as take some milliseconds.
  public let operations: Int?
  /// The most rounds; fewer where a round takes long.
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

/// What Arrival is to reach.
public enum Target: Sendable {
  /// At most this many nanoseconds an operation.
  case under(nanoseconds: Double)
  /// At least this many operations a second.
  case rate(Double)
  /// At least this many times as fast as the peer, in the median over the rounds.
  case times(Double, peer: String)
}

/// Somebody who can do it.
public struct Contender: Sendable {
  public let name: String
  /// Does the operation this many times; gives the nanoseconds it took, without preparations.
  public let run: @Sendable (Int) -> UInt64

  /// - Parameter run: measures itself.
  public init(timingItself name: String, run: @escaping @Sendable (Int) -> UInt64) {
    self.name = name
    self.run = run
  }

  /// - Parameter body: is measured as a whole.
  public init(_ name: String, _ body: @escaping @Sendable (Int) throws -> Void) {
    self.init(timingItself: name) { count in timed { try body(count) } }
  }

  /// - Parameter prepare: is not measured; what it gives is.
  public init(
    preparing name: String, _ prepare: @escaping @Sendable (Int) throws -> () throws -> Void
  ) {
    self.init(timingItself: name) { count in
      let body = orTrap { try prepare(count) }
      return timed(body)
    }
  }
}
