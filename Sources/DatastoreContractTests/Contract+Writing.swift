// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let writingCases: [Case] = [
    Case("A commit of no mutations succeeds") { scene in
      try await scene.commit(all: [])
    },
    Case("An insert creates an entity") { scene in
      try await scene.commit(.insert(scene.entity("a", 1)))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 1), "the entity")
    },
    Case("An upsert creates what is missing and replaces what exists") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      try await scene.commit(.upsert(scene.entity("a", 2)))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 2), "the second")
    },
    Case("An update replaces all properties and keeps none of the old ones") { scene in
      try await scene.commit(.upsert(Entity(scene.key("a"), ["old": 1, "both": 1])))
      let new = Entity(scene.key("a"), ["new": 2, "both": 2])
      try await scene.commit(.update(new))
      try scene.expect(try await scene.lookup(scene.key("a")), equals: new, "the new properties")
    },
    Case("A delete removes the entity, and a delete of a missing entity succeeds") { scene in
      try await scene.commit(.upsert(scene.entity("a")), .upsert(scene.entity("b")))
      try await scene.commit(.delete(scene.key("a")), .delete(scene.key("never")))
      let found = try await scene.lookup([scene.key("a"), scene.key("b")])
      try scene.expect(Array(found.keys), equals: [scene.key("b")], "the other alone")
    },
    Case("A deleted entity can be inserted again") { scene in
      try await scene.commit(.insert(scene.entity("a", 1)))
      try await scene.commit(.delete(scene.key("a")))
      try await scene.commit(.insert(scene.entity("a", 2)))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 2), "the second")
    },
    Case("One commit takes all kinds of mutations and returns their keys in order") { scene in
      try await scene.commit(.upsert(scene.entity("u", 1)), .upsert(scene.entity("d", 1)))
      let keys = try await scene.commit(
        .delete(scene.key("d")), .upsert(scene.entity("z", 2)), .update(scene.entity("u", 2)),
        .insert(scene.entity("a", 2)))
      try scene.expect(
        keys, equals: ["d", "z", "u", "a"].map { scene.key($0) }, "the keys in order")
      let found = try await scene.lookup(keys)
      try scene.expect(
        found,
        equals: Dictionary(
          uniqueKeysWithValues: ["z", "u", "a"].map { (scene.key($0), scene.entity($0, 2)) }),
        "what was written")
    },
  ]

  static let failingCases: [Case] = [
    Case("An insert of an existing entity fails with alreadyExists and changes nothing") { scene in
      try await scene.commit(.insert(scene.entity("a", 1)))
      try await scene.expectFailure(.alreadyExists, of: .insert(scene.entity("a", 2)))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 1), "the first")
    },
    Case("An update of a missing entity fails with notFound and creates nothing") { scene in
      try await scene.expectFailure(.notFound, of: .update(scene.entity("a")))
      try scene.expect(try await scene.lookup(scene.key("a")), equals: nil, "nothing")
    },
    Case("A mutation that fails makes the whole commit fail, whatever its position") { scene in
      try await scene.commit(.upsert(scene.entity("there", 1)), .upsert(scene.entity("gone", 1)))
      try await scene.expectFailure(
        .alreadyExists, of: .upsert(scene.entity("before")), .delete(scene.key("gone")),
        .insert(scene.entity("there", 2)), .upsert(scene.entity("after")))
      try await scene.expectFailure(
        .notFound, of: .insert(scene.entity("before")), .update(scene.entity("missing")),
        .upsert(scene.entity("there", 3)))
      let names = ["before", "there", "gone", "after", "missing"]
      try scene.expect(
        try await scene.lookup(names.map { scene.key($0) }),
        equals: [
          scene.key("there"): scene.entity("there", 1), scene.key("gone"): scene.entity("gone", 1),
        ], "what was there before")
    },
    Case("A commit after one that failed succeeds") { scene in
      try await scene.expectFailure(.notFound, of: .update(scene.entity("a", 1)))
      try await scene.commit(.insert(scene.entity("a", 2)))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 2), "the entity")
    },
    Case("An update or delete of an incomplete key fails with invalidArgument") { scene in
      let key = Key(incomplete: "Thing", namespace: scene.namespace)
      try await scene.expectFailure(.invalidArgument, of: .update(Entity(key)))
      try await scene.expectFailure(.invalidArgument, of: .delete(key))
    },
  ]
}
