// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// A disk of two megabytes in memory, on Linux. It is unmounted with the last reference. Only
  /// root may mount one.
  final class SmallDisk: Sendable {
    let folder: TemporaryFolder

    /// Whether this process may mount.
    static let isPermitted: Bool = (try? SmallDisk()) != nil

    init() throws {
      folder = try TemporaryFolder()
      guard try Self.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path) else {
        throw CocoaError(.fileWriteNoPermission)
      }
    }

    deinit {
      _ = try? Self.run("umount", "-l", folder.path)
    }

    func makeReadOnly() throws { try remount("ro") }

    func makeWritable() throws { try remount("rw") }

    private func remount(_ mode: String) throws {
      guard try Self.run("mount", "-o", "remount,\(mode)", folder.path) else {
        throw CocoaError(.fileWriteNoPermission)
      }
    }

    private static func run(_ arguments: String...) throws -> Bool {
      #if os(Linux)
        guard getuid() == 0 else { return false }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
      #else
        return false
      #endif
    }
  }
#endif
