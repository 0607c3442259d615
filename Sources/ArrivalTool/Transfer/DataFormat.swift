#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats

  /// What a file of entities is written in.
  enum DataFormat: String, ExpressibleByArgument, CaseIterable {
    case csv, tsv, jsonl

    /// The format that a file's name ends with; `nil` for other endings.
    init?(path: String) {
      switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
      case "csv": self = .csv
      case "tsv", "tab": self = .tsv
      case "jsonl", "ndjson", "json": self = .jsonl
      default: return nil
      }
    }
  }
#endif
