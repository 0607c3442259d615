// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The instruments that are installed in the program.
public enum Instruments {
  /// The instruments installed at one time. Immutable and never freed, so that a reader needs
  /// neither a lock nor a retain.
  private final class Snapshot: Sendable {
    let numbers: [Int]
    let instruments: [any Instrument]
    let scopes: [any RPCScope]

    init(_ numbers: [Int], _ instruments: [any Instrument]) {
      self.numbers = numbers
      self.instruments = instruments
      scopes = instruments.compactMap { $0 as? any RPCScope }
    }
  }

  private struct State {
    var snapshots: [Snapshot] = []
    var nextNumber = 0
  }

  private static let state = Lock(State())
  /// The address of the current snapshot; zero if it is empty.
  private static let current = Atomic<UInt>(0)

  /// Installs an instrument, beside those that are installed.
  ///
  /// It is told of everything that begins from now on, and of the end of whatever it was told the
  /// beginning of, until it is removed. What was under way when the first instrument was installed
  /// is not reported. Meant to be called a few times in the life of a program: the memory of an
  /// instrument that was removed is not freed.
  ///
  /// - Returns: What removes the instrument again.
  @discardableResult
  public static func install(_ instrument: any Instrument) -> InstrumentRegistration {
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

  /// Whether any instrument is installed.
  static var isOn: Bool { current.load(ordering: .relaxed) != 0 }

  /// Tells all instruments. To be called outside of every lock.
  @inline(never)
  static func record(_ event: InstrumentEvent) {
    guard let address = UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else {
      return
    }
    Unmanaged<Snapshot>.fromOpaque(address)._withUnsafeGuaranteedRef { snapshot in
      for instrument in snapshot.instruments { instrument.record(event) }
    }
  }

  /// The instruments that surround calls to services.
  static var rpcScopes: [any RPCScope] {
    guard let address = UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else {
      return []
    }
    return Unmanaged<Snapshot>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.scopes }
  }

  fileprivate static func remove(_ number: Int) {
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

/// Removes an instrument that ``Instruments/install(_:)`` installed.
public struct InstrumentRegistration: Sendable {
  fileprivate let number: Int

  /// Removes the instrument. An event that it is recording at this moment is not waited for.
  public func remove() { Instruments.remove(number) }
}
