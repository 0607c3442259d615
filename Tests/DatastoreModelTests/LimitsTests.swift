// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

@Suite struct LimitsTests {
  let key = Key("A", id: 1)

  func text(_ count: Int) -> Value { .string(String(repeating: "x", count: count)) }

  /// The error of storing one property, if any.
  func error(_ property: Entity.Property, name: String = "p") -> DatastoreError? {
    error(.upsert(Entity(key, [name: property])))
  }

  func error(_ mutation: Mutation) -> DatastoreError? {
    do {
      try Limits.check(mutation)
      return nil
    } catch {
      return error
    }
  }

  func error(key: Key) -> DatastoreError? { error(.upsert(Entity(key))) }

  @Test func `An indexed text may have 1,500 bytes of UTF-8`() {
    #expect(error(.indexed(text(1_500))) == nil)
    let failure = error(.indexed(text(1_501)))
    #expect(failure?.code == .invalidArgument)
    #expect(failure?.key == key)
    #expect(failure?.property == "p")
    #expect(
      failure?.message == """
        The indexed string is 1,501 bytes of UTF-8 long; at most 1,500 are allowed. Make the \
        property unindexed, or shorten it.
        """)
    #expect(error(.indexed(.string(String(repeating: "ü", count: 750)))) == nil)
    #expect(error(.indexed(.string(String(repeating: "ü", count: 751)))) != nil)
    #expect(error(.indexed(.bytes(Array(repeating: 0, count: 1_501)))) != nil)
    #expect(error(.unindexed(text(1_501))) == nil)
  }

  @Test func `An unindexed value may have 1,048,487 bytes`() {
    // With a short key and name the entity itself stays below its own limit.
    #expect(error(.unindexed(text(1_048_487))) == nil)
    #expect(error(.unindexed(text(1_048_488)))?.message.contains("1,048,488") == true)
    #expect(error(.unindexed(text(1_048_488)))?.message.contains("1,048,487") == true)
  }

  @Test func `An entity may have 1,048,572 bytes by the Datastore's own count`() throws {
    var entity = Entity(key, ["a": .unindexed(text(1_000_000)), "b": .unindexed("")])
    let missing = Limits.entityBytes - entity.storageSize
    entity["b"] = text(missing)
    #expect(entity.storageSize == 1_048_572)
    #expect(try Limits.check(.upsert(entity)) == 1_048_572)
    entity["b"] = text(missing + 1)
    let failure = error(.upsert(entity))
    #expect(failure?.property == nil)
    #expect(failure?.message.contains("1,048,573") == true)
  }

  @Test func `Sizes are those of Google's examples, and the check counts as they do`() throws {
    let task = Key("Task", id: 5_730_082_031_140_864)
    #expect(task.storageSize == 29)
    #expect(Key("Task", name: "my_task_id").storageSize == 32)
    #expect(Key("Task", id: 1, parent: Key("TaskList", id: 1)).storageSize == 46)
    #expect(
      Key("Task", id: 1, parent: Key("TaskList", id: 1, namespace: "my_name_space")).storageSize
        == 60)
    let place = GeoPoint(latitude: 1, longitude: 2)
    let inner = Entity(nil, ["x": 1, "at": .indexed(.geoPoint(place))])
    let entity = Entity(
      task,
      [
        "description": "abc", "done": false, "tags": ["a", "b"], "inner": .indexed(.entity(inner)),
        "when": .indexed(.timestamp(.max)), "who": .indexed(.key(key)),
        "raw": .indexed(.bytes([1])), "none": .indexed(.null), "d": 1.5,
      ])
    #expect(try Limits.check(.insert(entity)) == entity.storageSize)
    #expect(try Limits.check(.delete(task)) == 29)
    #expect(try Limits.check(lookup: task) == 29)
  }

  @Test func `Kinds and names have 1 to 1,500 bytes`() {
    let longest = String(repeating: "k", count: 1_500)
    #expect(error(key: Key(longest, name: longest)) == nil)
    for bad in [
      Key("", id: 1), Key(longest + "k", id: 1), Key("A", name: ""), Key("A", name: longest + "k"),
      Key("A", id: 1, parent: Key("A", name: "")),
    ] {
      #expect(error(key: bad)?.code == .invalidArgument)
      #expect(throws: DatastoreError.self) { try Limits.check(lookup: bad) }
    }
    #expect(error(1, name: longest) == nil)
    #expect(error(1, name: "") != nil)
    #expect(error(1, name: longest + "k") != nil)
    #expect((error(1, name: longest + "k")?.description.utf8.count ?? .max) < 600)
  }

  @Test func `Reserved names are refused for writing, and may be read`() throws {
    for bad in [
      Key("__A__", id: 1), Key("A", name: "__x__"), Key("A", name: "____"),
      Key("A", id: 1, parent: Key("__P__", id: 1)), Key("A", id: 1, namespace: "__n__"),
    ] {
      #expect(error(key: bad)?.message.contains("reserved") == true)
      #expect(error(.delete(bad)) != nil)
      #expect(throws: Never.self) { try Limits.check(lookup: bad) }
    }
    for good in ["__A", "A__", "___", "__", "_A_"] { #expect(error(key: Key(good, id: 1)) == nil) }
    #expect(error(1, name: "__p__")?.property == "__p__")
    #expect(error(1, name: "__p_") == nil)
  }

  @Test func `A namespace is up to 100 plain characters`() {
    #expect(error(key: Key("A", id: 1, namespace: "a-Z_0.9")) == nil)
    #expect(error(key: Key("A", id: 1, namespace: String(repeating: "n", count: 100))) == nil)
    #expect(error(key: Key("A", id: 1, namespace: String(repeating: "n", count: 101))) != nil)
    #expect(error(key: Key("A", id: 1, namespace: "ü")) != nil)
    #expect(error(key: Key("A", id: 1, namespace: "a b")) != nil)
  }

  @Test func `An ID is not 0, and only the last step may have none`() {
    #expect(error(key: Key("A", id: -1)) == nil)
    #expect(error(key: Key("A", id: 0))?.message.contains("0") == true)
    #expect(error(key: Key(incomplete: "A")) == nil)
    let orphan = Key("A", id: 1, parent: Key(incomplete: "P"))
    #expect(error(key: orphan)?.message.contains("\"P\"") == true)
  }

  @Test func `A key may have 100 steps and 6 KiB`() {
    var key = Key("A", id: 1)
    for _ in 1..<100 { key = Key("A", id: 1, parent: key) }
    #expect(error(key: key) == nil)
    #expect(error(key: Key("A", id: 1, parent: key))?.message.contains("101") == true)

    // Four names of 1,500 bytes with kinds of one: 16 + 4 × (2 + 1,501) = 6,028.
    var big = Key("A", name: String(repeating: "x", count: 1_500))
    for _ in 0..<3 { big = Key("A", name: String(repeating: "x", count: 1_500), parent: big) }
    let fits = Key("A", name: String(repeating: "x", count: 6_144 - 6_028 - 3), parent: big)
    #expect(fits.storageSize == 6_144)
    #expect(error(key: fits) == nil)
    #expect(error(key: Key("AB", name: fits.name!, parent: big))?.message.contains("6,145") == true)
  }

  @Test func `Get, update and delete need a complete key; insert and put do not`() {
    let incomplete = Key(incomplete: "A")
    #expect(throws: DatastoreError.self) { try Limits.check(lookup: incomplete) }
    #expect(error(.delete(incomplete))?.message.contains("delete") == true)
    #expect(error(.update(Entity(incomplete)))?.message.contains("update") == true)
    #expect(error(.insert(Entity(incomplete))) == nil)
    #expect(error(.upsert(Entity(incomplete))) == nil)
    #expect(error(.upsert(Entity(nil)))?.message.contains("no key") == true)
  }

  @Test func `Entities nest 20 deep, and their keys may be incomplete or missing`() {
    var value: Value = .entity(Entity(Key(incomplete: "Inner"), ["v": 1]))
    for _ in 1..<20 { value = .entity(Entity(nil, ["v": .indexed(value)])) }
    #expect(error(.indexed(value)) == nil)
    let deeper = error(.indexed(.entity(Entity(nil, ["v": .indexed(value)]))))
    #expect(deeper?.message.contains("20") == true)
    #expect(deeper?.property?.hasPrefix("p.v.v") == true)
  }

  @Test func `An array directly inside an array is refused, but not inside an entity`() {
    let failure = error([1, [2]])
    #expect(failure?.property == "p[1]")
    #expect(failure?.message.contains("array") == true)
    #expect(error([.entity(Entity(nil, ["a": [1, 2]]))]) == nil)
  }

  @Test func `A violation deep inside is found with its path`() {
    let bad = Entity(nil, ["lines": [1, text(1_501)]])
    #expect(error([.entity(bad)])?.property == "p[0].lines[1]")
    #expect(error(.indexed(.entity(bad)))?.property == "p.lines[1]")
    // What lies in an unindexed property is not indexed either.
    #expect(error(.unindexed(.entity(bad))) == nil)
  }

  @Test func `Timestamps lie in the years 1 to 9999`() {
    for good in [Timestamp.min, .max] { #expect(error(.indexed(.timestamp(good))) == nil) }
    for bad in [Timestamp.min.microseconds - 1, Timestamp.max.microseconds + 1, .min, .max] {
      #expect(error(.indexed(.timestamp(Timestamp(microseconds: bad)))) != nil)
    }
  }

  @Test(arguments: [(90.5, 0), (-90.5, 0), (0, 180.5), (0, -180.5), (.nan, 0), (0, .infinity)])
  func `A geographical point has a valid latitude and longitude`(
    latitude: Double, longitude: Double
  ) {
    let point = GeoPoint(latitude: latitude, longitude: longitude)
    #expect(error(.indexed(.geoPoint(point)))?.property == "p")
    #expect(error(.indexed(.geoPoint(GeoPoint(latitude: -90, longitude: 180)))) == nil)
  }

  @Test func `A key as a value is complete and within the limits, and may be reserved`() {
    #expect(error(.indexed(.key(Key(incomplete: "A"))))?.property == "p")
    #expect(error(.indexed(.key(Key("A", id: 0)))) != nil)
    #expect(error(.indexed(.key(Key("__kind__", id: 1)))) == nil)
  }

  @Test func `An entity has at most 20,000 indexed values, counted in arrays and nested entities`()
  {
    let many = Value.array(Array(repeating: 1, count: 20_000))
    #expect(error(.indexed(many)) == nil)
    let mutation = Mutation.upsert(
      Entity(key, ["p": .indexed(many), "q": .indexed(.entity(Entity(nil, ["x": 1])))]))
    #expect(error(mutation)?.message.contains("20,001") == true)
    #expect(error(.unindexed(.array(Array(repeating: 1, count: 30_000)))) == nil)
  }

  @Test func `NaN and infinities are ordinary values`() {
    for number in [Double.nan, .infinity, -.infinity, -0.0] {
      #expect(error(.indexed(.double(number))) == nil)
    }
  }

  @Test func `A strategy for conflicts needs a way to detect them`() {
    for strategy in [Mutation.ConflictResolutionStrategy.fail, .serverValue] {
      let mutation = Mutation(.delete(key), conflictResolutionStrategy: strategy)
      #expect(error(mutation)?.code == .invalidArgument)
      var detecting = mutation
      detecting.conflictDetection = .baseVersion(1)
      #expect(error(detecting) == nil)
    }
  }

  @Test func `A base version is never negative`() {
    var mutation = Mutation(.delete(key))
    mutation.conflictDetection = .baseVersion(-1)
    #expect(error(mutation)?.message.contains("base version of the mutation is -1") == true)
    mutation.conflictDetection = .baseVersion(0)
    #expect(error(mutation) == nil)
  }

  @Test func `A deletion has no transforms`() {
    let transform = PropertyTransform("n", .increment(1))
    #expect(error(Mutation(.delete(key), propertyTransforms: [transform])) != nil)
  }

  @Test func `A transform needs a name and a number, and a path of up to 20 nested entities`() {
    func code(_ path: String, _ value: Value = 1) -> DatastoreError.Code? {
      error(.transform(key, [PropertyTransform(path, .increment(value))]))?.code
    }
    #expect(code("n") == nil)
    #expect(code("") == .invalidArgument)
    #expect(code("__n__") == .invalidArgument)
    #expect(code("n", "x") == .invalidArgument)
    #expect(code(Array(repeating: "a", count: 21).joined(separator: ".")) == nil)
    #expect(
      code(Array(repeating: "a", count: 100_000).joined(separator: ".")) == .invalidArgument)
  }

  @Test func `Earlier changes of a mutation are checked and measured`() throws {
    var mutation = Mutation.delete(key)
    let alone = try Limits.check(mutation)
    mutation.earlier = [.upsert(Entity(key, ["a": 1]))]
    #expect(try Limits.check(mutation) > alone)
    mutation.earlier = [.upsert(Entity(key, ["a": .indexed(text(1_501))]))]
    #expect(error(mutation)?.property == "a")
  }

  @Test func `Messages quote the beginning of what is long`() {
    let name = String(repeating: "ü", count: 1_000_000)
    // One character of a million scalars.
    let character = "a" + String(repeating: "\u{301}", count: 1_000_000)
    for text in [name, character] {
      let failures = [
        error(.indexed(1), name: text), error(key: Key(text, id: 1)),
        error(key: Key("A", name: text)),
        error(key: Key("A", id: 1, namespace: text)),
        error(key: Key("A", id: 1, parent: Key(text, id: 0))),
        error(.upsert(Entity(key, [text: ["a"]]))),
        error(.transform(key, [PropertyTransform("a.\(text)", .increment(1))])),
        error(.transform(key, [PropertyTransform("a..\(text)", .increment(1))])),
        error(.transform(key, [PropertyTransform("a", .increment(.string(text)))])),
      ]
      for failure in failures {
        #expect(failure.map { "\($0)".utf8.count < 2_000 } == true)
      }
    }
    #expect("abc".clipped(3) == "abc")
    #expect("abcd".clipped(3) == "abc…")
    #expect("aü".clipped(2) == "a…")
  }
}
