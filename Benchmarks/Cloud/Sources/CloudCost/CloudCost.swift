// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Compares the cost of a get through futures with the cost of the same call through grpc-swift.
///
/// The server is this program in another process, so that only the client's time is measured.
@main
struct CloudCost {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "serve" { return try await Server.run() }
    guard let rounds = Int(arguments.first ?? "200"), rounds > 0, arguments.count <= 1 else {
      print("usage: CloudCost [ROUNDS]    each of 1,000 keys in one call; default 200")
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

  private static func measure(port: Int, rounds: Int) async throws {
    let bare = try Bare(port: port)
    let futures = try Futures(port: port)
    let contenders: [(name: String, get: @Sendable () async throws -> Void)] = [
      ("grpc-swift, messages", bare.lookup),
      ("Arrival, a future a key", futures.get),
      ("the backend's lookup alone", futures.lookup),
    ]
    var times = contenders.map { _ in [Double]() }
    let warming = 20
    // In turns, because the speed of the machine varies.
    for round in 0..<warming + rounds {
      for (index, contender) in contenders.enumerated() {
        let time = try await processorTime(contender.get)
        if round >= warming { times[index].append(time) }
      }
    }
    let calls = Double(futures.calls) / Double(warming + rounds)
    try await bare.close()
    try await futures.close()
    print("| 1,000 entities of five strings | processor time a key, µs | ratio |")
    print("| --- | ---: | ---: |")
    let base = median(times[0])
    for (contender, times) in zip(contenders, times) {
      let time = median(times)
      print("| \(contender.name) | \(text(time)) | \(text(time / base)) |")
    }
    print("Lookup calls for 1,000 futures: \(text(calls)); the others make one.")
  }

  private static func text(_ number: Double) -> String { String(format: "%.2f", number) }

  private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

  /// The user and system time of the whole process, in microseconds per key.
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
