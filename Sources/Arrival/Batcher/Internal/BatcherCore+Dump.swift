internal import Synchronization

extension BatcherCore {
  /// What a batch waits for, for dumps: `of users batch_3, which is open with 12 keys`.
  func pendingText(of batch: BatchCore) -> String {
    let (phase, keys) = machine.withLock { _ in (batch.phase, batch.size) }
    let state =
      switch phase {
      case .open: "is open"
      case .due, .full: "waits for its turn"
      case .sent: "is under way"
      case .ended: "has ended"
      }
    return "of \(name) batch_\(batch.number), which \(state) with \(keys) keys"
  }
}
