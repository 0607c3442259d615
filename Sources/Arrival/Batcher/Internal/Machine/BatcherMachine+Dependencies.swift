// SPDX-License-Identifier: Apache-2.0
/// What has to end before something else can, for finding deadlocks and for dumps. Read only when a
/// wait goes to sleep.
extension BatcherMachine {
  /// What a flush still waits for.
  func needs(of flush: Future<Void>) -> [WaitNode] {
    var nodes: [WaitNode] = []
    // All batches of a lane that wait for their turn need the same.
    var lanes: Set<Lane?> = []
    for member in flushes.members(of: flush) {
      switch member {
      case .batch(let number):
        if let batch = sent[number] {
          if let work = batch.work { nodes.append(.future(work)) }
        } else if let batch = queued.batch(numbered: number), lanes.insert(batch.lane).inserted {
          nodes.append(.source(batch))
        }
      case .hold(let hold):
        if let future = held[hold]?.claim?.future { nodes.append(.future(future)) }
      }
    }
    return nodes
  }

  /// The operations one of which has to end before a queued load can give its place to another.
  /// `nil` if a place can become free without that.
  var workInTheWayOfRoom: [FutureCore]? {
    let waiting = queued.all
    let places = waiting.reduce(held.count) { $0 + $1.places }
    // A load that was given room has not used it yet.
    if queueLimit.taken > places { return nil }
    let lanes = Set(waiting.map(\.batch.lane))
    guard limiter.isFull || lanes.allSatisfy({ limiter.isFull($0) }) else { return nil }
    // A held load waits for an operation in any lane.
    let inTheWay = sent.values.filter {
      limiter.isFull || !held.isEmpty || lanes.contains($0.batch.lane)
    }
    return work(of: inTheWay)
  }

  /// The operations one of which has to end before the batch can be sent. `nil` if none has to, or
  /// one of them is only about to start.
  func workInTheWay(of batch: BatchCore) -> [FutureCore]? {
    let isLaneFull = limiter.isFull(batch.lane)
    guard queued[batch] != nil, limiter.isFull || isLaneFull else { return nil }
    return work(of: sent.values.filter { !isLaneFull || $0.batch.lane == batch.lane })
  }

  /// `nil` if one of the operations is only about to start.
  private func work(of batches: [SentBatch]) -> [FutureCore]? {
    let work = batches.compactMap(\.work)
    return work.count == batches.count ? work : nil
  }
}
