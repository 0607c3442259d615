// SPDX-License-Identifier: Apache-2.0
/// A time as text of two or three digits: `350 ms`, `2.1 s`, `12 min`, `3 h`, `2 d`.
func ageText(_ nanoseconds: Nanoseconds) -> String {
  let milliseconds = nanoseconds / 1_000_000
  let seconds = milliseconds / 1000
  return switch seconds {
  case 0: "\(milliseconds) ms"
  case ..<100: "\(seconds).\(milliseconds % 1000 / 100) s"
  case ..<6_000: "\(seconds / 60) min"
  case ..<360_000: "\(seconds / 3_600) h"
  default: "\(seconds / 86_400) d"
  }
}
