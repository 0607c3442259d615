// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore
  internal import ArrivalFormats

  struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Deletes entities by key.",
      discussion: """
        A key without an entity is not an error. With - in place of keys, they are read from \
        standard input: a key on each line, or JSON Lines with a member "key". So the results of \
        a query are deleted with:

          arrival query shop.db 'SELECT __key__ FROM Log WHERE day < @1' 2026-01-01 \\
            --format jsonl | arrival delete shop.db -
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The keys, such as User/7, or - for standard input.") var keys: [String]

    func run() throws {
      try reporting {
        let keys =
          keys == ["-"] ? try KeyList.read(.standardInput) : try keys.map { try Key(text: $0) }
        if let key = keys.first(where: { !$0.isComplete }) {
          throw ToolFailure(.unreadableInput, "\(key.text) is no entity; give its ID or name")
        }
        try Store.with(address.database, .writes) { store in
          for start in stride(from: 0, to: keys.count, by: 10_000) {
            let deletes = keys[start..<min(start + 10_000, keys.count)].map {
              store.datastore.delete($0)
            }
            Future.waitAll(deletes)
            for delete in deletes { try delete.checkSuccess() }
          }
        }
      }
    }
  }

  /// Keys in a text: one on each line, or JSON Lines with a member `key`.
  enum KeyList {
    /// - Throws: ``ToolFailure`` with the line of a key that cannot be read.
    static func read(_ source: InputSource) throws -> [Key] {
      var keys: [Key] = []
      let lines = try TextFile.read(source).split(omittingEmptySubsequences: false) {
        $0 == "\n" || $0 == "\r\n"
      }
      for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == " " }) {
        do {
          keys.append(try key(in: String(line)))
        } catch let error as TextError {
          throw problem(error.message, source, index + 1)
        } catch let error as JSONProblem {
          throw problem(error.message, source, index + 1)
        }
      }
      return keys
    }

    private static func key(in line: String) throws -> Key {
      guard line.hasPrefix("{") else { return try Key(text: line) }
      guard case .object(let members) = try JSONReader.read(Array(line.utf8)),
        case .string(let text)? = members.first(where: { $0.name == "key" })?.value
      else { throw JSONProblem("the object has no member \"key\" with a key") }
      return try Key(text: text)
    }

    private static func problem(
      _ message: String, _ source: InputSource, _ line: Int
    ) -> ToolFailure {
      ToolFailure(
        .unreadableInput, "\(source): line \(line): \(message); nothing was deleted")
    }
  }
#endif
