// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import Foundation
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #else
    import Darwin
  #endif

  /// A program that serves the tests, in a folder of its own, and ends with them; the folder does
  /// too.
  ///
  /// It is killed: one that is asked to end may answer its last calls in a way of its own.
  final class ServerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
      var description: String
    }

    private struct Output {
      var text = ""
      var isOver = false
      var waiting: (String, Promise<Void>)?
    }

    private let output = Mutex(Output())
    /// Its end ends the program; kept open for as long as this lives.
    private let lifeline: FileHandle
    private let processID: Int32
    private let ended = Promise<Void>()

    init(_ command: [String], folder: URL, environment: [String: String] = [:]) throws {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      // The program's ID is known to the shell alone, which ends it when the pipe does.
      let script = """
        exec 3<&0
        "$@" 3<&- & pid=$!
        { cat <&3 >/dev/null; kill -9 $pid; } >/dev/null 2>&1 &
        wait $pid
        rm -rf "$0"
        """
      process.arguments = ["-c", script, folder.path] + command
      process.currentDirectoryURL = folder
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      let input = Pipe()
      let pipe = Pipe()
      // Or each program would hold the others' pipes open, and they would wait for each other's
      // end.
      for end in [input.fileHandleForWriting, pipe.fileHandleForReading] {
        _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
      }
      process.standardInput = input
      process.standardOutput = pipe
      process.standardError = pipe
      try Self.unblockingSignals { try process.run() }
      try? pipe.fileHandleForWriting.close()
      try? input.fileHandleForReading.close()
      lifeline = input.fileHandleForWriting
      processID = process.processIdentifier
      let reading = pipe.fileHandleForReading
      let thread = Thread { [weak self] in
        while true {
          let data = reading.availableData
          if data.isEmpty { break }
          self?.received(String(decoding: data, as: UTF8.self))
        }
        self?.finished()
      }
      thread.start()
    }

    /// A program inherits which signals its maker's thread blocks. Threads of pools block all, and
    /// a shell that hears of no child's end would wait for it for ever.
    private static func unblockingSignals(_ body: () throws -> Void) rethrows {
      var none = sigset_t()
      var before = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, &before)
      defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
      try body()
    }

    deinit { try? lifeline.close() }

    private func received(_ text: String) {
      let promise = output.withLock { output -> Promise<Void>? in
        // What a server says while it runs is not kept.
        output.text = String((output.text + text).suffix(20_000))
        guard let (line, promise) = output.waiting, output.text.contains(line) else { return nil }
        output.waiting = nil
        return promise
      }
      promise?.succeed(())
    }

    private func finished() {
      let (promise, text) = output.withLock { output in
        output.isOver = true
        return (output.waiting?.1, output.text)
      }
      promise?.fail(Failure(description: "The server has ended. It said:\n\(text)"))
      ended.succeed(())
    }

    /// Returns when the program has written a line with this text.
    func waitForLine(containing line: String) async throws {
      let promise = Promise<Void>()
      let isThere = output.withLock { output -> Bool? in
        if output.text.contains(line) { return true }
        if output.isOver { return false }
        output.waiting = (line, promise)
        return nil
      }
      switch isThere {
      case true?: return
      case false?:
        throw Failure(description: "The server has ended. It said:\n\(output.withLock(\.text))")
      case nil:
        do {
          // It takes five seconds, or a minute and more on a machine that has much else to do.
          try await promise.future.getResult(within: .seconds(300))
        } catch is TimeoutError {
          throw Failure(
            description: "The server did not come up in 300 s. It said:\n\(output.withLock(\.text))"
          )
        }
      }
    }

    /// Ends the program and waits until it has.
    func stop() async {
      try? lifeline.close()
      await ended.future.wait()
    }
  }

  private let givenPorts = Mutex<Set<Int>>([])

  /// A port of the loopback interface that was free a moment ago, for a server that is told its
  /// port.
  ///
  /// It is outside the range that systems give to connections: one of them could take it before the
  /// server does, or while it restarts, or connect to itself there while nobody listens.
  func freePort() throws -> Int {
    for _ in 0..<1_000 {
      let port = Int.random(in: 20_000..<32_000)
      let isNew = givenPorts.withLock { $0.insert(port).inserted }
      if isNew, LoopbackListener.isFree(port) { return port }
    }
    throw ServerProcess.Failure(description: "There is no free port.")
  }
#endif
