// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import DatastoreCloud
  import Testing

  /// What networks do to calls, between the backend and a real server.
  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct FaultTests {
    private let key = Key("Thing", name: "\(UInt64.random(in: 0...(.max)))")

    private func scene(
      _ change: (inout CloudBackend.Configuration) -> Void = { _ in }
    ) async throws -> (backend: CloudBackend, proxy: FaultyProxy) {
      let emulator = try await Emulator.shared(.newest)
      let proxy = try FaultyProxy(to: emulator.endpoint)
      var configuration = CloudBackend.Configuration(
        project: "demo-\(UInt32.random(in: 0...(.max)))", endpoint: proxy.endpoint)
      configuration.bePatient()
      change(&configuration)
      let backend = try CloudBackend(configuration)
      // The connection is there before the fault; with a short deadline that may take several
      // calls.
      for _ in 0..<100 {
        if await code({ _ = try await backend.lookup([key]) }) == nil { return (backend, proxy) }
      }
      Issue.record("There is no way to the emulator")
      return (backend, proxy)
    }

    private func code(_ body: () async throws -> Void) async -> DatastoreError.Code? {
      do {
        try await body()
        return nil
      } catch {
        return (error as? DatastoreError)?.code ?? .init("\(error)")
      }
    }

    @Test(arguments: [
      FaultyProxy.Fault.resetBeforeRequest, .resetDuringRequest, .resetBeforeReply, .garbage,
    ])
    func `A get is retried after its connection is reset before, during or after the request`(
      _ fault: FaultyProxy.Fault
    ) async throws {
      let (backend, proxy) = try await scene()
      _ = try await backend.commit([.upsert(Entity(key, ["v": 1]))])
      proxy.set(fault)
      #expect(try await backend.lookup([key]).found == [Entity(key, ["v": 1])])
      #expect(proxy.connections >= 2)
      try await backend.close()
    }

    @Test(arguments: [
      FaultyProxy.Fault.resetBeforeRequest, .resetDuringRequest, .resetBeforeReply,
    ])
    func `An upsert succeeds although its connection is reset`(
      _ fault: FaultyProxy.Fault
    ) async throws {
      let (backend, proxy) = try await scene()
      proxy.set(fault)
      _ = try await backend.commit([.upsert(Entity(key, ["v": 1]))])
      #expect(try await backend.lookup([key]).found == [Entity(key, ["v": 1])])
      try await backend.close()
    }

    @Test func `An entity without an ID is never written twice after a reset connection`()
      async throws
    {
      let (backend, proxy) = try await scene()
      let fresh = Entity(Key(incomplete: "Fresh", parent: key), ["v": 1])
      var request = QueryRequest(kind: "Fresh")
      request.filter = .ancestor(key)
      for fault in [FaultyProxy.Fault.resetBeforeRequest, .resetDuringRequest] {
        proxy.set(fault)
        #expect(await code { _ = try await backend.commit([.insert(fresh)]) } == .unavailable)
        #expect(try await backend.query(request).items.isEmpty)
      }
      proxy.set(.resetBeforeReply)
      #expect(await code { _ = try await backend.commit([.insert(fresh)]) } == .unavailable)
      #expect(try await backend.query(request).items.count <= 1)
      try await backend.close()
    }

    @Test func `A connection on which the server stays silent is replaced`()
      async throws
    {
      let emulator = try await Emulator.shared(.newest)
      let proxy = try FaultyProxy(to: emulator.endpoint)
      var configuration = CloudBackend.Configuration(project: "demo", endpoint: proxy.endpoint)
      configuration.bePatient()
      configuration.keepalive = .seconds(2)
      let backend = try CloudBackend(configuration)
      proxy.set(.muteConnection)
      #expect(try await backend.lookup([key]).found.isEmpty)
      #expect(proxy.connections >= 2)
      try await backend.close()
    }

    @Test
    func `A connection that dies silently is detected, and reads continue on another`()
      async throws
    {
      let (backend, proxy) = try await scene { $0.keepalive = .seconds(3) }
      proxy.set(.silence)
      let reading = Future("reading") { try await backend.lookup([key]).found }
      // New connections work; the one that was used stays silent.
      await proxy.silenced.wait()
      proxy.set(.none)
      #expect(try await reading.value.isEmpty)
      #expect(proxy.connections >= 2)
      try await backend.close()
    }

    @Test
    func `A read or commit that stalls beyond its deadline fails with deadlineExceeded`()
      async throws
    {
      let (backend, proxy) = try await scene { $0.deadline = .seconds(2) }
      proxy.set(.silence)
      #expect(await code { _ = try await backend.lookup([key]) } == .deadlineExceeded)
      let commit = await code { _ = try await backend.commit([.upsert(Entity(key))]) }
      #expect(commit == .deadlineExceeded)
      proxy.set(.none)
      try await backend.close()
    }

    @Test
    func
      `A stall that ends before the deadline costs nothing: same call, same connection, one write`()
      async throws
    {
      let (backend, proxy) = try await scene()
      let connections = proxy.connections
      let fresh = Entity(Key(incomplete: "Fresh", parent: key), ["v": 1])

      var stall = FaultyProxy.Stall()
      proxy.set(.stall(stall))
      let commit = Future { try await backend.commit([.insert(fresh)]) }
      await stall.began.future.wait()
      #expect(!commit.done())
      stall.ended.succeed(())
      _ = try await commit.value

      stall = FaultyProxy.Stall()
      proxy.set(.stall(stall))
      var request = QueryRequest(kind: "Fresh")
      request.filter = .ancestor(key)
      let query = Future { [request] in try await backend.query(request).items.count }
      await stall.began.future.wait()
      #expect(!query.done())
      stall.ended.succeed(())
      #expect(try await query.value == 1)

      #expect(proxy.connections == connections)
      try await backend.close()
    }

    @Test
    func
      `Calls to an unreachable server fail with unavailable within the deadline`()
      async throws
    {
      let port = try freePort()
      var configuration = CloudBackend.Configuration(
        project: "demo", endpoint: Endpoint(host: "127.0.0.1", port: port, isPlaintext: true))
      configuration.deadline = .seconds(1)
      let backend = try CloudBackend(configuration)
      do {
        _ = try await backend.lookup([key])
        Issue.record("There is no server")
      } catch let error as DatastoreError {
        #expect(error.code == .unavailable || error.code == .deadlineExceeded)
        #expect(error.cause is CloudFailure)
      }
      try await backend.close()
    }

    @Test
    func `Ten thousand gets all complete although their connections are reset`()
      async throws
    {
      let (backend, proxy) = try await scene()
      let datastore = Datastore(backend: backend, configuration: .remote)
      let keys = (1...10_000).map { Key("Many", id: $0, parent: key) }
      let puts = keys[..<100].map { datastore.put(Entity($0, ["v": 1])) }
      for put in puts { _ = try await put.value }
      let gets = keys.map { datastore.get($0) }
      for round in 0..<4 {
        proxy.set(round % 2 == 0 ? .resetBeforeReply : .resetBeforeRequest)
        await gets[round * 2_500].wait()
      }
      await Future.waitAll(gets)
      for (index, get) in gets.enumerated() {
        let entity = try await get.value
        #expect((entity != nil) == (index < 100))
      }
      proxy.set(.none)
      try await datastore.close()
    }
  }
#endif
