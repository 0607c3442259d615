// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  internal import Arrival

  /// Which bodies wait for which batches and held loads. Pure, apart from what it tells the bodies.
  ///
  /// Events come from several threads. The event of a load may come after the one that its batch
  /// has ended, and of the two events of a held load either may come first.
  struct LoadOwners: Sendable {
    /// A load that is held: whose it is. If the second event of the load comes first, what that
    /// event said.
    private enum Held {
      case waiting(StartedWork?)
      case joined(BatchID)
      case dropped
    }

    private var batches: [BatchID: [StartedWork]] = [:]
    private var held: [HoldID: Held] = [:]
    private var endedBatches = EndedBatches()

    /// Whether nothing is pending.
    var isEmpty: Bool { batches.isEmpty && held.isEmpty }

    /// Notes a load of the calling code.
    ///
    /// - Parameter caller: the body that the calling code belongs to.
    /// - Returns: the body whose held load has ended. Tell it when the lock is given back.
    mutating func loaded(
      _ load: InstrumentEvent.KeyLoaded, by caller: StartedWork?
    ) -> StartedWork? {
      guard let hold = load.hold else {
        if let batch = load.batch { join(batch, caller) }
        return nil
      }
      // The first event comes from the caller's thread, the second from the thread that ends the
      // hold and may belong to another body.
      switch (load.outcome, held.removeValue(forKey: hold)) {
      case (.held, nil):
        held[hold] = .waiting(caller)
        caller?.began(hold)
      case (.held, .joined(let batch)): join(batch, caller)
      case (.held, _): break
      case (_, .waiting(let owner)):
        if let batch = load.batch { join(batch, owner) }
        return owner
      case (_, _): held[hold] = load.batch.map(Held.joined) ?? .dropped
      }
      return nil
    }

    private mutating func join(_ batch: BatchID, _ owner: StartedWork?) {
      // Another thread may have sent it meanwhile, and its answer may have come.
      guard let owner, !endedBatches.contains(batch) else { return }
      if batches[batch]?.last !== owner { batches[batch, default: []].append(owner) }
      owner.began(batch)
    }

    /// Returns the bodies that waited for the batch.
    mutating func ended(_ batch: BatchID) -> [StartedWork] {
      endedBatches.add(batch)
      return batches.removeValue(forKey: batch) ?? []
    }
  }

  /// The batches that ended last.
  private struct EndedBatches {
    private static let limit = 4096
    private var set: Set<BatchID> = []
    private var ring: [BatchID] = []
    private var next = 0

    func contains(_ batch: BatchID) -> Bool { set.contains(batch) }

    mutating func add(_ batch: BatchID) {
      set.insert(batch)
      if ring.count < Self.limit { return ring.append(batch) }
      set.remove(ring[next])
      ring[next] = batch
      next = (next + 1) % Self.limit
    }
  }
#endif
