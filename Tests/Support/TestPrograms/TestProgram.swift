// SPDX-License-Identifier: Apache-2.0
package import Foundation

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Programs of this package that tests start and kill.
package enum TestProgram {
  /// Where a program was built. Of several names, the first that exists.
  ///
  /// - Throws: `CocoaError` with `fileNoSuchFile` if none does.
  package static func url(_ names: String...) throws -> URL {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let products = (bundle ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .deletingLastPathComponent()
    let urls = names.map { products.appendingPathComponent($0) }
    guard let url = urls.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: urls[0].path])
    }
    return url
  }
}

extension Process {
  /// Sends a signal, unless the process has ended.
  package func send(_ signal: Int32) {
    if isRunning { kill(processIdentifier, signal) }
  }

  /// Kills the process as a crash would, and waits until it has ended.
  package func killAndWait() {
    send(SIGKILL)
    waitUntilExit()
  }
}
