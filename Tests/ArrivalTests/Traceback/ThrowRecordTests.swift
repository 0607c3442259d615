// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Testing

@testable import Arrival

/// What is remembered of the throws of one tasklet, when they are more than its records can hold.
///
/// A tasklet has eight records. The comments name the limits, which are constants in `throws.h`.
///
/// The errors of a job are freed by its thread after the job. A tasklet that goes on may be in its
/// next job before that, on another thread, and then finds less room. So tests of what the end of a
/// job frees run on an executor with one thread.
@Suite struct ThrowRecordTests {
  init() { growPoolOfThrowRecords() }

  private static let oneThread = TaskletExecutor("one", configuration: .init(threads: 1))

  /// Runs code in a tasklet, in one job, and gives what it returns.
  private func inTasklet<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await Future(on: TaskletExecutor.shared) { () async -> Value in body() }.valueOfNoError
  }

  /// Errors that are thrown by a function, and stay alive.
  private static func thrown(_ count: Int, by function: () throws -> Int) -> [any Error] {
    (0..<count).map { _ in error(thrownBy: function) }
  }

  private static func error(thrownBy function: () throws -> Int) -> any Error {
    do {
      _ = try function()
      fatalError("it throws")
    } catch { return error }
  }

  /// Which of the known functions an error was thrown in, as far as the calling tasklet knows.
  private static func functions(of error: any Error) -> [String] {
    upstream(of: error)?.functions ?? []
  }

  private static func upstream(of error: any Error) -> Trace? {
    let promise = Promise<Int>()
    promise.fail(error)
    _ = promise.future.getException()
    return promise.future.failure?.trace.upstream
  }

  private static func address(of error: any Error) -> UInt {
    unsafeBitCast(error as any Error, to: UInt.self)
  }

  /// The first few results that are there, of up to ten thousand calls: other tests allocate, too.
  private static func first<Result>(_ count: Int, _ body: () -> Result?) -> [Result] {
    var results: [Result] = []
    for _ in 0..<10_000 where results.count < count {
      if let result = body() { results.append(result) }
    }
    return results
  }

  // MARK: Which errors are remembered

  @Test func `The first four errors and the last four are known while all are alive`() async {
    let known = await inTasklet {
      let first = Self.thrown(8, by: throwMissing)
      let later = Self.thrown(9, by: throwOther)
      return (first + later).map(Self.functions(of:))
    }
    #expect(Array(known.prefix(4)) == Array(repeating: ["throwMissing"], count: 4))
    #expect(Array(known.suffix(4)) == Array(repeating: ["throwOther"], count: 4))
    #expect(known[4..<13].allSatisfy { $0.isEmpty })
  }

  @Test func `Errors that nobody has any more leave their records to later ones`() async {
    let known = await inTasklet {
      for _ in 0..<8 { _ = try? throwOther() }
      return Self.thrown(8, by: throwMissing).map(Self.functions(of:))
    }
    #expect(known == Array(repeating: ["throwMissing"], count: 8))
  }

  @Test func `A cancellation displaces no error`() async {
    let known = await inTasklet {
      let errors = Self.thrown(8, by: throwMissing)
      let cancellations = Self.thrown(8, by: throwCancellation)
      return withExtendedLifetime(cancellations) { errors.map(Self.functions(of:)) }
    }
    #expect(known == Array(repeating: ["throwMissing"], count: 8))
  }

  @Test func `An error displaces a cancellation before it displaces an error`() async {
    let known = await inTasklet {
      let cancellations = Self.thrown(4, by: throwCancellation)
      let errors = Self.thrown(8, by: throwMissing)
      return withExtendedLifetime(cancellations) { errors.map(Self.functions(of:)) }
    }
    #expect(known == Array(repeating: ["throwMissing"], count: 8))
  }

  @Test func `A cancellation is remembered like any error while there is room`() async {
    let known = await inTasklet {
      let errors = Self.thrown(7, by: throwMissing)
      let cancellations = Self.thrown(1, by: throwCancellation)
      return (errors + cancellations).map(Self.functions(of:))
    }
    #expect(known.last == ["throwCancellation"])
  }

  @Test func `An error that is thrown again keeps its first throw`() async {
    let known = await inTasklet {
      let error = Self.thrown(1, by: throwMissing)[0]
      let again = Self.thrown(3) { try throwOn(error) }
      return again.map(Self.functions(of:))
    }
    #expect(known == Array(repeating: ["throwMissing"], count: 3))
  }

  @Test func `Unboxed errors of one type share a record, and displace nothing`() async throws {
    let future = Future<Int> {
      let errors = Self.thrown(7, by: throwMissing)
      for number in 0..<20 { do { _ = try throwTyped(number) } catch {} }
      let known = errors.map { Self.functions(of: $0) }
      #expect(known == Array(repeating: ["throwMissing"], count: 7))
      return try throwTyped(20)
    }
    #expect(try await trace(of: future).functions == ["throwTyped"])
  }

  @Test func `An unboxed error is not found under another type, size or value`() async throws {
    let future = Future<Int> {
      do { _ = try throwLarge(1) } catch {}
      return try await withUnsafeThrowingContinuation { $0.resume(throwing: Large(2)) }
    }
    #expect(try await trace(of: future).functions == [])
    #expect(try await trace(of: Future { try throwLarge(1) }).functions == ["throwLarge"])
  }

  // MARK: Past the errors that are held

  // Of one job's errors 24 are retained at most.
  @Test func `Errors are known also after a job has thrown more than are held`() async {
    let known = await inTasklet {
      let many = Self.thrown(40, by: throwOther)
      let last = Self.thrown(1, by: throwMissing)
      return withExtendedLifetime(many) { last.map(Self.functions(of:)) }
    }
    #expect(known == [["throwMissing"]])
  }

  @Test func `The later of two throws at one address is known if neither error is held`() async {
    let known = await inTasklet { () -> [[String]] in
      let many = Self.thrown(40, by: throwOther)
      return withExtendedLifetime(many) {
        Self.first(20) {
          let earlier = Self.address(of: Self.error(thrownBy: throwMissing))
          let later = Self.error(thrownBy: throwMissingElsewhere)
          return Self.address(of: later) == earlier ? Self.functions(of: later) : nil
        }
      }
    }
    #expect(!known.isEmpty)
    #expect(known.allSatisfy { $0 == ["throwMissingElsewhere"] })
  }

  @Test func `An error at the address of one that was not held has no frames of it`() async {
    let known = await inTasklet { () -> [[String]] in
      let many = Self.thrown(40, by: throwOther)
      return withExtendedLifetime(many) {
        Self.first(20) {
          let earlier = Self.address(of: Self.error(thrownBy: throwMissing))
          // Nobody throws it.
          let fresh: any Error = Missing(number: 99)
          return Self.address(of: fresh) == earlier ? Self.functions(of: fresh) : nil
        }
      }
    }
    #expect(!known.isEmpty)
    #expect(known.allSatisfy { $0.isEmpty })
  }

  @Test func `Errors that are not held share a record if they have one address`() async {
    // Other tests allocate, too, so the errors may have several addresses.
    var known: [String]?
    for _ in 0..<1_000 where known == nil {
      known = await inTasklet {
        let many = Self.thrown(40, by: throwOther)
        let last = Self.error(thrownBy: throwMissing)
        let addresses = (0..<10).map { _ in
          Self.address(of: Self.error(thrownBy: throwMissingElsewhere))
        }
        return withExtendedLifetime(many) {
          Set(addresses).count == 1 ? Self.functions(of: last) : nil
        }
      }
    }
    #expect(known == ["throwMissing"])
  }

  /// Whether an error that is thrown now is held. If so, a second throw leaves it its first frames.
  private static func holdsOneMore() -> Bool {
    let earlier = error(thrownBy: throwMissing)
    _ = error { try throwOn(earlier) }
    return functions(of: earlier) == ["throwMissing"]
  }

  /// Six looks at whether one more error is held: after forty throws, in the next job, and so on.
  private static func looksAcrossJobs() async -> [Bool] {
    let future = Future(on: oneThread) { () async -> [Bool] in
      var holds: [Bool] = []
      for _ in 0..<3 {
        for _ in 0..<40 { _ = try? throwOther() }
        holds.append(holdsOneMore())
        await nextJob()
        holds.append(holdsOneMore())
        await nextJob()
      }
      return holds
    }
    return await future.valueOfNoError
  }

  @Test func `The next job may hold as many errors as the first`() async {
    #expect(await Self.looksAcrossJobs() == [false, true, false, true, false, true])
  }

  /// An error whose end lasts until the gate opens.
  private final class LongEnd: Error {
    let gate: DispatchSemaphore
    let began: Counter

    init(_ gate: DispatchSemaphore, _ began: Counter) {
      self.gate = gate
      self.began = began
    }

    deinit {
      began.raise()
      gate.wait()
    }
  }

  @Test func `Errors are known although those of the last job are still being freed`() async {
    let executor = TaskletExecutor("two", configuration: .init(threads: 2))
    let gate = DispatchSemaphore(value: 0)
    let began = Counter()
    func throwLongEnd() throws -> Int { throw LongEnd(gate, began) }
    let future = Future(on: executor) { () async -> [[String]] in
      _ = try? throwLongEnd()
      for _ in 0..<40 { _ = try? throwOther() }
      await nextJob()
      // The other thread frees the errors of the first job.
      spin { began.value == 1 }
      let errors = Self.thrown(4, by: throwMissing)
      return errors.map(Self.functions(of:))
    }
    let known = await future.valueOfNoError
    gate.signal()
    #expect(known == Array(repeating: ["throwMissing"], count: 4))
    await executor.shutdown()
  }

  @Test func `Errors of futures take no more room than they give back`() async {
    let future = Future(on: Self.oneThread) { () async -> Bool in
      for _ in 0..<40 {
        // With this one, room for a single object is left when the last of the futures raises.
        let one = Self.error(thrownBy: throwMissing)
        for _ in 0..<12 {
          let error = Self.error { try Self.failed(Unique()).getResult() }
          _ = Self.upstream(of: error)
        }
        withExtendedLifetime(one) {}
        await nextJob()
      }
      return Self.holdsOneMore()
    }
    #expect(await future.valueOfNoError)
  }

  /// A future whose error nobody has looked at.
  private static func failed(_ error: any Error) -> Future<Int> {
    let promise = Promise<Int>()
    promise.fail(error)
    return promise.future
  }

  // MARK: Which record is an error's

  @Test func `An error in its box is preferred to an equal one without`() async throws {
    for isTypedFirst in [false, true] {
      let future = Future<Int> {
        if isTypedFirst { do { _ = try throwTyped(1) } catch {} }
        let error = Self.error(thrownBy: throwMissing)
        do { _ = try throwTyped(1) } catch {}
        throw error
      }
      #expect(try await trace(of: future).functions == ["throwMissing"])
    }
  }

  @Test func `An error has nothing of one whose record it took`() async throws {
    let future = Future<Int> {
      for _ in 0..<8 { _ = Self.error { try Self.failed(Unique()).getResult() } }
      return try throwMissing()
    }
    let trace = try await trace(of: future)
    #expect(trace.functions == ["throwMissing"])
    #expect(trace.upstream == nil)
  }

  @Test func `An error that came through two futures is known to come through the second`() async {
    let names = await inTasklet { () -> [String?] in
      let error: any Error = Unique()
      return ["first", "second"].map { name in
        let promise = Promise<Int>(name)
        promise.fail(error)
        _ = Self.error { try promise.future.getResult() }
        return Self.upstream(of: error)?.upstream?.name
      }
    }
    #expect(names == ["first", "second"])
  }

  @Test func `An unboxed error of any size harms no other record`() async {
    let known = await inTasklet {
      _ = try? throwOther()
      let errors = Self.thrown(6, by: throwMissing)
      do { _ = try throwHuge() } catch {}
      return errors.map(Self.functions(of:))
    }
    #expect(known == Array(repeating: ["throwMissing"], count: 6))
  }

  // MARK: Lifetimes

  @Test func `An error that was handled is freed when the job ends`() async {
    let future = Future(on: Self.oneThread) { () async -> [Bool] in
      let first = Weak<Unique>()
      func throwUnique() throws -> Int {
        let error = Unique()
        first.object = error
        throw error
      }
      _ = try? throwUnique()
      let isHeld = first.object != nil
      await nextJob()
      return [isHeld, first.object != nil]
    }
    #expect(await future.valueOfNoError == [true, false])
  }

  @Test func `An error that was displaced is freed when the job ends`() async {
    let future = Future(on: Self.oneThread) { () async -> Int in
      var kept: [Weak<Unique>] = []
      func throwUnique() throws -> Int {
        let error = Unique()
        kept.append(Weak())
        kept[kept.count - 1].object = error
        throw error
      }
      _ = Self.thrown(60, by: throwUnique)
      await nextJob()
      return kept.count { $0.object != nil }
    }
    #expect(await future.valueOfNoError == 0)
  }

  @Test func `An error of a future that was handled is freed when the job ends`() async {
    let future = Future(on: Self.oneThread) { () async -> [Bool] in
      let first = Weak<Unique>()
      func throwUnique() throws -> Int {
        let unique = Unique()
        first.object = unique
        return try Self.failed(unique).getResult()
      }
      _ = try? throwUnique()
      let isHeld = first.object != nil
      await nextJob()
      return [isHeld, first.object != nil]
    }
    #expect(await future.valueOfNoError == [true, false])
  }

  @Test func `The records of a tasklet are freed with it`() async {
    let error = Weak<Unique>()
    let failure = Weak<Failure>()
    let trace = Weak<Trace>()
    do {
      let future = Future { () async throws -> Int in
        let unique = Unique()
        error.object = unique
        let inner = Future<Int>(error: unique)
        failure.object = inner.failure
        do { return try await awaitResult(of: inner) } catch {
          trace.object = Self.upstream(of: error)
          throw error
        }
      }
      await future.wait()
      #expect(future.failure != nil)
      #expect(trace.object != nil)
    }
    await yield { error.object == nil && failure.object == nil && trace.object == nil }
  }

  @Test func `Futures that fail with one error share the way it came`() async {
    let isShared = await inTasklet {
      let error = Self.thrown(1, by: throwMissing)[0]
      let first = Self.upstream(of: error)
      return first != nil && Self.upstream(of: error) === first
    }
    #expect(isShared)
  }
}

@inline(never) private func throwOn(_ error: any Error) throws -> Int { throw error }

extension Future {
  /// The value of a future that cannot fail.
  fileprivate var valueOfNoError: Value {
    get async {
      await wait()
      return storedValue
    }
  }
}

/// Ends the calling tasklet's job. `Task.yield()` alone may go on in the same job: the task does
/// not suspend if the pool is faster and has resumed it already.
private nonisolated(nonsending) func nextJob() async {
  let job = ThreadState.current.jobs.now
  repeat { await Task.yield() } while ThreadState.current.jobs.now.isSame(as: job)
}
