// SPDX-License-Identifier: Apache-2.0
/// What happens when an origin of keys can tell that no more come.
extension BatcherMachine {
  /// An origin adds no more keys: every open batch with a key from there leaves, in the order of
  /// opening. The origin is not watched any more.
  mutating func originIsQuiet(_ index: OriginIndex) -> [BatchCore] {
    let origin = origins.origin(at: index)
    origins.remove(index)
    return openBatches(from: index).compactMap { leave($0, for: .quiescence, toldBy: origin) }
  }

  /// An origin will never tell whether it adds more keys: its executor is gone.
  mutating func originIsGone(_ index: OriginIndex) { origins.remove(index) }

  /// A probe has passed. Returns what it does next, and the batches that leave.
  mutating func probePassed(
    _ index: OriginIndex, isDelivering: Bool
  ) -> (next: ProbeMachine.OnPass, leave: [BatchCore]) {
    let next = origins.probePassed(
      index, isDelivering: isDelivering, isWanted: !openBatches(from: index).isEmpty)
    switch next {
    case .again, .waitForDeliveries: return (next, [])
    case .end(isQuiet: true): return (next, originIsQuiet(index))
    case .end(isQuiet: false):
      origins.remove(index)
      return (next, [])
    }
  }

  /// The batches that take keys, were not told to leave, and have a key from an origin.
  private func openBatches(from index: OriginIndex) -> [BatchCore] {
    queued.open.filter { batch in
      guard let queued = queued[batch], queued.origins & index.bit != 0 else { return false }
      return switch queued.phase {
      case .open: true
      case .due, .full: false
      }
    }
  }
}
