// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import ArrivalDatastore
  private import DatastoreSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  // Commits batches of entities to a file, and prints the number of each once it is acknowledged:
  // sqlite-crash-helper PATH PREFIX FIRST LAST SIZE Batch 7 of prefix "a" and size 3 has the
  // entities Row/a-7-0 to Row/a-7-2. Four batches are in flight at once, and their numbers come in
  // order. The tests read the numbers, and kill the process at any of them. If other processes have
  // locked the file for too long, the commit is tried again, as the library's documentation says.
  // With the prefix "index" it creates an index instead. With the prefix "history" it keeps
  // history: the batches overwrite each other's entities and count themselves in Row/counter with a
  // transform, and each line has the batch, the time of its commit, and the count.

  func say(_ line: String) {
    // Not through a buffer: when the process dies, every acknowledged number must have been
    // printed.
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
  }

  /// Commits a batch, and tries again if other processes have locked the file.
  private func commit(
    _ batch: Int, _ prefix: String, _ size: Int, to backend: SQLiteBackend
  ) async throws -> String {
    let isCounted = prefix == "history"
    let group = isCounted ? batch % 5 : batch
    var mutations = (0..<size).map { index in
      Mutation.upsert(
        Entity(
          Key("Row", name: "\(prefix)-\(group)-\(index)"),
          ["batch": .indexed(.integer(Int64(batch))), "text": "some text to fill a page with"]))
    }
    if isCounted {
      mutations.append(
        Mutation(
          .upsert(Entity(Key("Row", name: "counter"))), propertyMask: [],
          propertyTransforms: [PropertyTransform("count", .increment(1))]))
    }
    var failure: DatastoreError?
    for _ in 0..<20 {
      do {
        let reply = try await backend.commit(mutations)
        guard isCounted, let time = reply.commitTime?.microseconds,
          let count = reply.results.last?.transformResults.first?.integerValue
        else { return "\(batch)" }
        return "\(batch) \(time) \(count)"
      } catch {
        guard let error = error as? DatastoreError, error.code == .aborted else { throw error }
        failure = error
      }
    }
    throw failure ?? DatastoreError(.internal, "nothing was tried")
  }

  /// Creates a composite index of the rows, a hundred of them at a time, and prints a line after
  /// each hundred.
  private func makeIndex(_ backend: SQLiteBackend) async throws {
    let index = SQLiteBackend.Index(
      kind: "Row", [QueryOrder("text"), QueryOrder("batch", .descending)])
    try await backend.createIndex(index, portion: 100) { say("portion") }
    say("built")
  }

  let arguments = CommandLine.arguments
  guard arguments.count == 6, let first = Int(arguments[3]), let last = Int(arguments[4]),
    let size = Int(arguments[5])
  else {
    say("usage: sqlite-crash-helper PATH PREFIX FIRST LAST SIZE")
    exit(2)
  }
  do {
    let prefix = arguments[2]
    var configuration = SQLiteBackend.Configuration()
    if prefix == "history" { configuration.historyTime = .seconds(3_600) }
    let backend = try SQLiteBackend(path: arguments[1], configuration: configuration)
    say("open")
    if prefix == "index" {
      try await makeIndex(backend)
      exit(0)
    }
    var inFlight: [(batch: Int, task: Task<String, any Error>)] = []
    var next = first
    while next <= last || !inFlight.isEmpty {
      while next <= last, inFlight.count < 4 {
        let batch = next
        inFlight.append((batch, Task { try await commit(batch, prefix, size, to: backend) }))
        next += 1
      }
      say(try await inFlight.removeFirst().task.value)
    }
    try await backend.close()
    say("closed")
  } catch {
    say("error: \(error)")
    exit(1)
  }
#else
  print("sqlite-crash-helper needs the trait SQLite: build with --traits SQLite")
#endif
