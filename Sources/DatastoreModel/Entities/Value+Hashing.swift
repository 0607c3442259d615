// SPDX-License-Identifier: Apache-2.0
extension Value: Hashable {
  /// Whether two values are equal. Strings are equal if their bytes are.
  public static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.string(let a), .string(let b)): identicalText(a, b)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.timestamp(let a), .timestamp(let b)): a == b
    case (.key(let a), .key(let b)): a == b
    case (.geoPoint(let a), .geoPoint(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.entity(let a), .entity(let b)): a == b
    default: false
    }
  }

  /// Hashes the type and the value.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): combine(1, value, &hasher)
    case .integer(let value): combine(2, value, &hasher)
    case .double(let value): combine(3, value, &hasher)
    case .string(let value): combine(4, ExactText(value), &hasher)
    case .bytes(let value): combine(5, value, &hasher)
    case .timestamp(let value): combine(6, value, &hasher)
    case .key(let value): combine(7, value, &hasher)
    case .geoPoint(let value): combine(8, value, &hasher)
    case .array(let value): combine(9, value, &hasher)
    case .entity(let value): combine(10, value, &hasher)
    }
  }

  private func combine(_ type: UInt8, _ value: some Hashable, _ hasher: inout Hasher) {
    hasher.combine(type)
    hasher.combine(value)
  }
}
