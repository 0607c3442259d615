// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  static let serialisabilityCases: [Case] =
    (1...12).map { serialisability(seed: $0, below: nil) }
    + (13...16).map { serialisability(seed: $0, below: "root") }

  /// - Parameter root: The ancestor of the queries. `nil` for queries of a kind.
  private static func serialisability(seed: UInt64, below root: String?) -> Case {
    let place = root == nil ? "" : "Below an ancestor: "
    return Case(
      "\(place)Random concurrent transactions have the effect of some serial order (seed \(seed))"
    ) { scene in
      var random = SeededGenerator(seed: seed)
      for round in 0..<6 {
        var schedule = RandomSchedule(
          scene, prefix: "\(round)-", below: root.map { scene.key("\($0)-\(round)") })
        try await schedule.run(&random)
        try await schedule.check()
      }
    }
  }
}

/// Transactions over three entities with randomly interleaved steps.
private struct RandomSchedule {
  static let names = ["a", "b", "c"]

  /// The reads and writes of a committed transaction, which a model can repeat.
  struct Story {
    enum Read {
      case value(name: String, Int64?)
      case found(value: Int64, names: [String])
    }

    var reads: [Read] = []
    var writes: [String: Int64?] = [:]
  }

  private struct Running {
    var id: TransactionID
    var stepsLeft: Int
    var story = Story()
  }

  private let scene: ContractScene
  private let prefix: String
  private let root: Key?
  private var committed: [Story] = []

  init(_ scene: ContractScene, prefix: String, below root: Key?) {
    self.scene = scene
    self.prefix = prefix
    self.root = root
  }

  private func key(_ name: String) -> Key { scene.key(prefix + name, below: root) }

  mutating func run(_ random: inout SeededGenerator) async throws {
    var unstarted = 5
    var running: [Running] = []
    while unstarted > 0 || !running.isEmpty {
      if unstarted > 0, running.isEmpty || (running.count < 3 && random.chance(2)) {
        unstarted -= 1
        running.append(
          Running(id: try await scene.begin(), stepsLeft: random.number(1...4)))
        continue
      }
      let place = random.number(0...(running.count - 1))
      var one = running[place]
      one.stepsLeft -= 1
      if one.stepsLeft < 0 {
        running.remove(at: place)
        try await commit(one)
      } else if try await step(&one, &random) {
        running[place] = one
      } else {
        running.remove(at: place)
      }
    }
  }

  /// Reads, or plans a write. Returns `false` if the transaction was aborted.
  private func step(_ one: inout Running, _ random: inout SeededGenerator) async throws -> Bool {
    let name = random.element(Self.names)
    switch random.number(0...4) {
    case 0, 1:
      let values = try await scene.values(of: [key(name)], in: one.id)
      guard let values else { return false }
      one.story.reads.append(.value(name: name, values[0]?.integerValue))
    case 2:
      let value = Int64(random.number(0...2))
      let ours = try await scene.names(
        withValue: .integer(value), below: root, in: one.id)
      guard let ours else { return false }
      let names = ours.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
      one.story.reads.append(.found(value: value, names: names))
    case 3:
      one.story.writes[name] = .some(Int64(random.number(0...2)))
    default:
      one.story.writes[name] = .some(nil)
    }
    return true
  }

  private mutating func commit(_ one: Running) async throws {
    let mutations = one.story.writes.map { name, value -> Mutation in
      guard let value else { return .delete(key(name)) }
      return .upsert(Entity(key(name), ["value": .indexed(.integer(value))]))
    }
    let reply = try await scene.unlessAborted {
      try await scene.backend.commit(mutations, in: .running(one.id))
    }
    if reply != nil { committed.append(one.story) }
  }

  /// Looks for a serial order with the same reads and the same final state.
  func check() async throws {
    let found = try await scene.lookup(Self.names.map(key))
    var end: [String: Int64] = [:]
    for name in Self.names { end[name] = found[key(name)]?["value"]?.integerValue }
    if Self.hasOrder(committed, from: [:], to: end) { return }
    throw ContractViolation(
      expected: "a serial order of the committed transactions that explains their reads",
      found: "none for \(committed) with the final state \(end)")
  }

  private static func hasOrder(
    _ stories: [Story], from state: [String: Int64], to end: [String: Int64]
  ) -> Bool {
    if stories.isEmpty { return state == end }
    for (place, story) in stories.enumerated() {
      let fits = story.reads.allSatisfy { read in
        switch read {
        case .value(let name, let value): state[name] == value
        case .found(let value, let found): names.filter { state[$0] == value } == found
        }
      }
      guard fits else { continue }
      var rest = stories
      rest.remove(at: place)
      var next = state
      for (name, value) in story.writes { next[name] = value }
      if hasOrder(rest, from: next, to: end) { return true }
    }
    return false
  }
}
