// SPDX-License-Identifier: Apache-2.0
import Arrival
import Foundation
import Testing

@Suite struct DumpOnSignalTests {
  @Test func `Each signal prints the dump on standard error`() async {
    await #expect(processExitsWith: .success) {
      // This process itself reads its standard error.
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      dup2(ends[1], 2)
      for _ in 0..<3 { try PendingFutures.dumpOnSignal() }
      try PendingFutures.dumpOnSignal(SIGUSR2)
      let promise = Promise<Int>("never")
      let future = Future("stuck") { try await promise.future.value }
      spin { promise.future.hasWaiters }
      var text = ""
      for signal in [SIGUSR1, SIGUSR2, SIGUSR1] {
        kill(getpid(), signal)
        text = ""
        while !text.contains("promise \"never\"") {
          var bytes = [UInt8](repeating: 0, count: 4096)
          let count = read(ends[0], &bytes, bytes.count)
          precondition(count > 0)
          text += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        precondition(text.contains("executor \"shared\": 1 tasklets pending"))
        precondition(text.contains("- tasklet \"stuck\" created in"))
      }
      promise.succeed(1)
      let value = try future.getResult()
      precondition(value == 1)
    }
  }

  @Test(arguments: [SIGKILL, 0, -3, 5000])
  func `A signal that cannot be watched is an error that says so`(signal: Int32) {
    let error = #expect(throws: SignalUnavailable.self) { try PendingFutures.dumpOnSignal(signal) }
    #expect(error?.signal == signal && error?.code == EINVAL)
    #expect("\(error!)".contains("the signal \(signal) be watched (error \(EINVAL))"))
  }

  @Test func `A failure to start the thread is thrown, and the next call may succeed`() async {
    await #expect(processExitsWith: .success) {
      // No file can be opened here; threads fail in the same way.
      var before = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
      var none = rlimit(rlim_cur: 0, rlim_max: before.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
      do {
        try PendingFutures.dumpOnSignal()
        fatalError("no error")
      } catch let error as SignalUnavailable {
        precondition(error.signal == nil && error.code == EMFILE)
      }
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
      try PendingFutures.dumpOnSignal()
    }
  }
}
