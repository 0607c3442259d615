// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import Foundation

  #if canImport(Glibc)
    import Glibc
  #else
    import Darwin
  #endif

  /// Runs a program to its end, on a thread of its own.
  ///
  /// - Parameter environment: What is added to that of the tests.
  func runProgram(
    _ command: [String], environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String) {
    try await onThread { try run(command, environment) }
  }

  /// Runs what takes its time on a thread of its own, so that the few of the tasks' pool stay free
  /// for other tests.
  func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let promise = Promise<T>()
    let thread = Thread { promise.complete(Result { try body() }) }
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
    // Another program that starts just now would hold it open until its own end.
    _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
#endif
