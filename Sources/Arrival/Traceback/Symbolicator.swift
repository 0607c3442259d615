// SPDX-License-Identifier: Apache-2.0
internal import CDebugInformation

/// Finds the functions at addresses, and keeps what it found until an image is loaded or unloaded.
enum Symbolicator {
  /// How many addresses are kept: at most about two megabytes.
  static let maxCached = 4096

  private struct Cache {
    var generation: UInt64 = 0
    var resolved: [CodeAddress: ResolvedAddress] = [:]

    mutating func clearIfOutdated(_ current: UInt64) {
      if generation == current { return }
      generation = current
      resolved = [:]
    }

    mutating func add(_ found: [CodeAddress: ResolvedAddress]) {
      if resolved.count + found.count > maxCached { resolved = [:] }
      if found.count <= maxCached { resolved.merge(found) { old, _ in old } }
    }
  }

  private static let cache = Lock(Cache())
  /// Held while addresses are looked up, so that threads which need the same ones look them up
  /// once.
  private static let lookup = Lock(())

  /// What is at the addresses, in their order.
  static func resolve(_ addresses: [CodeAddress]) -> [ResolvedAddress] {
    let wanted = Set(addresses)
    let generation = arrival_image_generation()
    var known = cached(wanted, generation)
    if known.count < wanted.count {
      lookup.withLock { _ in
        // Another thread may have found them by now.
        known = cached(wanted, generation)
        let missing = Array(wanted.subtracting(known.keys))
        if missing.isEmpty { return }
        let found = Dictionary(
          uniqueKeysWithValues: zip(missing, AddressResolver.resolve(missing)))
        cache.withLock {
          $0.clearIfOutdated(generation)
          $0.add(found)
        }
        known.merge(found) { old, _ in old }
      }
    }
    return addresses.compactMap { known[$0] }
  }

  private static func cached(
    _ addresses: Set<CodeAddress>, _ generation: UInt64
  ) -> [CodeAddress: ResolvedAddress] {
    cache.withLock { cache in
      cache.clearIfOutdated(generation)
      var known: [CodeAddress: ResolvedAddress] = [:]
      for address in addresses { known[address] = cache.resolved[address] }
      return known
    }
  }
}
