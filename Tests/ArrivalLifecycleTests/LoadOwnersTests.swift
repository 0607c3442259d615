// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  import Testing

  @testable import Arrival
  @testable import ArrivalLifecycle

  /// The events of a held load, in every order in which threads may report them.
  @Suite struct LoadOwnersTests {
    fileprivate enum Step {
      case held, joined, sentAndEnded
    }

    private static let core = ObjectIdentifier(LoadOwners.self)
    private let hold = HoldID(batcher: "writes", number: 1, core: core)
    private let batch = BatchID(batcher: "writes", number: 2, core: core)

    private func event(
      _ outcome: InstrumentEvent.KeyLoaded.Outcome, _ batch: BatchID? = nil
    ) -> InstrumentEvent.KeyLoaded {
      .init(
        batcher: "writes", batch: batch, hold: hold,
        site: SourceSite(function: "f", file: "Tests/f.swift", line: 1), outcome: outcome)
    }

    private func apply(_ step: Step, to owners: inout LoadOwners, _ owner: StartedWork) {
      switch step {
      case .held: owners.loaded(event(.held), by: owner)?.ended(hold)
      case .joined: owners.loaded(event(.joined, batch), by: StartedWork())?.ended(hold)
      case .sentAndEnded: for work in owners.ended(batch) { work.ended(batch) }
      }
    }

    @Test(arguments: [
      [Step.held, .joined, .sentAndEnded], [.joined, .held, .sentAndEnded],
      [.joined, .sentAndEnded, .held],
    ])
    fileprivate func `A held load belongs to its caller until its batch has ended`(
      _ steps: [Step]
    ) {
      var owners = LoadOwners()
      let owner = StartedWork()
      for (index, step) in steps.enumerated() {
        apply(step, to: &owners, owner)
        let isHeldOrBatched = steps[...index].contains(.held) && index < 2
        #expect(owner.pending.isEmpty == !isHeldOrBatched)
      }
      #expect(owners.isEmpty)
    }

    @Test(arguments: [true, false])
    func `A held load that is dropped has ended`(_ isInOrder: Bool) {
      var owners = LoadOwners()
      let owner = StartedWork()
      if isInOrder { _ = owners.loaded(event(.held), by: owner) }
      owners.loaded(event(.dropped), by: nil)?.ended(hold)
      if !isInOrder { owners.loaded(event(.held), by: owner)?.ended(hold) }
      #expect(owner.pending.isEmpty && owners.isEmpty)
    }

    @Test func `A held load of code outside of bodies belongs to nobody`() {
      var owners = LoadOwners()
      _ = owners.loaded(event(.held), by: nil)
      let other = StartedWork()
      #expect(owners.loaded(event(.joined, batch), by: other) == nil)
      #expect(other.pending.isEmpty && owners.isEmpty)
    }
  }
#endif
