// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Measures a store of a million entities: import, memory, bytes, first pages.
///
/// Each mode runs in its own process, because peak memory is counted per process.
@main
struct StoreScale {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    let numbers = arguments.dropFirst().map { Int($0) ?? 0 }
    guard let mode = arguments.first, let count = numbers.first, numbers.allSatisfy({ $0 > 0 })
    else { stop() }
    let commits = numbers.dropFirst().first
    switch mode {
    case "import": try await Import(count: count, isIndexed: true, commits: commits).run()
    case "import-plain": try await Import(count: count, isIndexed: false, commits: commits).run()
    case "import-index":
      try await Import(count: count, isIndexed: true, commits: commits, withPair: true).run()
    case "page": try await Pages(counts: numbers, isIndexed: false).run()
    case "page-index": try await Pages(counts: numbers, isIndexed: true).run()
    case "history": try await History(count: count, isKept: true).run()
    case "history-off": try await History(count: count, isKept: false).run()
    default: stop()
    }
  }

  private static func stop() -> Never {
    print(
      """
      usage: StoreScale import COUNT [COMMITS]        rows of five strings, all indexed, a future
                                                      for each, with that many commits under way
             StoreScale import-plain COUNT [COMMITS]  … without index entries
             StoreScale import-index COUNT [COMMITS]  … all indexed, and an index of two properties
             StoreScale page COUNT [COUNT]            first pages of 20 from that many entities; of
                                                      two stores in turns, and how the times grow
             StoreScale page-index COUNT [COUNT]      … with indexes of filter and order
             StoreScale history COUNT                 inserts, overwrites, with an hour of history
             StoreScale history-off COUNT             … without history
      """)
    exit(2)
  }
}

/// A file for a datastore in a temporary folder, which is removed at the end.
final class Scratch: Sendable {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "arrival-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var path: String { folder.appending(path: "store.db").path(percentEncoded: false) }

  /// The size of the file after it is closed.
  var bytes: Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }
}

/// What the system reports about the process.
private func usage() -> rusage {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  #endif
  return usage
}

/// The peak resident memory of the process, in bytes.
func peakMemory() -> Int {
  #if canImport(Darwin)
    usage().ru_maxrss
  #else
    usage().ru_maxrss * 1_024
  #endif
}

/// The processor time of the process in seconds. Other load on the machine affects it less than the
/// elapsed time.
func processorTime() -> Double {
  let usage = usage()
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

/// The bytes that the process has written. 0 if the system does not report them.
func bytesWritten() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/io", encoding: .utf8) else { return 0 }
  let line = text.split(separator: "\n").first { $0.hasPrefix("wchar: ") }
  return line.flatMap { Int($0.dropFirst(7)) } ?? 0
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
