#if SQLite
  private import Datastore
  private import DatastoreSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  // Commits batches of entities to a file and prints the number of each after it is acknowledged:
  //   sqlite-crash-helper PATH PREFIX FIRST LAST SIZE
  // Batch 7 of prefix "a" and size 3 has the entities Row/a-7-0 to Row/a-7-2. The tests read the
  // numbers and kill the process at any of them.

  func say(_ line: String) {
    // Straight to the descriptor: nothing acknowledged may wait in a buffer when the process dies.
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
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
    for batch in first..<(last + 1) {
      let mutations = (0..<size).map { index in
        Mutation.upsert(
          Entity(
            Key("Row", name: "\(arguments[2])-\(batch)-\(index)"),
            ["batch": .indexed(.integer(Int64(batch))), "text": "some text to fill a page with"]))
      }
      _ = try await backend.commit(mutations)
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
