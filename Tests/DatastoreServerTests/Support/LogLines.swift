// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import Synchronization

  /// The lines of a server's log.
  final class LogLines: Sendable {
    private let stored = Mutex<[String]>([])

    var lines: [String] { stored.withLock { $0 } }

    func add(_ line: String) { stored.withLock { $0.append(line) } }
  }
#endif
