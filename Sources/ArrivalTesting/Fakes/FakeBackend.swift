// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import Synchronization

/// A backend for tests: it answers from a table, after a latency, and reacts to calls by rule.
///
/// ```swift
/// let backend = FakeBackend([1: "Ann", 2: "Bob"], latency: .milliseconds(20))
/// backend.when({ $0.number == 1 }, .fail(ConnectionLost()))      // the first call fails
/// backend.when({ $0.keys.contains(7) }, .wait(.seconds(60)))     // calls for 7 are slow
/// let users = Batcher<Int, String>("users") { (ids: [Int]) in try await backend.load(ids) }
/// let ann = users.load(1), bob = users.load(2)
/// #expect(await ann.getException() is ConnectionLost)
/// #expect(await bob.getException() is ConnectionLost)
/// #expect(backend.calls.map(\.keys) == [[1, 2]])
/// ```
///
/// Latencies are on the clock of the calling code: inside
/// ``withManualTime(seed:patience:function:file:line:_:)`` they take no time. All methods may be
/// called from any task.
public final class FakeBackend<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One call of the backend.
  public struct Call: Sendable, Hashable {
    /// Counted from 1.
    public let number: Int
    public let keys: [Key]
  }

  /// What the backend does with a call.
  public enum Reaction: Sendable {
    /// Throws the error, after the latency.
    case fail(any Error)
    /// Answers after this time in place of the latency.
    case wait(Duration)
    /// Answers with these values in place of those of the table.
    case answer([Key: Value])
    /// Never answers. The call ends when its task is cancelled.
    case hang
  }

  private struct Rule {
    let condition: @Sendable (Call) -> Bool
    let reaction: Reaction
  }

  private struct State {
    var values: [Key: Value]
    var rules: [Rule] = []
    var calls: [Call] = []
    var underWay = 0
    var maxUnderWay = 0
  }

  private let latency: Duration
  private let state: Mutex<State>

  /// Creates a backend.
  ///
  /// - Parameters:
  ///   - values: the table. The reply has no value for a key that is not in it.
  ///   - latency: how long a call takes.
  public init(_ values: [Key: Value] = [:], latency: Duration = .zero) {
    self.latency = latency
    state = Mutex(State(values: values))
  }

  /// The value in the table.
  public subscript(key: Key) -> Value? {
    get { state.withLock { $0.values[key] } }
    set { state.withLock { $0.values[key] = newValue } }
  }

  /// The calls, in the order in which they began.
  public var calls: [Call] { state.withLock { $0.calls } }

  /// How many calls were under way at once, at most.
  public var maxConcurrentCalls: Int { state.withLock { $0.maxUnderWay } }

  /// Adds a rule. The first rule whose condition holds decides.
  public func when(_ condition: @escaping @Sendable (Call) -> Bool, _ reaction: Reaction) {
    state.withLock { $0.rules.append(Rule(condition: condition, reaction: reaction)) }
  }

  /// Answers a call: the operation of a `Batcher`.
  ///
  /// - Throws: the error of a rule; `CancellationError` when the task is cancelled.
  public func load(_ keys: [Key]) async throws -> [Key: Value] {
    let (call, rules) = begin(keys)
    defer { state.withLock { $0.underWay -= 1 } }
    let reaction = rules.first { $0.condition(call) }?.reaction
    switch reaction {
    case .hang: try await Future<Void>.sleep(for: .seconds(Int64.max)).value
    case .wait(let duration): try await Future<Void>.sleep(for: duration).value
    case .fail, .answer, nil: try await Future<Void>.sleep(for: latency).value
    }
    switch reaction {
    case .fail(let error): throw error
    case .answer(let values): return values
    case .wait, .hang, nil:
      return state.withLock { state in
        keys.reduce(into: [:]) { found, key in found[key] = state.values[key] }
      }
    }
  }

  private func begin(_ keys: [Key]) -> (Call, [Rule]) {
    state.withLock { state in
      let call = Call(number: state.calls.count + 1, keys: keys)
      state.calls.append(call)
      state.underWay += 1
      state.maxUnderWay = max(state.maxUnderWay, state.underWay)
      return (call, state.rules)
    }
  }
}
