internal import Foundation

/// What a get costs through futures, beside grpc-swift used directly for the same call.
///
/// The server is this program again, in a process of its own, so that the time counted is the client's.
@main
struct CloudCost {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "serve" { return try await Server.run() }
    guard let rounds = Int(arguments.first ?? "200"), rounds > 0, arguments.count <= 1 else {
      print("usage: CloudCost [ROUNDS]    each of 1,000 keys in one call; 200 unless told")
      exit(2)
    }
    let server = Process()
    let output = Pipe()
    server.executableURL = Bundle.main.executableURL
    server.arguments = ["serve"]
    server.standardOutput = output
    try server.run()
    defer {
      server.terminate()
      server.waitUntilExit()
    }
    let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(text.trimmingCharacters(in: .newlines)) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    try await measure(port: port, rounds: rounds)
  }

  /// In turns, for the machine is not always equally fast.
  private static func measure(port: Int, rounds: Int) async throws {
    let bare = try Bare(port: port)
    let futures = try Futures(port: port)
    for _ in 0..<20 {
      try await bare.lookup()
      try await futures.get()
      try await futures.lookup()
    }
    var times: [[Double]] = [[], [], []]
    for _ in 0..<rounds {
      times[0].append(try await processorTime { try await bare.lookup() })
      times[1].append(try await processorTime { try await futures.get() })
      times[2].append(try await processorTime { try await futures.lookup() })
    }
    try await bare.close()
    try await futures.close()
    print(
      "| 1,000 keys in one Lookup, entities of five strings | processor time a key, µs | ratio |")
    print("| --- | ---: | ---: |")
    let names = ["grpc-swift, messages", "Arrival, a future a key", "the backend's lookup alone"]
    let base = median(times[0])
    for (name, times) in zip(names, times) {
      let time = median(times)
      print(
        "| \(name) | \(String(format: "%.2f", time)) | \(String(format: "%.2f", time / base)) |")
    }
  }

  private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

  /// Of the whole process, user and system, in microseconds a key.
  private static func processorTime(_ body: () async throws -> Void) async rethrows -> Double {
    let start = processorTime()
    try await body()
    return (processorTime() - start) / Double(Rows.count) * 1e6
  }

  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
