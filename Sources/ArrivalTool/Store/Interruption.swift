// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import Synchronization

  /// Turns the first Ctrl-C into a flag, so that the work ends cleanly. The second Ctrl-C kills.
  final class Interruption: Sendable {
    private final class Flag: Sendable {
      let isSet = Atomic(false)
    }

    private let flag: Flag
    private let signals: StopSignals

    /// Whether Ctrl-C was pressed.
    var isRequested: Bool { flag.isSet.load(ordering: .acquiring) }

    /// - Parameter message: What to say after the first Ctrl-C.
    init(
      message: String? = "stopping after the rows in flight; press Ctrl-C again to stop at once"
    ) {
      let flag = Flag()
      self.flag = flag
      signals = StopSignals(StopSignals.interrupt) {
        flag.isSet.store(true, ordering: .releasing)
        if let message { complain(message) }
      }
    }
  }
#endif
