// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import Dispatch
  private import Synchronization

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Turns the first Ctrl-C into a flag, so that the work ends cleanly. The second Ctrl-C kills.
  ///
  /// `@unchecked Sendable`: `source` is set once, in `init`; the flag is atomic.
  final class Interruption: @unchecked Sendable {
    private let flag = Atomic(false)
    private var source: (any DispatchSourceSignal)?

    /// Whether Ctrl-C was pressed.
    var isRequested: Bool { flag.load(ordering: .acquiring) }

    /// - Parameter message: What to say after the first Ctrl-C.
    init(
      message: String? = "stopping after the rows in flight; press Ctrl-C again to stop at once"
    ) {
      // A dispatch source sees a signal only if the signal's own action is to ignore it.
      signal(SIGINT, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
      source.setEventHandler { [weak self] in
        signal(SIGINT, SIG_DFL)
        guard let self, !self.flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if let message { complain(message) }
      }
      self.source = source
      source.resume()
    }

    deinit {
      source?.cancel()
      signal(SIGINT, SIG_DFL)
    }
  }
#endif
