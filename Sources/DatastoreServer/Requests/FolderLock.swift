// SPDX-License-Identifier: Apache-2.0
#if Server
  private import Synchronization

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// A lock on a folder of databases. All servers of the folder share it, so that each can find out
  /// whether it is the only one.
  ///
  /// The system releases it when the process ends.
  package final class FolderLock: Sendable {
    /// The file's name in the folder.
    package static let fileName = ".arrival-serve"

    private let descriptor: Int32
    /// How many resets have it exclusively.
    private let resets = Mutex(0)

    /// Shares the lock, and waits for the reset of another server if need be.
    ///
    /// `nil` if the file cannot be made or the file system has no locks.
    package init?(folder: String) {
      descriptor = open("\(folder)/\(Self.fileName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { return nil }
      guard flock(descriptor, LOCK_SH) == 0 else {
        close(descriptor)
        return nil
      }
    }

    deinit { close(descriptor) }

    /// Takes the lock for this server alone; `false` if another one shares it.
    func becomeExclusive() -> Bool {
      resets.withLock { resets in
        if resets == 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
          // The attempt has given up the share.
          _ = flock(descriptor, LOCK_SH)
          return false
        }
        resets += 1
        return true
      }
    }

    /// Shares the lock again.
    func becomeShared() {
      resets.withLock { resets in
        resets -= 1
        if resets == 0 { _ = flock(descriptor, LOCK_SH) }
      }
    }
  }
#endif
