// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import Foundation
  import GRPCCore
  import GRPCProtobuf
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct RetryPlanTests {
    private func failure(
      _ code: RPCError.Code, _ message: String = "x", wasSent: Bool = true
    ) -> CloudFailure {
      CloudFailure(RPCError(code: code, message: message), .commit, wasSent: wasSent)
    }

    private func first(
      _ plan: RetryPlan, _ code: RPCError.Code, remaining: Duration = .seconds(30)
    ) -> RetryPlan.OnFailure {
      first(plan, failure(code), remaining: remaining)
    }

    private func first(
      _ plan: RetryPlan, _ failure: CloudFailure, remaining: Duration = .seconds(30),
      random: Double = 0
    ) -> RetryPlan.OnFailure {
      var plan = plan
      return plan.failed(failure, remaining: remaining, random: random)
    }

    private static let codes: [RPCError.Code] = [
      .cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound, .alreadyExists,
      .permissionDenied, .resourceExhausted, .failedPrecondition, .aborted, .outOfRange,
      .unimplemented, .internalError, .unavailable, .dataLoss,
    ]

    @Test func `A retry depends on the failure and on what a repetition would do`() {
      let again = RetryPlan.OnFailure.again(after: .seconds(0.1))
      func repeated(_ plan: RetryPlan) -> Set<RPCError.Code> {
        Set(Self.codes.filter { first(plan, $0) == again })
      }
      #expect(
        repeated(RetryPlan(.harmless))
          == [.unavailable, .deadlineExceeded, .internalError, .resourceExhausted])
      #expect(repeated(RetryPlan(.idempotent)) == [.unavailable, .resourceExhausted])
      #expect(repeated(RetryPlan(.harmful)) == [.resourceExhausted])
      #expect(
        repeated(RetryPlan(.harmful, isWholeTransaction: true)) == [.resourceExhausted, .aborted])
    }

    @Test func `Only commits of deletes and of upserts with complete keys are retried`() {
      let whole = Entity(Key("A", id: 1))
      let fresh = Entity(Key(incomplete: "A"))
      let new = TransactionSelector.begin(.readWrite())
      let safe = RetryPlan.commit([.upsert(whole), .delete(Key("A", id: 2))], in: new)
      #expect(safe.repetition == .idempotent)
      for mutation: Mutation in [.insert(whole), .update(whole), .upsert(fresh), .insert(fresh)] {
        #expect(RetryPlan.commit([.upsert(whole), mutation], in: new).repetition == .harmful)
      }
      let running = RetryPlan.commit([], in: .running(TransactionID(bytes: [1])))
      #expect(running.repetition == .harmful)
      #expect(!running.isWholeTransaction)
    }

    @Test func `An aborted read is retried alone, but not inside a running transaction`() {
      let running = TransactionSelector.running(TransactionID(bytes: [1]))
      #expect(first(.read(in: running), .aborted) == .giveUp)
      #expect(first(.read(in: nil), .aborted) != .giveUp)
    }

    @Test func `Waits grow by 1.3 up to a minute and are shortened at random by up to half`() {
      var plan = RetryPlan(.harmless)
      var waits: [Duration] = []
      for _ in 0..<40 {
        if case .again(let wait) = plan.failed(
          failure(.unavailable), remaining: .seconds(1_000), random: 0)
        {
          waits.append(wait)
        }
      }
      #expect(waits.count == 40)
      #expect(waits[0] == .seconds(0.1))
      #expect(waits[1] == .seconds(0.1 * 1.3))
      #expect(waits == waits.sorted())
      #expect(waits.last == .seconds(60))
      var other = RetryPlan(.harmless)
      let shortest = other.failed(failure(.unavailable), remaining: .seconds(9), random: 0.999)
      #expect(shortest < .again(after: .seconds(0.051)))
    }

    @Test func `A call is not retried if the retry could not begin before the deadline`() {
      #expect(first(RetryPlan(.harmless), .unavailable, remaining: .seconds(0.09)) == .giveUp)
    }

    /// A failure with which a server asks for a wait.
    private func asking(
      _ seconds: Int64, nanos: Int32 = 0, _ code: RPCError.Code = .unavailable
    ) throws -> CloudFailure {
      let delay = Google_Protobuf_Duration.with {
        $0.seconds = seconds
        $0.nanos = nanos
      }
      let bytes: [UInt8] = try delay.serializedBytes()
      return asking([0x0A, UInt8(bytes.count)] + bytes, code)
    }

    /// A failure whose RetryInfo has these bytes.
    private func asking(
      _ bytes: [UInt8], _ code: RPCError.Code = .unavailable
    ) -> CloudFailure {
      let detail = Google_Protobuf_Any.with {
        $0.typeURL = "type.googleapis.com/google.rpc.RetryInfo"
        $0.value = Data(bytes)
      }
      let status = GoogleRPCStatus(
        code: code, message: "x",
        details: .errorInfo(reason: "BUSY", domain: "datastore.example"), .any(detail))
      let error = RPCError(code: code, message: "x", metadata: status.rpcErrorMetadata)
      return CloudFailure(error, .lookup, wasSent: true)
    }

    @Test func `A server that nobody runs is named without the words of the transport`() {
      let refused = failure(
        .unavailable,
        """
        Channel is in a transient failure state and 'wait for ready' isn't enabled. Could not \
        establish a connection to [ipv4]127.0.0.1:8081.; connection reset (error set): Connection \
        refused) (errno: 111).
        """, wasSent: false)
      #expect(
        refused.datastoreError.message.hasPrefix(
          "No connection to 127.0.0.1:8081 could be made: nothing listens there. Nothing was sent"))
      let other = failure(
        .unavailable, "Could not establish a connection to [ipv6][::1]:8081.", wasSent: false)
      #expect(
        other.datastoreError.message.hasPrefix("No connection to [::1]:8081 could be made. "))
      let encrypted = failure(
        .unavailable,
        """
        The server accepted the TCP connection but closed the connection before completing the \
        HTTP/2 connection preface.
        """, wasSent: false)
      #expect(
        encrypted.datastoreError.message.hasPrefix(
          "The server closed the connection before it spoke HTTP/2. It may want TLS. Nothing was"))
    }

    @Test
    func `A wait that the server asks for is lengthened at random by up to a tenth`()
      throws
    {
      let plan = RetryPlan(.harmless, isWholeTransaction: true)
      for code in [RPCError.Code.unavailable, .resourceExhausted, .internalError, .aborted] {
        #expect(first(plan, try asking(7, code)) == .again(after: .seconds(7)))
      }
      let longest = try #require(first(plan, try asking(7), random: 0.999).wait)
      #expect((Duration.seconds(7.69)..<Duration.seconds(7.7)).contains(longest))
    }

    @Test
    func `A wait that the server asks for does not shorten the plan's own waits`()
      throws
    {
      var plan = RetryPlan(.harmless)
      let little = try asking(0, nanos: 120_000_000)
      let waits = (0..<3).map { _ in
        plan.failed(little, remaining: .seconds(30), random: 0).wait
      }
      #expect(waits == [.seconds(0.12), .seconds(0.1 * 1.3), .seconds(0.1 * 1.3 * 1.3)])
    }

    @Test
    func `A wait that would pass the deadline does not begin, and the error names it`()
      throws
    {
      let plan = RetryPlan(.harmless)
      let failure = try asking(30)
      #expect(first(plan, failure, remaining: .seconds(30)) == .giveUp)
      #expect(first(plan, failure, remaining: .seconds(31), random: 0.9) == .giveUp)
      #expect(first(plan, failure, remaining: .seconds(31)) == .again(after: .seconds(30)))
      let message = failure.datastoreError.message
      #expect(
        message.hasSuffix(" The server asked for a wait of 30.0 seconds before the next attempt."))
    }

    @Test func `An enormous wait fails the call, and an invalid one is ignored`()
      throws
    {
      let plan = RetryPlan(.harmless)
      for nanos in [0, Int32.max] {
        let failure = try asking(.max, nanos: nanos)
        #expect(first(plan, failure) == .giveUp)
        #expect(first(plan, failure, random: 0.999) == .giveUp)
        #expect(failure.datastoreError.message.contains("The server asked for"))
      }
      // So near to the end of what a Duration holds that a tenth more is beyond it.
      var backOff = BackOff()
      let wait = backOff.next(
        asked: .seconds(1.6e20), remaining: .seconds(30), random: 0.999)
      #expect(wait == nil)
      let damaged = RPCError(
        code: .unavailable, message: "x",
        metadata: ["grpc-status-details-bin": .binary([0x1A, 0xFF, 0xFF])])
      let none = [
        try asking(0), try asking(-1), try asking(.min, nanos: .min), asking([]),
        asking([0x0A, 0x7F]), CloudFailure(damaged, .lookup, wasSent: true),
      ]
      for failure in none {
        #expect(first(plan, failure) == .again(after: .seconds(0.1)))
        #expect(!failure.datastoreError.message.contains("The server asked for"))
      }
    }

    @Test func `A read is retried once after INTERNAL`() {
      var plan = RetryPlan(.harmless)
      _ = plan.failed(failure(.internalError), remaining: .seconds(9), random: 0)
      let second = plan.failed(failure(.internalError), remaining: .seconds(9), random: 0)
      #expect(second == .giveUp)
    }

    @Test func `A refused token is renewed once for any call`() {
      var plan = RetryPlan(.harmful)
      let answer = plan.failed(failure(.unauthenticated), remaining: .seconds(9), random: 0)
      #expect(answer == .renewToken)
      let second = plan.failed(failure(.unauthenticated), remaining: .seconds(9), random: 0)
      #expect(second == .giveUp)
    }

    @Test func `A request that was never sent is retried outside the retry budget`() {
      let unsent = failure(.unavailable, wasSent: false)
      for repetition in [RetryPlan.Repetition.harmless, .idempotent, .harmful] {
        var plan = RetryPlan(repetition)
        let next = plan.failed(unsent, remaining: .seconds(9), random: 0)
        #expect(next == .again(after: .seconds(0.1)))
      }
      var budget = RetryTokenBucket.ofConnection
      let spent = (0..<1_000).map { _ in budget.takeRetry(after: unsent) }
      #expect(!spent.contains(false))
      let isLeft = budget.takeRetry(after: failure(.unavailable))
      #expect(isLeft)
      #expect(unsent.datastoreError.message.contains("nothing was written"))
      #expect(
        failure(.unavailable).datastoreError.message.contains("may or may not have been written"))
    }

    @Test func `The retry budget allows fifty retries at once and one more for each ten calls`() {
      var budget = RetryTokenBucket.ofConnection
      func spendAll() -> Int {
        var count = 0
        while budget.takeRetry(after: failure(.unavailable)) { count += 1 }
        return count
      }
      #expect(spendAll() == 50)
      for _ in 0..<9 { budget.addCall() }
      #expect(spendAll() == 0)
      budget.addCall()
      #expect(spendAll() == 1)
      for _ in 0..<1_000 { budget.addCall() }
      #expect(spendAll() == 50)
    }

    @Test(
      arguments: [
        (.resourceExhausted, "gRPC message exceeds maximum size 4194304: 4300000"),
        (.resourceExhausted, "Received message larger than max (4300000 vs. 4194304)"),
        (.resourceExhausted, "Sent message larger than max (4300000 vs. 4194304)"),
        (.invalidArgument, "Request payload size exceeds the limit: 11534336 bytes."),
        (.invalidArgument, "Transaction too big. Decrease transaction size."),
        (.invalidArgument, "cannot write more than 500 entities in a single call"),
        (.invalidArgument, "operating on too many entity groups in a single transaction."),
      ] as [(RPCError.Code, String)])
    func `A message that is too large is recognized in every server's words and not retried`(
      _ code: RPCError.Code, _ message: String
    ) {
      let failure = failure(code, message)
      #expect(failure.datastoreError.code == .tooLarge)
      var plan = RetryPlan(.harmless)
      let answer = plan.failed(failure, remaining: .seconds(9), random: 0)
      #expect(answer == .giveUp)
    }

    @Test func `A cancelled message counts as too large only if it was large`() {
      let large = WireLimits.leastMessageBytes
      #expect(failure(.cancelled).indicatesTooLarge(requestBytes: large, .idempotent))
      #expect(!failure(.cancelled).indicatesTooLarge(requestBytes: large, .harmful))
      #expect(!failure(.cancelled).indicatesTooLarge(requestBytes: 1_000, .harmless))
      let reset = failure(
        .unavailable, "Stream unexpectedly closed: received RST_STREAM frame (0x8: cancel).")
      #expect(
        reset.indicatesTooLarge(requestBytes: large, .harmless)
          && reset.indicatesTooLarge(requestBytes: large, .idempotent))
      #expect(
        !reset.indicatesTooLarge(requestBytes: large, .harmful)
          && !reset.indicatesTooLarge(requestBytes: 1_000, .harmless))
      #expect(!failure(.unavailable, "away").indicatesTooLarge(requestBytes: large, .harmless))
      #expect(!failure(.resourceExhausted, "quota").reportsTooLarge)
    }

    @Test func `An error keeps the server's code, message and details as its cause`() {
      let error = failure(.aborted, "too much contention.").datastoreError
      #expect(error.code == .aborted)
      #expect(error.message.hasPrefix("too much contention. "))
      let cause = error.cause as? CloudFailure
      #expect(cause?.status == "ABORTED")
      #expect(cause?.statusNumber == 10)
      #expect(cause?.message == "too much contention.")
      #expect(
        failure(.unknown, "").datastoreError.message.hasPrefix("The server failed with UNKNOWN"))
    }
  }

  extension RetryPlan.OnFailure {
    static func < (a: Self, b: Self) -> Bool {
      guard let a = a.wait, let b = b.wait else { return false }
      return a < b
    }

    fileprivate var wait: Duration? {
      if case .again(let wait) = self { wait } else { nil }
    }
  }
#endif
