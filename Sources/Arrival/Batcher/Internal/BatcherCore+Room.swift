internal import Synchronization

extension BatcherCore {
  /// What a load is refused with.
  var overloaded: BatcherOverloaded {
    BatcherOverloaded(batcher: name, maxQueued: configuration.maxQueued ?? .max)
  }

  /// Suspends until there is room for a load, which is then kept for the caller.
  nonisolated(nonsending) func enterRoom() async throws {
    let guest = Room.Guest(
      Future(
        pending: "room in \(name)",
        site: SourceSite(function: #function, file: #fileID, line: #line)))
    try Task.checkCancellation()
    if machine.withLock({ $0.enter(guest) }) { return }
    do {
      try await guest.admission.value
    } catch {
      change { $0.giveUp(guest) }
      throw error
    }
  }

  /// A load that the cache answers, if it does; `look` is called under the lock.
  func hit<Found>(hasRoom: Bool, _ site: SourceSite, _ look: () -> Found?) -> Found? {
    let hit = change { machine -> Found? in
      guard let hit = look() else { return nil }
      machine.countHit()
      if hasRoom { machine.leaveRoom() }
      return hit
    }
    if hit != nil, Instruments.isOn { record(.cached, nil, site) }
    return hit
  }

  /// Sends what is queued; gives a future that is done when all that is queued or under way has ended,
  /// and what it spawns.
  func flush() -> Future<Void> {
    let end = Future<Void>(
      pending: "flush of \(name)",
      site: SourceSite(function: #function, file: #fileID, line: #line))
    let own = ownCall
    let (batches, isPending) = change { $0.flush(end, own: own) }
    send(batches)
    if !isPending { end.succeed(()) }
    return end
  }
}
