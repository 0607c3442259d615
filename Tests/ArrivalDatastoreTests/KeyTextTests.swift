// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ArrivalDatastore

/// Keys as people write them.
struct KeyTextTests {
  @Test(
    arguments: [
      ("User/7", Key("User", id: 7)), ("User/Ann", Key("User", name: "Ann")),
      ("User/?", Key(incomplete: "User")), ("User/-7", Key("User", id: -7)),
      ("User/\"7\"", Key("User", name: "7")), ("User/\"?\"", Key("User", name: "?")),
      ("Group/staff/User/7", Key("User", id: 7, parent: Key("Group", name: "staff"))),
      ("archive:User/7", Key("User", id: 7, namespace: "archive")),
      ("\"a:b\"/1", Key("a:b", id: 1)), ("K/a:b", Key("K", name: "a:b")),
      (#"K/"a/\"\\\n\u{301}""#, Key("K", name: "a/\"\\\n\u{301}")),
      ("Key(Group/\"staff\"/User/7)", Key("User", id: 7, parent: Key("Group", name: "staff"))),
      ("Key(User/7, namespace: \"n\")", Key("User", id: 7, namespace: "n")),
    ])
  func `The text of a key is parsed to that key`(_ text: String, _ key: Key) throws {
    #expect(try Key(text: text) == key)
  }

  @Test(
    arguments: [
      ("", 1), ("User", 5), ("User/", 6), ("User/7/", 8), ("User/?/Note/1", 8), ("User/0", 6),
      ("User/99999999999999999999", 6), ("Us er/7", 3), ("User/\"x", 6), ("User/\"\\q\"", 7),
      ("User/\"x\"y", 9), ("Key(User/7", 11), ("n:", 3), ("/7", 1), ("\"\"/7", 3),
    ])
  func `A text that is not a key is refused with its column`(_ text: String, _ column: Int) throws {
    let error = try #require(throws: TextError.self) { try Key(text: text) }
    #expect(error.column == column, "\(error)")
  }

  @Test func `Every key is parsed back from its text`() throws {
    var generator = GQLRandom(seed: 5)
    for _ in 0..<3_000 {
      let key = generator.key()
      #expect(try Key(text: key.text) == key, "\(key.text)")
    }
  }

  @Test func `Random texts are parsed or refused`() {
    var generator = GQLRandom(seed: 6)
    let pieces = [
      "User", "/", "7", "\"", "\\", "u{", "}", "?", ":", "Key(", ")", ", namespace: ", "-", "é",
    ]
    for _ in 0..<10_000 {
      let text = (0..<generator.number(0...9)).map { _ in generator.one(pieces) }.joined()
      guard let key = try? Key(text: text) else { continue }
      #expect((try? Key(text: key.text)) == key)
    }
  }
}
