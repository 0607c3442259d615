// SPDX-License-Identifier: Apache-2.0
#if SQLite
  /// Turns what the package for arguments says into a message of this tool.
  enum ArgumentMessage {
    static func text(_ message: String) -> String {
      let prefix = "Error: "
      let text = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      lines[0] = "arrival: " + lines[0] + (hint(about: lines[0], lines.dropFirst()) ?? "")
      return lines.joined(separator: "\n")
    }

    private static func hint(about line: String, _ rest: ArraySlice<String>) -> String? {
      let quoted = line.split(separator: "'", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
      if line.hasPrefix("The value '"), let value = quoted.first {
        // The values that there are follow on this line or on lines of their own.
        let listed = rest.filter { $0.hasPrefix("  - ") }.map { String($0.dropFirst(4)) }
        return Suggestion.nearest(to: value, in: quoted.dropFirst(2) + listed).map {
          " Did you mean '\($0)'?"
        }
      }
      if line.contains("nknown option '-"), let option = quoted.first?.dropFirst(),
        option.first.map({ $0.isNumber || $0 == "." }) ?? false
      {
        return "; write -- before values that begin with a minus"
      }
      return nil
    }
  }
#endif
