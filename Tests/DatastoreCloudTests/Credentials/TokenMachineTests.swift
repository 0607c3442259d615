// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Testing

  @testable import DatastoreCloud

  @Suite struct TokenMachineTests {
    private func name(_ answer: TokenMachine.OnNeed) -> String {
      switch answer {
      case .use(let token): "use \(token.text)"
      case .useAndFetch(let token): "use \(token.text) and fetch"
      case .fetch: "fetch"
      case .wait: "wait"
      }
    }

    private let hour = AccessToken(secret: Secret("a"), lifetime: .seconds(3_600))

    @Test func `The first caller requests a token, and the others wait for the same request`() {
      var machine = TokenMachine()
      #expect(name(machine.need(at: .zero)) == "fetch")
      #expect(name(machine.need(at: .zero)) == "wait")
      machine.fetched(hour, askedAt: .zero)
      #expect(name(machine.need(at: .seconds(1))) == "use a")
    }

    @Test func `A token is renewed once, five minutes before its end, while it is still used`() {
      var machine = TokenMachine()
      _ = machine.need(at: .zero)
      machine.fetched(hour, askedAt: .zero)
      #expect(name(machine.need(at: .seconds(3_299))) == "use a")
      #expect(name(machine.need(at: .seconds(3_300))) == "use a and fetch")
      #expect(name(machine.need(at: .seconds(3_301))) == "use a")
      machine.fetched(
        AccessToken(secret: Secret("b"), lifetime: .seconds(60)), askedAt: .seconds(3_300))
      #expect(name(machine.need(at: .seconds(3_302))) == "use b")
      // One of a minute is renewed when a fifth of it is left.
      #expect(name(machine.need(at: .seconds(3_347))) == "use b")
      #expect(name(machine.need(at: .seconds(3_348))) == "use b and fetch")
    }

    @Test
    func
      `A failed renewal is retried after five seconds, with the old token meanwhile`()
    {
      var machine = TokenMachine()
      _ = machine.need(at: .zero)
      machine.fetched(hour, askedAt: .zero)
      _ = machine.need(at: .seconds(3_400))
      machine.failed(at: .seconds(3_401))
      #expect(name(machine.need(at: .seconds(3_405))) == "use a")
      #expect(name(machine.need(at: .seconds(3_406))) == "use a and fetch")
      machine.failed(at: .seconds(3_407))
      // Thirty seconds before its end it is not used any more.
      #expect(name(machine.need(at: .seconds(3_569))) == "use a and fetch")
      #expect(name(machine.need(at: .seconds(3_570))) == "wait")
    }

    @Test func `A refused token is not used again`() {
      var machine = TokenMachine()
      _ = machine.need(at: .zero)
      machine.fetched(hour, askedAt: .zero)
      machine.refused("another")
      #expect(name(machine.need(at: .seconds(1))) == "use a")
      machine.refused("a")
      #expect(name(machine.need(at: .seconds(1))) == "fetch")
    }
  }
#endif
