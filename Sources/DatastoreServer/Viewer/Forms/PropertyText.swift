// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// A value as the text and the type of a form's row, and back.
  struct PropertyText: Sendable, Hashable {
    /// The types that a form offers.
    enum Sort: String, Sendable, CaseIterable {
      case string, integer, double, boolean, timestamp, key, null, bytes
      case geoPoint = "point"
      case array, entity
      /// A string with characters that a form would change, such as a carriage return.
      case json = "string as JSON"
    }

    var sort: Sort
    var text: String

    init(_ sort: Sort, _ text: String) {
      self.sort = sort
      self.text = text
    }

    init(_ value: Value) {
      switch value {
      case .null: self.init(.null, "")
      case .boolean(let flag): self.init(.boolean, "\(flag)")
      case .integer(let number): self.init(.integer, "\(number)")
      case .double(let number): self.init(.double, "\(number)")
      case .string(let text):
        let survives = text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0 == "\t" || !Escaped.isControl($0)
        }
        self =
          survives
          ? PropertyText(.string, text) : PropertyText(.json, JSONNode.string(text).text)
      case .bytes(let bytes): self.init(.bytes, QueryCursor(bytes: bytes).text)
      case .timestamp(let time): self.init(.timestamp, time.description)
      case .key(let key): self.init(.key, key.text)
      case .geoPoint(let point): self.init(.geoPoint, "\(point.latitude), \(point.longitude)")
      case .array: self.init(.array, EntityJSON.node(of: value).text)
      case .entity(let entity): self.init(.entity, EntityJSON.node(of: entity).text)
      }
    }

    /// A sentence about a text that is no value of its type.
    struct Problem: Error, Hashable {
      var sentence: String
      init(_ sentence: String) { self.sentence = sentence }
    }

    /// The value that was entered. Browsers send each line feed as two characters.
    func value() throws(Problem) -> Value {
      let entered = text.replacing("\r\n", with: "\n")
      let trimmed = entered.trimmed
      switch sort {
      case .string: return .string(entered)
      case .null: return .null
      case .boolean:
        switch trimmed.lowercased() {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: throw Problem("A boolean is true or false.")
        }
      case .integer:
        guard let number = Int64(trimmed) else {
          throw Problem("An integer has only digits, and fits into 64 bits.")
        }
        return .integer(number)
      case .double:
        guard let number = Double(trimmed), number.isFinite || !trimmed.contains(where: \.isNumber)
        else { throw Problem("A double is a number such as 2.5 or 1e9, or inf, -inf or nan.") }
        return .double(number)
      case .timestamp: return try read("timestamp", trimmed)
      case .bytes: return try read("bytes", trimmed.replacing("=", with: ""))
      case .key: return try read("key", trimmed)
      case .geoPoint: return try Self.point(trimmed)
      case .json:
        guard case .string(let text) = try Self.node(entered) else {
          throw Problem("A string as JSON has double quotes around it.")
        }
        return .string(text)
      case .array:
        let node = try Self.node(entered)
        guard case .array = node else {
          throw Problem("An array is JSON such as [1, \"two\", {\"key\": \"Kind/3\"}].")
        }
        return try Self.value(node)
      case .entity:
        return try Self.value(.object([.init("entity", try Self.node(entered))]))
      }
    }

    /// Reads a text as the format of exports does.
    private func read(_ type: String, _ text: String) throws(Problem) -> Value {
      try Self.value(.object([.init(type, .string(text))]))
    }

    private static func value(_ node: JSONNode) throws(Problem) -> Value {
      var notes: [String] = []
      do throws(JSONProblem) {
        return try EntityJSON.value(of: node, in: "", notes: &notes)
      } catch {
        throw Problem(error.description.replacing("property \"\": ", with: ""))
      }
    }

    private static func node(_ text: String) throws(Problem) -> JSONNode {
      do throws(JSONProblem) {
        return try JSONReader.read(Array(text.utf8))
      } catch {
        throw Problem("This is not JSON: \(error.description)")
      }
    }

    private static func point(_ text: String) throws(Problem) -> Value {
      let numbers = text.split(separator: ",").map { Double($0.trimmed) }
      guard numbers.count == 2, let latitude = numbers[0], let longitude = numbers[1] else {
        throw Problem("A point is a latitude and a longitude: 52.5, 13.4.")
      }
      return .geoPoint(GeoPoint(latitude: latitude, longitude: longitude))
    }
  }

  extension PropertyText {
    /// The value in a cell of a table, in one line.
    static func brief(_ value: Value) -> String {
      let text = PropertyText(value).text
      let characters = 80
      let start = text.prefix(characters)
      return Escaped(start.endIndex == text.endIndex ? text : "\(start)…").description
    }
  }

  extension StringProtocol {
    /// The text without spaces and line ends around it.
    var trimmed: String {
      var rest = self[...]
      while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
      return String(rest.drop(while: \.isWhitespace))
    }
  }
#endif
