// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreSQLite

/// A greeting of a guestbook. The book is the parent, so that a greeting belongs to one book.
struct Greeting: DatastoreEntity {
  var key: Key
  var content: String
  var date: Timestamp

  init(_ content: String, in book: String, at date: Timestamp) {
    key = Greeting.newKey(parent: Key("Book", name: book))
    self.content = content
    self.date = date
  }
}

struct Guestbook {
  let datastore: Datastore

  /// The newest greetings of a book.
  func newest(_ count: Int, in book: String) -> Future<[Greeting]> {
    let greetings = Query(Greeting.self).ancestor(Key("Book", name: book))
      .order(by: \.date, .descending)
    return datastore.query(greetings).fetch(limit: count)
  }
}

@main
struct Program {
  static func main() throws {
    let datastore = Datastore(backend: try SQLiteBackend.inMemory())
    let guestbook = Guestbook(datastore: datastore)
    // The three puts are one commit. Nobody waits before the last.
    let puts = ["Hello", "How are you?", "Goodbye"].enumerated().map { index, text in
      datastore.put(
        Greeting(text, in: "lobby", at: Timestamp(microseconds: Int64(index))))
    }
    Future.waitAll(puts)
    for greeting in try guestbook.newest(2, in: "lobby").getResult() { print(greeting.content) }

    let cart = Cart(datastore: datastore)
    try cart.fill(for: "Ann").getResult()
    for line in try cart.lines(of: "Ann").getResult() { print(line) }
    print(datastore.statistics())
  }
}
