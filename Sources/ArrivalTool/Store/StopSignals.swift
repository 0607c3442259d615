// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import Dispatch

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Calls a closure at the first of some signals. The second one kills.
  ///
  /// `@unchecked Sendable`: the sources are set once, in `init`.
  final class StopSignals: @unchecked Sendable {
    /// Ctrl-C.
    static var interrupt: [Int32] { [SIGINT] }
    /// Ctrl-C, and what service managers send.
    static var all: [Int32] { [SIGTERM, SIGINT] }

    private let numbers: [Int32]
    private var sources: [any DispatchSourceSignal] = []

    init(_ numbers: [Int32], _ stop: @escaping @Sendable () -> Void) {
      self.numbers = numbers
      for number in numbers {
        // A dispatch source sees a signal only if the signal's own action is to ignore it.
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
          for number in numbers { signal(number, SIG_DFL) }
          stop()
        }
        sources.append(source)
        source.resume()
      }
    }

    deinit {
      for source in sources { source.cancel() }
      for number in numbers { signal(number, SIG_DFL) }
    }
  }
#endif
