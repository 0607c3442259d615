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

  /// Turns the first Ctrl-C into a flag, so that work comes to a good end; the second one kills.
  ///
  /// `@unchecked`: the source is set once, before anybody else has the object; the flag is atomic.
  final class Interruption: @unchecked Sendable {
    private let flag = Atomic(false)
    private var source: (any DispatchSourceSignal)?

    /// Whether Ctrl-C was pressed.
    var isRequested: Bool { flag.load(ordering: .acquiring) }

    init() {
      // A source is told of a signal only if its own action does nothing.
      signal(SIGINT, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
      source.setEventHandler { [weak self] in
        signal(SIGINT, SIG_DFL)
        guard let self, !self.flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        complain("stopping; what is under way is finished. Ctrl-C again stops at once")
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
