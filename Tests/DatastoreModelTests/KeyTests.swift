// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import FoundationEssentials
import Testing

@Suite struct KeyTests {
  let group = Key("Group", name: "staff", namespace: "n")

  @Test func `A key knows its kind, identifier, parent, root and namespace`() {
    let key = Key("Note", id: 3, parent: Key("User", id: 7, parent: group))
    #expect(key.kind == "Note")
    #expect(key.id == 3)
    #expect(key.name == nil)
    #expect(key.parent == Key("User", id: 7, parent: group, namespace: "n"))
    #expect(key.root == group)
    #expect(key.namespace == "n")
    #expect(group.name == "staff")
    #expect(group.parent == nil)
    #expect(group.root == group)
  }

  @Test func `An incomplete key is completed with an ID on the same path`() {
    let key = Key(incomplete: "User", parent: group)
    #expect(!key.isComplete)
    #expect(key.identifier == nil)
    let completed = key.completed(id: 9)
    #expect(completed.isComplete)
    #expect(completed == Key("User", id: 9, parent: group))
  }

  @Test func `A key prints its path, quotes names and shows a namespace`() {
    #expect(Key("User", id: 7).description == "Key(User/7)")
    #expect(Key(incomplete: "User").description == "Key(User/?)")
    #expect(
      Key("User", id: -7, parent: group).description
        == #"Key(Group/"staff"/User/-7, namespace: "n")"#)
    #expect(Key("A", name: "x\"\n").description == #"Key(A/"x\"\n")"#)
  }

  @Test func `Keys that differ in any part are different`() {
    let keys: [Key] = [
      Key("A", id: 1), Key("A", id: 2), Key("B", id: 1), Key("A", name: "1"), Key("A", name: ""),
      Key(incomplete: "A"), Key("A", id: 1, namespace: "n"),
      Key("A", id: 1, parent: Key("A", id: 1)), Key("A", id: 1, parent: Key("B", id: 1)),
      Key("AB", name: "C"), Key("A", name: "BC"),
    ]
    #expect(Set(keys).count == keys.count)
    for (i, a) in keys.enumerated() {
      for (j, b) in keys.enumerated() { #expect((a == b) == (i == j)) }
    }
  }

  @Test func `Names that only Unicode calls equal are different keys, for their bytes differ`() {
    let composed = Key("A", name: "\u{E9}")
    let decomposed = Key("A", name: "e\u{301}")
    #expect(composed.name == decomposed.name)
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(Key("\u{212B}", id: 1) != Key("\u{E5}".uppercased(), id: 1))
    #expect(Key("A", id: 1, parent: composed) != Key("A", id: 1, parent: decomposed))
  }

  @Test func `Equal keys hash alike, however they were made`() throws {
    let long = String(repeating: "name ü ", count: 50)
    let a = Key("User", name: long, parent: group)
    let b = try Key(
      path: [
        .init(kind: "Group", identifier: .name("staff")),
        .init(kind: "User", identifier: .name(String(decoding: Array(long.utf8), as: UTF8.self))),
      ], namespace: "n")
    #expect(a == b)
    #expect(a.hashValue == b.hashValue)
  }

  @Test func `A path needs steps, and all but the last need identifiers`() {
    #expect(throws: DatastoreError.self) { try Key(path: []) }
    let error = #expect(throws: DatastoreError.self) {
      try Key(path: [.init(kind: "A"), .init(kind: "B", identifier: .id(1))])
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("\"A\"") == true)
  }

  @Test
  func `A key takes its parent's namespace, or moves the whole path to the given one`() {
    #expect(Key("User", id: 7, parent: group).namespace == "n")
    let moved = Key("User", id: 7, parent: group, namespace: "m")
    #expect(moved.namespace == "m")
    #expect(moved.parent == Key("Group", name: "staff", namespace: "m"))
    #expect(moved.parent != group)
    #expect(Key("User", id: 7, parent: group, namespace: "").namespace == "")
  }

  @Test func `A key survives JSON`() throws {
    for key in [
      Key("User", name: "ann", parent: group), Key("User", id: .min), Key(incomplete: "User"),
    ] {
      let data = try JSONEncoder().encode(key)
      #expect(try JSONDecoder().decode(Key.self, from: data) == key)
    }
  }
}
