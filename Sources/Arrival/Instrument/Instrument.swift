internal import Synchronization

/// Watches what Arrival does: the one way in for metrics, tracing and inspectors.
///
/// ```swift
/// struct SlowTasklets: Instrument {
///   func record(_ event: InstrumentEvent) {
///     if case .taskletEnded(let end) = event, end.duration > .seconds(1) { log("\(end)") }
///   }
/// }
/// let registration = Arrival.install(SlowTasklets())
/// ```
///
/// An instrument reads and takes no part: nothing it does changes what the program does. With none
/// installed, each place that could tell one something costs an atomic load and a branch.
public protocol Instrument: Sendable {
  /// Something happened. Called on the thread where it did, outside of every lock, and so from many
  /// threads at once; the code that made it happen goes on when this returns.
  ///
  /// Keep it short. It must not wait for a future. What it starts itself is reported too.
  func record(_ event: InstrumentEvent)
}

extension Arrival {
  /// From now on the instrument is told of what happens, beside those installed before.
  ///
  /// It is told of the end of whatever it was told the beginning of, until it is removed. What was
  /// under way when the first was installed is not reported. Meant to be called a few times in a
  /// program's life: an instrument that was removed gets no events, but is kept.
  ///
  /// - Returns: what takes the instrument off again.
  @discardableResult
  public static func install(_ instrument: any Instrument) -> InstrumentRegistration {
    Instruments.add(instrument)
  }
}

/// Takes an instrument off that ``Arrival/install(_:)`` put on.
public struct InstrumentRegistration: Sendable {
  fileprivate let number: Int

  /// The instrument gets no more events; one that is being recorded is not waited for.
  public func remove() { Instruments.remove(number) }
}

/// The instruments that are installed.
enum Instruments {
  /// Those installed at one time. Never changes, and is never freed, so that a reader needs neither
  /// a lock nor a retain.
  private final class Snapshot: Sendable {
    let numbers: [Int]
    let instruments: [any Instrument]

    init(_ numbers: [Int], _ instruments: [any Instrument]) {
      self.numbers = numbers
      self.instruments = instruments
    }
  }

  private struct State {
    var snapshots: [Snapshot] = []
    var nextNumber = 0
  }

  private static let state = Lock(State())
  /// The address of the present snapshot; zero if it is empty.
  private static let current = Atomic<UInt>(0)

  /// Whether anybody is to be told anything.
  static var isOn: Bool { current.load(ordering: .relaxed) != 0 }

  /// Tells all of them. Outside of every lock.
  @inline(never)
  static func record(_ event: InstrumentEvent) {
    guard let address = UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else {
      return
    }
    Unmanaged<Snapshot>.fromOpaque(address)._withUnsafeGuaranteedRef { snapshot in
      for instrument in snapshot.instruments { instrument.record(event) }
    }
  }

  static func add(_ instrument: any Instrument) -> InstrumentRegistration {
    state.withLock { state in
      let number = state.nextNumber
      state.nextNumber += 1
      let last = state.snapshots.last
      set(
        Snapshot((last?.numbers ?? []) + [number], (last?.instruments ?? []) + [instrument]),
        in: &state)
      return InstrumentRegistration(number: number)
    }
  }

  static func remove(_ number: Int) {
    state.withLock { state in
      guard let last = state.snapshots.last, last.numbers.contains(number) else { return }
      let rest = zip(last.numbers, last.instruments).filter { $0.0 != number }
      set(Snapshot(rest.map(\.0), rest.map(\.1)), in: &state)
    }
  }

  private static func set(_ snapshot: Snapshot, in state: inout State) {
    state.snapshots.append(snapshot)
    let address = UInt(bitPattern: Unmanaged.passUnretained(snapshot).toOpaque())
    current.store(snapshot.instruments.isEmpty ? 0 : address, ordering: .releasing)
  }
}
