internal import CArrival

/// Finds out which functions addresses belong to, each address once.
///
/// What was found is kept, up to a bound, until an image is loaded or unloaded.
enum Symbolicator {
  /// How many addresses are kept: at most about two megabytes.
  static let maxCached = 4096
  /// How long what was read of the images is kept after the last look.
  private static let idleSeconds: UInt32 = 5

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
  /// Held while addresses are looked up; see ``lookUp(_:)``.
  private static let oneAtATime = Lock(())

  /// What is at the addresses, in their order.
  static func places(of addresses: [CodeAddress]) -> [Place] {
    let generation = arrival_image_generation()
    var known = knownPlaces(of: addresses, generation)
    if known.count < Set(addresses).count {
      oneAtATime.withLock { _ in
        // Others may have looked for the same.
        known = knownPlaces(of: addresses, generation)
        let missing = Set(addresses).subtracting(known.keys).sorted { $0.value < $1.value }
        if missing.isEmpty { return }
        let found = lookUp(missing, generation)
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

  /// On a thread of its own, which is kept for some seconds. The runtime's module keeps the images that it
  /// has read for each thread that asked: to read them again takes seconds in a large executable, and to
  /// keep them much memory. It also throws inside, which is no tasklet's business, and needs more stack than
  /// the caller may have.
  private static func lookUp(
    _ addresses: [CodeAddress], _ generation: UInt64
  ) -> [CodeAddress: Place] {
    let job = Job(addresses)
    let argument = Unmanaged.passUnretained(job).toOpaque()
    let hasRun = arrival_on_kept_thread({ runJob($0, $1) }, argument, generation, idleSeconds)
    if !hasRun { job.run(in: DebugInformation()) }
    return job.found
  }

  fileprivate final class Job {
    /// Only for the kept thread. A map of the images that is captured when some have been read takes the
    /// copies for the images themselves, so it is captured once, first.
    nonisolated(unsafe) private static var images: DebugInformation?

    let addresses: [CodeAddress]
    var found: [CodeAddress: Place] = [:]

    init(_ addresses: [CodeAddress]) { self.addresses = addresses }

    func runOnKeptThread(isFirst: Bool) {
      if isFirst { Self.images = DebugInformation() }
      if let images = Self.images { run(in: images) }
    }

    func run(in images: DebugInformation) {
      let places = SymbolLookup.places(of: addresses, in: images)
      for (address, place) in zip(addresses, places) { found[address] = place }
    }
  }
}

private func runJob(_ argument: UnsafeMutableRawPointer, _ isFirst: Bool) {
  Unmanaged<Symbolicator.Job>.fromOpaque(argument).takeUnretainedValue().runOnKeptThread(
    isFirst: isFirst)
}
