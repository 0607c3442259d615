// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import Foundation

  /// The lines that were typed into the shell, also in earlier runs.
  ///
  /// They are kept in `arrival/history` of the folder for state (`XDG_STATE_HOME`, by default
  /// `~/.local/state`), which only its owner can read. If the file cannot be written, the history
  /// ends with the process.
  struct History {
    /// How many lines are kept.
    static let limit = 1_000

    private(set) var lines: [String] = []
    private let path: String?

    init() {
      let environment = ProcessInfo.processInfo.environment
      let state =
        environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        ?? environment["HOME"].map { $0 + "/.local/state" }
      self.init(path: state.map { $0 + "/arrival/history" })
    }

    /// - Parameter path: The file; `nil` for none.
    init(path: String?) {
      self.path = path
      guard let path, let data = FileManager.default.contents(atPath: path) else { return }
      lines = String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(Self.limit)
        .map(String.init)
    }

    /// Adds a line, unless it is blank or the same as the last one.
    mutating func add(_ line: String) {
      guard !line.allSatisfy(\.isWhitespace), line != lines.last else { return }
      lines = (lines + [line]).suffix(Self.limit)
      guard let path else { return }
      let folder = (path as NSString).deletingLastPathComponent
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      _ = FileManager.default.createFile(
        atPath: path, contents: Data((lines.joined(separator: "\n") + "\n").utf8),
        attributes: [.posixPermissions: 0o600])
    }
  }
#endif
