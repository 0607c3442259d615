// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// The frames of a thread as addresses: return addresses of the synchronous frames, the most recent
/// first, then the resume addresses of the async functions that awaited them.
struct RawFrames: Sendable, Hashable {
  var addresses: [UInt]
  /// The index of the first resume address; the count if there is none.
  var asyncStart: Int

  /// How many frames are captured at most.
  static let capacity = 512

  /// The frames of the calling thread, beginning with the caller of this function.
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

  var codeAddresses: [CodeAddress] {
    addresses.enumerated().map { index, address in
      CodeAddress(value: address, isResumption: index >= asyncStart)
    }
  }
}
