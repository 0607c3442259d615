#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats

  /// The format of a file of entities.
  enum DataFormat: String, ExpressibleByArgument, CaseIterable {
    case csv, tsv, jsonl

    /// The format of a file name's extension; `nil` for unknown extensions.
    ///
    /// The extension `gz` of a compressed file is looked through.
    init?(path: String) {
      var parts = path.split(separator: "/").last?.split(separator: ".") ?? []
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
