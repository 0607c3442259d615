internal import CArrival

/// Finds out which functions addresses belong to, each address once.
///
/// What was found is kept, up to a bound, until an image is loaded or unloaded.
enum Symbolicator {
  /// How many addresses are kept: at most about two megabytes.
  static let maxCached = 4096

  private struct Cache {
    var generation: UInt64 = 0
    var places: [CodeAddress: Place] = [:]

    mutating func forgetIfOutdated(_ current: UInt64) {
      if generation == current { return }
      generation = current
      places = [:]
    }

    mutating func add(_ found: [CodeAddress: Place]) {
      if places.count + found.count > maxCached { places = [:] }
      if found.count <= maxCached { places.merge(found) { old, _ in old } }
    }
  }

  private static let cache = Lock(Cache())
  /// Held while addresses are looked up.
  private static let oneAtATime = Lock(())

  /// What is at the addresses, in their order.
  static func places(of addresses: [CodeAddress]) -> [Place] {
    let generation = arrival_image_generation()
    var known = knownPlaces(of: addresses, generation)
    if known.count < Set(addresses).count {
      oneAtATime.withLock { _ in
        // Others may have looked for the same.
        known = knownPlaces(of: addresses, generation)
        let missing = Array(Set(addresses).subtracting(known.keys))
        if missing.isEmpty { return }
        let places = SymbolLookup.places(of: missing)
        let found = Dictionary(uniqueKeysWithValues: zip(missing, places))
        cache.withLock {
          $0.forgetIfOutdated(generation)
          $0.add(found)
        }
        known.merge(found) { old, _ in old }
      }
    }
    return addresses.compactMap { known[$0] }
  }

  private static func knownPlaces(
    of addresses: [CodeAddress], _ generation: UInt64
  ) -> [CodeAddress: Place] {
    cache.withLock { cache in
      cache.forgetIfOutdated(generation)
      var known: [CodeAddress: Place] = [:]
      for address in addresses { known[address] = cache.places[address] }
      return known
    }
  }
}
