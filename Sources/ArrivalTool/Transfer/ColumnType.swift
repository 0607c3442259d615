// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore
  internal import DatastoreModel

  /// The type of a column.
  enum ColumnType: String, CaseIterable {
    case string, integer, double, boolean, timestamp, bytes, key

    /// The names of all types, for messages.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    /// The value of a field.
    ///
    /// - Parameter notes: Gets what was not taken as it stands.
    /// - Throws: ``RowProblem``, without the column, if the field does not have this type.
    func value(of field: String, _ notes: inout FieldNotes) throws(RowProblem) -> Value {
      switch self {
      case .string: return .string(field)
      case .integer, .double: return try number(field)
      case .boolean:
        switch field.lowercased() {
        case "true", "yes", "1": return .boolean(true)
        case "false", "no", "0": return .boolean(false)
        default: throw problem(field)
        }
      case .timestamp: return try timestamp(field, &notes)
      case .bytes:
        guard let bytes = QueryCursor(text: field)?.bytes else { throw problem(field) }
        return .bytes(bytes)
      case .key:
        do throws(TextError) {
          return .key(try Key(text: field))
        } catch {
          throw problem(field)
        }
      }
    }

    private func number(_ field: String) throws(RowProblem) -> Value {
      do throws(NumberText.Problem) {
        return self == .integer
          ? .integer(try NumberText.integer(field)) : .double(try NumberText.double(field))
      } catch .notANumber {
        throw problem(field, Self.hint(field))
      } catch {
        throw RowProblem("\(Self.shown(field)): \(error)")
      }
    }

    private func timestamp(
      _ field: String, _ notes: inout FieldNotes
    ) throws(RowProblem) -> Value {
      do throws(Timestamp.Problem) {
        let reading = try Timestamp.read(iso8601: field)
        notes.lacksOffset = notes.lacksOffset || reading.lacksOffset
        notes.wasCut = notes.wasCut || reading.wasCut
        return .timestamp(reading.timestamp)
      } catch .leapSecond {
        throw RowProblem("\(Self.shown(field)) is a leap second, which cannot be stored")
      } catch .outOfRange {
        throw RowProblem("\(Self.shown(field)) is outside of the years 0001 to 9999")
      } catch {
        throw problem(field)
      }
    }

    private func problem(_ field: String, _ hint: String = "") -> RowProblem {
      RowProblem("\(Self.shown(field)) is not \(example)\(hint)")
    }

    private static func shown(_ field: String) -> String { field.prefix(40).debugDescription }

    /// What to do about a field that is no number.
    private static func hint(_ field: String) -> String {
      let word = field.lowercased()
      if ["na", "n/a", "null", "none", "nil", "nan", "-", "?", "."].contains(word) {
        return "; if it stands for no value, add --null \(field == "-" ? "'-'" : field)"
      }
      if word.hasSuffix("inf") || word.hasSuffix("infinity") {
        return "; JSON Lines have {\"double\": \"inf\"}"
      }
      if field.contains(",") { return "; write a point before the decimals, and nothing else" }
      return ""
    }

    /// A description of this type with an example, for messages.
    var example: String {
      switch self {
      case .string: "a string"
      case .integer: "an integer, such as -12"
      case .double: "a double, such as 2.5"
      case .boolean: "a boolean: true or false"
      case .timestamp: "a timestamp, such as 2026-11-25T04:00:00Z"
      case .bytes: "bytes in Base64 for URLs, such as AQID_w"
      case .key: "a key, such as User/7"
      }
    }
  }

  /// What was not taken from a field as it stands.
  struct FieldNotes {
    /// A time without an offset was read as UTC.
    var lacksOffset = false
    /// A time was cut to microseconds.
    var wasCut = false
  }

  /// The reason why a row is not stored.
  struct RowProblem: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }
#endif
