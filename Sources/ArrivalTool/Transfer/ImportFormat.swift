// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats

  /// The format of a file that import reads.
  enum ImportFormat: String, ExpressibleByArgument, CaseIterable {
    case csv, tsv, jsonl
    /// A file of a managed export of Datastore or Firestore.
    case export

    /// The format that an option names. JSON Lines and JSON are one format.
    init?(argument: String) { self.init(rawValue: argument == "json" ? "jsonl" : argument) }

    /// The format of a file name's extension; `nil` for unknown extensions.
    ///
    /// The extension `gz` of a compressed file is looked through. Managed exports consist of files
    /// that are called `output-0`, `output-1` and so on.
    init?(path: String) {
      let name = path.split(separator: "/").last ?? ""
      if name.hasPrefix("output-"), Int(name.dropFirst(7)) != nil {
        self = .export
        return
      }
      var parts = name.split(separator: ".")
      if parts.last?.lowercased() == "gz" { parts.removeLast() }
      switch parts.last?.lowercased() {
      case "csv": self = .csv
      case "tsv", "tab": self = .tsv
      case "jsonl", "ndjson", "json": self = .jsonl
      default: return nil
      }
    }
  }
#endif
