// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser

  /// The format of a file that export writes.
  enum DataFormat: String, ExpressibleByArgument, CaseIterable {
    case csv, tsv, jsonl
  }
#endif
