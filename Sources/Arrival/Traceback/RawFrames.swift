internal import CArrival

/// Where the code of a thread was, as addresses: the synchronous frames, the most recent first, then
/// the resume addresses of the async functions that awaited.
struct RawFrames: Sendable, Hashable {
  var addresses: [UInt]
  /// The index of the first resume address; the count if there is none.
  var asyncStart: Int

  /// How many frames are looked at, at most.
  static let capacity = 512

  /// Those of the calling thread, this function's caller first.
  @inline(never)
  static func current() -> RawFrames {
    var asyncStart = 0
    var addresses = [UInt](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = arrival_capture(buffer.baseAddress!, capacity, &asyncStart)
    }
    // A copy of the right size.
    addresses = addresses.map(\.self)
    return RawFrames(addresses: addresses, asyncStart: min(asyncStart, addresses.count))
  }

  /// The frames, the most recent call last. (Looks symbols up; slow.)
  func symbolicated() -> [Traceback.Frame] {
    FrameFolding.frames(of: Symbolicator.places(of: codeAddresses))
  }

  /// The addresses with what they are.
  private var codeAddresses: [CodeAddress] {
    addresses.enumerated().map { index, address in
      CodeAddress(value: address, isResumption: index >= asyncStart)
    }
  }
}

/// An address in the program's code.
struct CodeAddress: Hashable, Sendable {
  let value: UInt
  /// The entry of what runs after an `await`, which has the line of the `await` itself. Otherwise a
  /// return address, so the call is the instruction before it.
  let isResumption: Bool

  /// An address of the instruction that is meant.
  var instruction: UInt { isResumption || value == 0 ? value : value - 1 }
}
