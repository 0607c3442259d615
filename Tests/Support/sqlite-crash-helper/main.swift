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
  // With the prefix "index" it creates an index instead.

  func say(_ line: String) {
    // Not through a buffer: when the process dies, every acknowledged number must have been
    // printed.
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
  }

  /// Commits a batch, and tries again if other processes have locked the file.
  private func commit(
    _ batch: Int, _ prefix: String, _ size: Int, to backend: SQLiteBackend
  ) async throws {
    let mutations = (0..<size).map { index in
      Mutation.upsert(
        Entity(
          Key("Row", name: "\(prefix)-\(batch)-\(index)"),
          ["batch": .indexed(.integer(Int64(batch))), "text": "some text to fill a page with"]))
    }
    var failure: DatastoreError?
    for _ in 0..<20 {
      do {
        _ = try await backend.commit(mutations)
        return
      } catch {
        guard let error = error as? DatastoreError, error.code == .aborted else { throw error }
        failure = error
      }
    }
    if let failure { throw failure }
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
    let backend = try SQLiteBackend(path: arguments[1])
    say("open")
    let prefix = arguments[2]
    if prefix == "index" {
      try await makeIndex(backend)
      exit(0)
    }
    var inFlight: [(batch: Int, task: Task<Void, any Error>)] = []
    var next = first
    while next <= last || !inFlight.isEmpty {
      while next <= last, inFlight.count < 4 {
        let batch = next
        inFlight.append((batch, Task { try await commit(batch, prefix, size, to: backend) }))
        next += 1
      }
      let (batch, task) = inFlight.removeFirst()
      try await task.value
      say("\(batch)")
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
