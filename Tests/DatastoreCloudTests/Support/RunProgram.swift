#if Cloud
  import Arrival
  import Foundation

  /// Runs a program to its end, on a thread of its own: pip takes a minute, and other tests need theirs.
  ///
  /// - Parameter environment: What is added to that of the tests.
  func runProgram(
    _ command: [String], environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String) {
    let promise = Promise<(status: Int32, output: String)>()
    let thread = Thread {
      promise.complete(Result { try run(command, environment) })
    }
    thread.start()
    return try await promise.future.value
  }

  private func run(
    _ command: [String], _ environment: [String: String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
#endif
