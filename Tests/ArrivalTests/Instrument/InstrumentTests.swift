// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// What instruments are told. Other tests run at the same time, so each looks at its own executor.
@Suite(.serialized) struct InstrumentTests {
  @Test func `The start and end of a tasklet are told, with the times of its executor's clock`()
    throws
  {
    let manual = ManualExecutor("times")
    let (recorder, registration) = Recorder.install("times")
    defer { registration.remove() }
    let future = Future("nap", on: manual.executor) {
      try await Future.sleep(for: .seconds(3), on: manual.executor).value
      return 1
    }
    manual.advance(by: .seconds(2))
    let start = try #require(recorder.starts.first)
    #expect(start.name == "nap" && start.executor == "times" && start.parent == nil)
    #expect(start.creationSite == future.creationSite)
    #expect(recorder.ends.isEmpty)
    manual.advance(by: .seconds(1))
    let end = try #require(recorder.ends.first)
    #expect(end.id == start.id && end.name == "nap" && end.error == nil)
    #expect(end.creationSite == future.creationSite)
    #expect(end.duration == .seconds(3) && end.queued == .zero)
    #expect("\(end.id)" == "tasklet_\(end.id.number)")
  }

  @Test func `The end of a tasklet says how long it was queued, and whether it began`() throws {
    let manual = ManualExecutor("queue")
    let (recorder, registration) = Recorder.install("queue")
    defer { registration.remove() }
    let late = Future(on: manual.executor) { 1 }
    let never = Future(on: manual.executor) { 2 }
    _ = never.fail(with: Oops(1))
    #expect(recorder.ends.map(\.queued) == [nil])
    #expect(recorder.ends.first?.error as? Oops == Oops(1))
    // Moving the clock runs what is ready first, at the old time.
    manual.advance(by: .seconds(5))
    #expect(late.done())
    #expect(recorder.ends.map(\.queued) == [nil, .zero])
  }

  @Test func `A tasklet behind a long one is told to have been queued`() throws {
    let executor = TaskletExecutor("busy", configuration: .init(threads: 1))
    let (recorder, registration) = Recorder.install("busy")
    defer { registration.remove() }
    let second = Promise<Void>()
    let busy = Future("busy", on: executor) { spin { second.future.done() } }
    let queued = Future("queued", on: executor) {}
    // Not for the future itself, or this thread would run it.
    second.succeed()
    Future.waitAll(busy.detached, queued.detached)
    executor.shutdown()
    let end = try #require(recorder.ends.first { $0.name == "queued" })
    let time = try #require(end.queued)
    #expect(time > .zero && time <= end.duration)
  }

  @Test func `A tasklet knows its parent, also through child tasks`() throws {
    let manual = ManualExecutor("parents")
    let (recorder, registration) = Recorder.install("parents")
    defer { registration.remove() }
    let outer = Future("outer", on: manual.executor) {
      await withTaskGroup(of: Int?.self) { group in
        group.addTask { try? await Future("inner") { 1 }.value }
        return await group.next()!
      }
    }
    manual.run()
    #expect(try outer.getResult() == 1)
    let starts = recorder.starts
    #expect(starts.map(\.name) == ["outer", "inner"])
    #expect(starts.last?.parent == starts.first?.id)
    #expect(Set(starts.map(\.id)).count == 2)
  }

  @Test func `Errors and cancellations are told without counting as looked at`() {
    let manual = ManualExecutor("errors")
    let (recorder, registration) = Recorder.install("errors")
    defer { registration.remove() }
    let failed = Future<Int>(on: manual.executor) { throw Oops(4) }
    let cancelled = Future(on: manual.executor) {
      try await Future.sleep(for: .seconds(9), on: manual.executor).value
    }
    manual.run()
    cancelled.cancel()
    manual.run()
    #expect(recorder.ends.count == 2)
    #expect(recorder.ends.first?.error as? Oops == Oops(4))
    #expect(recorder.ends.last?.error is CancellationError)
    #expect(failed.failure?.wasObserved == false)
  }

  @Test func `Each start is followed by one end, on any number of threads`() {
    let executor = TaskletExecutor("many", configuration: .init(threads: 4))
    let (recorder, registration) = Recorder.install("many")
    let futures = (0..<500).map { index in
      Future(on: executor) { try await Future(on: executor) { index }.value }
    }
    Future.waitAll(futures)
    // Ends are told after waiters are woken.
    spin { recorder.ends.count == 1000 }
    registration.remove()
    #expect(Set(recorder.starts.map(\.id)) == Set(recorder.ends.map(\.id)))
    #expect(recorder.starts.count == 1000)
    executor.shutdown()
  }

  @Test func `Threads that start, block, unblock and end are told`() {
    let executor = TaskletExecutor("threads", configuration: .init(threads: 1))
    let (recorder, registration) = Recorder.install("threads")
    defer { registration.remove() }
    let promise = Promise<Int>()
    let future = Future(on: executor) { try block(promise.future) }.detached
    spin { promise.future.hasWaiters }
    // The thread says so before it sleeps.
    spin { recorder.threads.contains(.blocked) }
    #expect(recorder.threads.prefix(2) == [.started, .blocked])
    promise.succeed(1)
    future.wait()
    executor.shutdown()
    spin { recorder.threads.last == .ended }
    #expect(recorder.threads.contains(.unblocked))
    let counts = Dictionary(recorder.threads.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(counts[.blocked] == counts[.unblocked])
  }

  @Test func `Several instruments are told, each until it is removed`() {
    let manual = ManualExecutor("several")
    let (first, one) = Recorder.install("several")
    let (second, two) = Recorder.install("several")
    func start() { _ = Future(on: manual.executor) { 1 } }
    start()
    one.remove()
    one.remove()
    start()
    two.remove()
    start()
    #expect(first.starts.count == 1)
    #expect(second.starts.count == 2)
    manual.run()
    #expect(first.ends.isEmpty && second.ends.isEmpty)
  }

  @Test func `Work that began before the first instrument was installed is not told`() {
    let manual = ManualExecutor("before")
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) { try await promise.future.value }
    guard !Instruments.isOn else { return }
    let (recorder, registration) = Recorder.install("before")
    defer { registration.remove() }
    manual.run()
    promise.succeed(1)
    manual.run()
    #expect(future.done() && recorder.ends.isEmpty)
  }

  @Test func `An instrument may start tasklets`() throws {
    let manual = ManualExecutor("starter")
    let registration = Instruments.install(Starter(executor: manual.executor))
    defer { registration.remove() }
    let future = Future("first", on: manual.executor) { 1 }
    manual.run()
    #expect(try future.getResult() == 1)
    #expect(manual.executor.statistics().jobs >= 2)
  }

  @Test func `Calls to services are told with their errors and numbers of items`() async {
    let (recorder, registration) = Recorder.install("rpc-test")
    defer { registration.remove() }
    #expect(await Instruments.withRPC("rpc-test", "lookup", items: 3) { 7 } == 7)
    await #expect(throws: Oops(2)) {
      try await Instruments.withRPC("rpc-test", "commit", items: 1) { throw Oops(2) }
    }
    #expect(recorder.calls == ["lookup 3", "end lookup", "commit 1", "end commit"])
    #expect(recorder.callErrors.count == 1)
  }
}

/// Keeps the events of one executor, or of one service.
private final class Recorder: Instrument {
  private let name: String
  private let events = Log<InstrumentEvent>()

  private init(_ name: String) { self.name = name }

  static func install(_ name: String) -> (Recorder, InstrumentRegistration) {
    let recorder = Recorder(name)
    return (recorder, Instruments.install(recorder))
  }

  func record(_ event: InstrumentEvent) {
    let name =
      switch event {
      case .taskletStarted(let start): start.executor
      case .taskletEnded(let end): end.executor
      case .thread(let change): change.executor
      case .rpcBegan(let call): call.service
      case .rpcEnded(let call): call.service
      default: ""
      }
    if name == self.name { events.append(event) }
  }

  var starts: [InstrumentEvent.TaskletStarted] {
    events.all.compactMap { if case .taskletStarted(let start) = $0 { start } else { nil } }
  }
  var ends: [InstrumentEvent.TaskletEnded] {
    events.all.compactMap { if case .taskletEnded(let end) = $0 { end } else { nil } }
  }
  var threads: [InstrumentEvent.ThreadChange.Kind] {
    events.all.compactMap { if case .thread(let change) = $0 { change.kind } else { nil } }
  }
  var calls: [String] {
    events.all.compactMap {
      switch $0 {
      case .rpcBegan(let call): "\(call.method) \(call.items)"
      case .rpcEnded(let call): "end \(call.method)"
      default: nil
      }
    }
  }
  var callErrors: [any Error] {
    events.all.compactMap { if case .rpcEnded(let call) = $0 { call.error } else { nil } }
  }
}

/// Starts a tasklet of its own when it is told of the first.
private struct Starter: Instrument {
  let executor: TaskletExecutor

  func record(_ event: InstrumentEvent) {
    if case .taskletStarted(let start) = event, start.name == "first", start.executor == "starter" {
      _ = Future("second", on: executor) { 2 }
    }
  }
}
