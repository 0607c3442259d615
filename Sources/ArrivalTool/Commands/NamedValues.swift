// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import DatastoreModel

  /// Arguments of the form `NAME=VALUE`.
  enum NamedValues {
    /// Reads the values in their order.
    ///
    /// - Parameters:
    ///   - texts: The arguments.
    ///   - what: What needs this form, for messages.
    /// - Throws: ``ToolFailure`` for another form, a name that is given twice, or a value that
    ///   cannot be read.
    static func read(_ texts: [String], of what: String) throws -> [(name: String, value: Value)] {
      var seen: Set<ExactText> = []
      return try texts.map { text in
        // "=" and a combining character after it are one character.
        guard let sign = text.unicodeScalars.firstIndex(of: "="), sign > text.startIndex else {
          throw ToolFailure(.unreadableInput, "\(what) needs NAME=VALUE, not \"\(text)\"")
        }
        let name = String(text.unicodeScalars[..<sign])
        guard seen.insert(ExactText(name)).inserted else {
          throw ToolFailure(
            .unreadableInput,
            """
            \(what) "\(name)" is given twice; for several values write \(name)='[1, 2]'
            """)
        }
        return (
          name,
          try ArgumentValue.read(
            String(text.unicodeScalars[text.unicodeScalars.index(after: sign)...]), of: name)
        )
      }
    }
  }

  /// A value on the command line.
  enum ArgumentValue {
    /// Reads a value: JSON keeps its type, and anything else is a string.
    ///
    /// A number that does not fit is refused. A text that begins like JSON is a string with a note.
    ///
    /// - Parameter name: What has the value, for messages.
    static func read(_ text: String, of name: String) throws -> Value {
      let node: JSONNode
      do throws(JSONProblem) {
        node = try JSONReader.read(Array(text.utf8))
      } catch  where error.isNumber {
        throw ToolFailure(.unreadableInput, "\(name): \(error.message): \(text)")
      } catch {
        if let first = text.first, "[{\"".contains(first) {
          complain(
            """
            arrival: \(name): \(text.prefix(40).debugDescription) is taken as a string, because it \
            is not JSON: \(error.message)
            """)
        }
        return .string(text)
      }
      var notes: [String] = []
      do throws(JSONProblem) {
        let value = try EntityJSON.value(of: node, in: name, notes: &notes)
        for note in notes { complain("arrival: \(name): \(note)") }
        return value
      } catch {
        throw ToolFailure(.unreadableInput, error.message)
      }
    }
  }
#endif
