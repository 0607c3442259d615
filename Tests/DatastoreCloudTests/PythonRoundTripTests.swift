// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import DatastoreCloud
  import Foundation
  import Testing

  /// What Google's own Python clients write is read here, and the other way round.
  ///
  /// Needs an emulator and PyPI, or `ARRIVAL_PYTHON`, a Python that has google-cloud-datastore and
  /// google-cloud-ndb.
  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct PythonRoundTripTests {
    private static let packages = ["google-cloud-datastore==2.27.0", "google-cloud-ndb"]

    private static let expected: Entity.Properties = [
      "null": .unindexed(.null), "yes": true, "no": false, "smallest": .indexed(.integer(.min)),
      "largest": .indexed(.integer(.max)), "double": 0.1, "text": "Zürich 🏔 東京",
      "bytes": .indexed(.bytes([0, 0x7F, 0x80, 0xFF])),
      "time": .indexed(.timestamp(Timestamp(microseconds: 1_700_000_000_123_456))),
      "before": .indexed(.timestamp(Timestamp(microseconds: -1))),
      "key": .indexed(
        .key(Key("Child", name: "näme", parent: Key("Other", id: 7, namespace: "n")))),
      "place": .indexed(.geoPoint(GeoPoint(latitude: -89.5, longitude: 179.25))),
      "list": [3, "b", .null, 2.5, true], "empty": [],
      "inner": .indexed(
        .entity(
          Entity(
            nil,
            ["city": "Oslo", "note": .unindexed(.string(String(repeating: "x", count: 2_000)))]))),
      "long": .unindexed(.string(String(repeating: "y", count: 3_000))),
      "longs": .unindexed([.string(String(repeating: "z", count: 2_000)), "short"]),
    ]

    private static let thing: Entity.Properties = [
      "text": "Zürich", "long": .unindexed(.string(String(repeating: "y", count: 3_000))),
      "number": 41, "double": 2.5, "flag": true,
      "time": .indexed(.timestamp(Timestamp(microseconds: 1_700_000_000_123_456))),
      "blob": .unindexed(.bytes([0, 0xFF])),
      "place": .indexed(.geoPoint(GeoPoint(latitude: 52.5, longitude: 13.4))),
      "other": .indexed(.key(Key("Other", id: 7))), "numbers": [3, 1, 2],
    ]

    /// A Python with Google's clients; `nil` where there is none to be had.
    private func python(_ folder: URL) async throws -> String? {
      if let python = ProcessInfo.processInfo.environment["ARRIVAL_PYTHON"] { return python }
      guard try await runProgram(["python3", "-m", "venv", folder.path]).status == 0 else {
        return nil
      }
      let python = folder.appending(path: "bin/python").path
      let installing = try await runProgram(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"] + Self.packages)
      return installing.status == 0 ? python : nil
    }

    /// A project of the newest emulator, seen by a backend here and by a Python script.
    private struct Scene {
      let backend: CloudBackend
      let project: String
      let emulator: Emulator
      let python: String
      let script: String

      /// Runs the script, which prints "good" last, and returns the lines before.
      func run(_ arguments: String...) async throws -> [Substring] {
        let result = try await runProgram(
          [python, script, arguments[0], project] + arguments.dropFirst(),
          environment: ["DATASTORE_EMULATOR_HOST": "\(emulator.endpoint)"])
        try #require(result.status == 0, "\(result.output)")
        return result.output.split(separator: "\n").dropLast()
      }
    }

    /// `nil` where there is no Python with Google's clients.
    private func scene(_ script: String, _ files: TemporaryFiles) async throws -> Scene? {
      guard let python = try await python(files.folder.appending(path: "venv")) else {
        print(
          "skipped: PyPI cannot be reached (pip install \(Self.packages.joined(separator: " ")))")
        return nil
      }
      let emulator = try await Emulator.shared(.newest)
      let project = "demo-\(UInt32.random(in: 0...(.max)))"
      let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      return Scene(
        backend: try emulator.backend(project: project), project: project, emulator: emulator,
        python: python, script: folder.appending(path: "Support/python/\(script)").path)
    }

    @Test
    func `Entities with every type of value are exchanged with Google's Python client`()
      async throws
    {
      let files = try TemporaryFiles()
      guard let scene = try await scene("round_trip.py", files) else { return }
      let backend = scene.backend
      _ = try await scene.run("write")
      let mine = Key("FromPython", name: "a", namespace: "n")
      let theirs = Key("Thing", name: "ndb")
      let found = try await backend.lookup([mine, theirs])
      #expect(found.failures.isEmpty)
      for (key, expected) in [(mine, Self.expected), (theirs, Self.thing)] {
        let properties = found.found.first { $0.key == key }?.properties
        #expect(Set(properties?.keys.map { $0 } ?? []) == Set(expected.keys))
        for (name, property) in expected { #expect(properties?[name] == property, "\(name)") }
      }

      _ = try await backend.commit([
        .upsert(Entity(Key("FromSwift", name: "a", namespace: "n"), Self.expected)),
        .upsert(Entity(Key("Thing", name: "swift"), Self.thing)),
      ])
      _ = try await scene.run("check")
      try await backend.close()
    }

    private struct Address: Codable, Sendable, Hashable {
      var city: String
      var zip: Int?
      var note: String?
    }

    private struct Mark: Codable, Sendable, Hashable {
      var city: String?
    }

    private struct House: DatastoreEntity, Hashable {
      static let kind = "House"
      static let flattensStructures = true
      static let unindexedProperties: Set = ["local", "home.note", "others.note"]
      var key = House.newKey()
      var home = Address(city: "Oslo", zip: 1, note: "näh")
      var others = [
        Address(city: "Rom", zip: 2),
        Address(city: "Ulm", note: String(repeating: "x", count: 2_000)),
      ]
      var marks = [Mark(), Mark(city: "Bonn"), Mark()]
      var tags: [String] = []
      // Without NDB's older form of data, it is bytes.
      var local: Address?
    }

    @Test func `Structures, compressed values and keys are exchanged with NDB`() async throws {
      let files = try TemporaryFiles()
      guard let scene = try await scene("round_trip_ndb.py", files) else { return }
      let lines = try await scene.run("write")
      let keys = ["flat", "nested"].map { Key("House", name: $0) }
      let texts = keys.flatMap { key in
        [
          "urlsafe \(URLSafeKey(key, project: scene.project).text)",
          "legacy_urlsafe "
            + URLSafeKey(key, project: scene.project, locationPrefix: "s~").text,
        ]
      }
      #expect(lines.filter { $0.contains("urlsafe") }.map(String.init) == texts)

      let datastore = Datastore(backend: scene.backend)
      for key in keys {
        var entity = try #require(try await datastore.get(key).value)
        for name in ["text", "blob", "data"] {
          #expect(entity.properties[name]?.meaning == 22, "\(name) of \(key)")
        }
        // With all that Swift knows of the entity, NDB reads it again.
        entity.key = Key("House", name: "\(key.name ?? "")-copy")
        _ = try await datastore.put(entity).value
        entity.properties["local"] = nil
        let house = try EntityDecoder().decode(House.self, from: entity)
        #expect(house.home == House().home)
        #expect(house.others == House().others)
        #expect(house.marks == House().marks && house.tags == [])
      }
      let flat = try #require(try await datastore.get(keys[0], as: House.self).value)
      #expect(flat.local == Address(city: "Bern", zip: 3))
      var mine = flat
      mine.key = House.key(name: "swift")
      _ = try await datastore.put(mine).value
      try await counts(scene, lines)
      try await datastore.close()
    }

    /// Versions, times, masks and transforms of both clients, on one entity.
    private func counts(_ scene: Scene, _ lines: [Substring]) async throws {
      let key = Key("Counter", name: "python")
      let options = ReadOptions(propertyMask: ["n", "text"])
      let reply = try await scene.backend.lookup([key], options: options)
      let found = try #require(reply.found.first)
      #expect(found.properties == ["n": 42, "text": "two"])
      for (name, number) in [
        ("version", found.version), ("create_time", found.createTime?.microseconds),
        ("update_time", found.updateTime?.microseconds),
      ] {
        #expect(lines.contains("\(name) \(number ?? -1)"), "\(name): \(number ?? -1), \(lines)")
      }
      let before = try #require(found.updateTime)
      var change = Mutation(
        .update(Entity(key, ["text": "three", "n": 0])), propertyMask: ["text"],
        propertyTransforms: [
          PropertyTransform("n", .increment(10)),
          PropertyTransform("list", .appendMissingElements([2, 3])),
          PropertyTransform("list", .removeAllFromArray([1])),
        ])
      change.conflictDetection = .updateTime(before)
      change.conflictResolutionStrategy = .fail
      let results = try await scene.backend.commit([change]).results
      #expect(results.first?.transformResults.first == 52)
      _ = try await scene.run("check", "\(before.microseconds)")
    }
  }
#endif
