// SPDX-License-Identifier: Apache-2.0
#if Server
  import DatastoreInMemory
  import DatastoreModel
  import Testing

  @testable import DatastoreServer

  @Suite struct OpenTransactionsTests {
    private let start = ContinuousClock.now
    private let backend = InMemoryBackend()

    private func transaction(
      _ number: Int, _ peer: String = "client", in database: DatabaseName = .init(project: "p")
    ) -> OpenTransactions.Transaction {
      let bytes = withUnsafeBytes(of: number) { [UInt8]($0) }
      return OpenTransactions.Transaction(
        id: TransactionID(bytes: bytes), database: database, backend: backend, isReadOnly: false,
        peer: peer)
    }

    private func opened(_ peer: String = "client") -> (OpenTransactions, TransactionID) {
      var open = OpenTransactions()
      let transaction = transaction(1, peer)
      open.add(transaction, now: start)
      return (open, transaction.id)
    }

    @Test func `A transaction ends after a minute without a request`() {
      var (open, id) = opened()
      open.use(id, "client")
      open.leave(id, now: start + .seconds(30))
      #expect(open.expire(now: start + .seconds(90)).isEmpty)
      #expect(open.expire(now: start + .seconds(91)).map(\.id) == [id])
      #expect(open.ending(of: id) == .idle)
      #expect(open.count == 0)
    }

    @Test func `A transaction ends after 270 seconds in all, once no request is under way`() {
      var (open, id) = opened()
      for second in stride(from: 0, to: 270, by: 30) {
        open.use(id, "client")
        open.leave(id, now: start + .seconds(second))
      }
      open.use(id, "client")
      #expect(open.expire(now: start + .seconds(271)).isEmpty)
      open.leave(id, now: start + .seconds(271))
      #expect(open.expire(now: start + .seconds(271)).map(\.id) == [id])
      #expect(open.ending(of: id) == .total)
    }

    @Test func `The transaction of a connection that is gone ends before a write gives up`() {
      var (open, id) = opened()
      open.peerLeft("another client")
      #expect(open.expire(now: start + .seconds(2)).isEmpty)
      open.peerLeft("client")
      #expect(open.expire(now: start + .seconds(1)).isEmpty)
      #expect(open.expire(now: start + .milliseconds(1_001)).map(\.id) == [id])
      #expect(open.ending(of: id) == .orphan)
    }

    @Test func `A client that connects anew keeps its transaction`() {
      var (open, id) = opened()
      open.peerLeft("client")
      open.use(id, "its next connection")
      open.leave(id, now: start)
      open.peerLeft("client")
      #expect(open.expire(now: start + .seconds(10)).isEmpty)
    }

    @Test func `Connections of HTTP 1 tell nothing about transactions`() {
      var (open, _) = opened("")
      open.peerLeft("")
      #expect(open.expire(now: start + .seconds(10)).isEmpty)
    }

    @Test func `Each database has a limit of its own`() {
      var open = OpenTransactions()
      let name = DatabaseName(project: "p")
      for number in 0..<OpenTransactions.maxOpen {
        #expect(!open.isFull(name))
        open.add(transaction(number), now: start)
      }
      #expect(open.isFull(name))
      #expect(!open.isFull(DatabaseName(project: "q")))
      #expect(!open.isFull(DatabaseName(project: "p", database: "orders")))
      open.remove(transaction(7).id)
      #expect(!open.isFull(name))
    }

    @Test func `The reasons of the last endings are remembered`() {
      var (open, first) = opened()
      #expect(open.endAll().map(\.id) == [first])
      #expect(open.ending(of: first) == .reset)
      for number in 2..<40_002 {
        open.add(transaction(number), now: start)
        if number.isMultiple(of: 5_000) { _ = open.endAll() }
      }
      _ = open.endAll()
      #expect(open.ending(of: first) == nil)
      #expect(open.ending(of: transaction(40_001).id) == .reset)
    }
  }
#endif
