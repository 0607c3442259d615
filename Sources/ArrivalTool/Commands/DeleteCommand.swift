// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore

  struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Deletes entities by key.",
      discussion: """
        A key without an entity is not an error. To delete the results of a query, print their keys:

          arrival query shop.db 'SELECT __key__ FROM Log WHERE day < @1' 2026-01-01 --format jsonl
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The keys, such as User/7.") var keys: [String]

    func run() throws {
      try reporting {
        let keys = try keys.map { try Key(text: $0) }
        try Store.with(address.database, .writes) { store in
          let deletes = keys.map { store.datastore.delete($0) }
          Future.waitAll(deletes)
          for delete in deletes { try delete.checkSuccess() }
        }
      }
    }
  }
#endif
