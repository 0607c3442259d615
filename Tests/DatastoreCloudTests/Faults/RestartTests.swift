// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import DatastoreCloud
  import Foundation
  import Testing

  /// Gets by the thousand, from a server that goes away and for a long time.
  @Suite(.enabled(if: EmulatorKind.firestore.jar != nil, EmulatorKind.howToInstall))
  struct RestartTests {
    @Test
    func `Ten thousand gets survive a late start and a restart of the server`()
      async throws
    {
      let port = try freePort()
      var configuration = CloudBackend.Configuration(
        project: "demo-restart",
        endpoint: Endpoint(host: "127.0.0.1", port: port, isPlaintext: true))
      configuration.bePatient()
      let datastore = Datastore(backend: try CloudBackend(configuration), configuration: .remote)
      // Not idempotent, and tried again all the same: nothing could be sent.
      let put = datastore.put(Entity(Key(incomplete: "Fresh"), ["v": 1]))
      let first = try await Emulator.server(.firestore, port: port)
      #expect(try await datastore.get(put.value).value?["v"] == 1)
      #expect(try await datastore.query(Query<Entity>(kind: "Fresh")).fetch().value.count == 1)

      let keys = (1...10_000).map { Key("Many", id: $0) }
      let early = keys[..<5_000].map { datastore.get($0) }
      await early[0].wait()
      await first.stop()
      let late = keys[5_000...].map { datastore.get($0) }
      let second = try await Emulator.server(.firestore, port: port)
      var failures: [any Error] = []
      for get in early + late {
        if let error = await get.getException() { failures.append(error) }
      }
      #expect(failures.isEmpty, "\(failures.count): \(failures.first.map { "\($0)" } ?? "")")
      try await datastore.close()
      await second.stop()
    }

    #if os(Linux)
      @Test
      func `Fifty thousand gets need no more memory than ten thousand`()
        async throws
      {
        let endpoint = try await Emulator.shared(.firestore).endpoint
        // In a process of its own, where no other test allocates.
        await #expect(processExitsWith: .success) { [port = endpoint.port as Int] in
          var configuration = CloudBackend.Configuration(
            project: "demo-memory",
            endpoint: Endpoint(host: "127.0.0.1", port: port, isPlaintext: true))
          configuration.bePatient()
          let backend = try CloudBackend(configuration)
          let datastore = Datastore(backend: backend, configuration: .remote)
          let keys = (1...1_000).map { Key("Many", id: $0) }
          let puts = keys[..<500].map {
            datastore.put(Entity($0, ["v": .unindexed(.bytes(bytes))]))
          }
          for put in puts { _ = try await put.value }
          func getAll(times: Int) async throws -> Int {
            for _ in 0..<times {
              let gets = keys.map { datastore.get($0) }
              let found = try await Future.all(gets).value
              #expect(found.count { $0 != nil } == 500)
            }
            return try residentPages()
          }
          let before = try await getAll(times: 10)
          let after = try await getAll(times: 50)
          // A kilobyte a get that stayed would be 12,500 pages. How many arenas the allocator
          // makes is a matter of which threads meet in it.
          #expect(after - before < 5_000, "\(before) pages, then \(after)")
          try await datastore.close()
        }
      }
    #endif
  }

  private let bytes = [UInt8](repeating: 7, count: 200)

  /// How much memory this process has, in pages of 4 KiB.
  private func residentPages() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1]))
  }
#endif
