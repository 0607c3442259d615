// SPDX-License-Identifier: Apache-2.0
#if SQLite
  /// What is wrong with a table, for a person.
  ///
  /// The reader of tables is that of `arrival import`, so its messages may name options which this
  /// command does not have.
  func tableMessage(_ problem: Any) -> String {
    let text = "\(problem)"
    return text.contains(" --") ? "\(text) (options of \"arrival import\")" : text
  }
#endif
