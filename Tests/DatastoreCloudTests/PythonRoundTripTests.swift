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

    @Test
    func `Entities with every type of value are exchanged with Google's Python client`()
      async throws
    {
      let files = try TemporaryFiles()
      guard let python = try await python(files.folder.appending(path: "venv")) else {
        print(
          "skipped: PyPI cannot be reached (pip install \(Self.packages.joined(separator: " ")))")
        return
      }
      let emulator = try await Emulator.shared(.newest)
      let project = "demo-\(UInt32.random(in: 0...(.max)))"
      let backend = try emulator.backend(project: project)
      let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Support/python/round_trip.py").path
      let environment = ["DATASTORE_EMULATOR_HOST": "\(emulator.endpoint)"]

      let writing = try await runProgram(
        [python, script, "write", project], environment: environment)
      #expect(writing.status == 0, "\(writing.output)")
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
      let checking = try await runProgram(
        [python, script, "check", project], environment: environment)
      #expect(checking.status == 0, "\(checking.output)")
      try await backend.close()
    }
  }
#endif
