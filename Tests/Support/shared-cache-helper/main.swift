// SPDX-License-Identifier: Apache-2.0
#if SQLite && NIO
  private import DatastoreEngine
  private import DatastoreMemcached
  private import DatastoreModel
  private import DatastoreSQLite
  private import Synchronization

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  // Counts in the entities of a file, and reads them, through a shared cache in memcached:
  // shared-cache-helper PATH PORT SECONDS FAULT. Tests run several, and kill them at any moment. It
  // prints a line for each operation that has returned, "KIND KEY COUNT BEGIN END": "w" for a write
  // and the count after it, "h" for a read from the cache, "m" for one from the file through the
  // cache, and "d" for one of the file alone. Times are nanoseconds of a clock that all processes
  // share. Lines with "f" are failures. FAULT "unlocked" leaves out the writers' locks.

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func say(_ line: String) {
    // Not through a buffer, which a kill would lose, and in one piece.
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
  }

  /// Says whether a lookup came to the file.
  private final class Asked: Sendable {
    @TaskLocal static var current: Asked?
    private let flag = Atomic(false)
    var value: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
  }

  private struct ObservedBackend: DatastoreBackend {
    let base: SQLiteBackend

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      Asked.current?.set()
      return try await base.lookup(keys, options: options)
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      try await base.commit(mutations, in: transaction)
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try await base.query(request, options: options)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await base.aggregate(request, options: options)
    }
    func close() async throws { try await base.close() }
  }

  /// Says that locks were stored, and stores none: a planted fault.
  private struct CacheWithoutLocks: SharedCache {
    /// The first byte of locks.
    private static let lock: UInt8 = 4
    let base: MemcachedCache

    func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry] {
      try await base.get(keys)
    }
    func add(
      _ values: [[UInt8]: [UInt8]], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      let locks = values.filter { $0.value.first == Self.lock }
      let others = values.filter { $0.value.first != Self.lock }
      return try await base.add(others, expiresIn: expiresIn).union(locks.keys)
    }
    func replace(
      _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      let locks = entries.filter { $0.value.value.first == Self.lock }
      let others = entries.filter { $0.value.value.first != Self.lock }
      return try await base.replace(others, expiresIn: expiresIn).union(locks.keys)
    }
    func remove(_ keys: Set<[UInt8]>) async throws { try await base.remove(keys) }
  }

  private struct Worker: Sendable {
    static let keys = (1...8).map { Key("Counter", id: $0) }
    let file: ObservedBackend
    let backend: CachingBackend

    func run(until end: Int64) async {
      while now() < end {
        let key = Self.keys.randomElement() ?? Self.keys[0]
        do {
          try await operate(on: key, Int.random(in: 0..<10))
        } catch {
          say("f \((error as? DatastoreError)?.code.rawValue ?? "\(error)")")
        }
      }
    }

    private func operate(on key: Key, _ choice: Int) async throws {
      let begin = now()
      let (kind, count): (String, Int64)
      switch choice {
      case 0..<2: (kind, count) = ("w", try await increment(key))
      case 2: (kind, count) = ("d", try await read(key, file.base))
      default:
        let asked = Asked()
        count = try await Asked.$current.withValue(asked) { try await read(key, backend) }
        kind = asked.value ? "m" : "h"
      }
      let end = now()
      say("\(kind) \(key.id ?? 0) \(count) \(begin) \(end)")
    }

    private func increment(_ key: Key) async throws -> Int64 {
      let count = PropertyTransform("n", .increment(1))
      let reply = try await backend.commit([
        Mutation(.upsert(Entity(key)), propertyMask: [], propertyTransforms: [count])
      ])
      return reply.results[0].transformResults[0].integerValue ?? 0
    }

    private func read(_ key: Key, _ backend: any DatastoreBackend) async throws -> Int64 {
      try await backend.lookup([key]).found.first?["n"]?.integerValue ?? 0
    }
  }

  let arguments = CommandLine.arguments
  guard arguments.count == 5, let port = Int(arguments[2]), let seconds = Int64(arguments[3])
  else {
    say("usage: shared-cache-helper PATH PORT SECONDS FAULT")
    exit(2)
  }
  private let file = ObservedBackend(base: try SQLiteBackend(path: arguments[1]))
  private let server = MemcachedCache(.init(port: port))
  private let cache: any SharedCache =
    arguments[4] == "unlocked" ? CacheWithoutLocks(base: server) : server
  private var configuration = CachingBackend.Configuration()
  // Not for long, so that the locks of killed processes do not keep the others from caching.
  configuration.lockTime = .seconds(3)
  private let worker = Worker(
    file: file,
    backend: CachingBackend(file, cache: cache, database: "test", configuration: configuration))
  private let end = now() + seconds * 1_000_000_000
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<3 { group.addTask { await worker.run(until: end) } }
  }
#else
  print("shared-cache-helper needs the traits SQLite and NIO")
#endif
