/// Where the code of a thread was, as addresses: the synchronous frames, the most recent first, then
/// the resume addresses of the async functions that awaited.
struct RawFrames: Sendable, Hashable {
  var addresses: [UInt]
  /// The index of the first resume address; the count if there is none.
  var asyncStart: Int

  /// The frames, the most recent call last. (Looks symbols up; slow.)
  func symbolicated() -> [Traceback.Frame] {
    addresses.indices.reversed().map { index in
      Traceback.Frame(
        function: "0x" + String(addresses[index], radix: 16),
        kind: index < asyncStart ? .call : .asyncCall)
    }
  }
}
