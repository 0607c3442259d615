// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// The system did not let a signal be watched.
public struct SignalUnavailable: Error, Hashable, CustomStringConvertible {
  /// The number of the signal; `nil` for `SIGUSR1`.
  public let signal: Int32?
  /// The system's error number.
  public let code: Int32

  public var description: String {
    "the system did not let the signal \(signal.map { "\($0)" } ?? "SIGUSR1") be watched (error"
      + " \(code)); use another signal, and check that the process may start threads and open files"
  }
}

extension PendingFutures {
  /// Whether the thread that waits for signals runs. Held while a signal is set up.
  private static let isReading = Lock(false)

  /// Lets a signal print what is pending, and why, on standard error.
  ///
  /// `kill -USR1 <pid>` then shows what a program that seems to hang is waiting for. The text is
  /// that of ``formatDump(limits:)``. A thread of its own prints it, even when every other thread
  /// is blocked. Signals that come in quick succession may be answered once. A second call for a
  /// signal changes nothing; further signals may be added. It replaces what the program did on the
  /// signal before.
  ///
  /// - Parameter signal: the number of the signal; `nil` stands for `SIGUSR1`.
  /// - Throws: ``SignalUnavailable`` if the system refuses.
  public static func dumpOnSignal(_ signal: Int32? = nil) throws(SignalUnavailable) {
    let code = isReading.withLock { isReading in
      // The handler needs the thread, so that comes first.
      if !isReading {
        let code = arrival_signal_start { PendingFutures.dump() }
        if code != 0 { return code }
        isReading = true
      }
      // 0 is no signal; in C it stands for SIGUSR1.
      return arrival_signal_watch(signal.map { $0 == 0 ? -1 : $0 } ?? 0)
    }
    if code != 0 { throw SignalUnavailable(signal: signal, code: code) }
  }
}
