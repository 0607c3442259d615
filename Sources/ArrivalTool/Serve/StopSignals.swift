// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  private import Dispatch
  private import Synchronization

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Calls a closure at the first SIGTERM or Ctrl-C. The second one kills.
  ///
  /// `@unchecked Sendable`: the sources are set once, in `init`.
  final class StopSignals: @unchecked Sendable {
    private var sources: [any DispatchSourceSignal] = []

    init(_ stop: @escaping @Sendable () -> Void) {
      for number in [SIGTERM, SIGINT] {
        // A dispatch source sees a signal only if the signal's own action is to ignore it.
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
          signal(SIGTERM, SIG_DFL)
          signal(SIGINT, SIG_DFL)
          stop()
        }
        sources.append(source)
        source.resume()
      }
    }

    deinit { for source in sources { source.cancel() } }
  }
#endif
