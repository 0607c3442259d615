// SPDX-License-Identifier: Apache-2.0
/// Makes the frames that a reader sees.
enum FrameBuilder {
  /// The frames at some addresses, the most recent call last. Looks symbols up, which is slow the
  /// first time.
  static func frames(at raw: RawFrames) -> [Traceback.Frame] {
    frames(at: Symbolicator.resolve(raw.codeAddresses))
  }

  /// The frames of one future on the way of an error, the most recent call last.
  static func frames(of trace: Trace) -> [Traceback.Frame] {
    var frames = [frame(at: trace.creationSite, kind: .creation(future: trace.name))]
    if let raw = trace.frames { frames += self.frames(at: raw) }
    if let site = trace.failureSite { frames.append(frame(at: site, kind: .failure)) }
    return frames
  }

  private static func frame(
    at site: SourceSite, kind: Traceback.Frame.Kind
  ) -> Traceback.Frame {
    Traceback.Frame(function: site.function, file: site.file, line: site.line, kind: kind)
  }

  /// - Parameter addresses: the most recent first.
  static func frames(at addresses: [ResolvedAddress]) -> [Traceback.Frame] {
    var frames: [Traceback.Frame] = []
    // The name of the function that the next frame called.
    var callee: String?
    for address in addresses {
      for (index, function) in address.functions.enumerated() {
        let caller = index > 0 ? address.functions[index - 1] : nil
        let isHidden = isHidden(function, inliningInto: caller, callee: callee)
        frames.append(
          Traceback.Frame(
            function: function.name?.function ?? placeholder(function), file: function.file,
            line: function.line, column: function.column,
            kind: address.isResumption ? .asyncCall : .call, isRuntime: isHidden))
        if !isHidden { callee = function.name?.function }
      }
    }
    return frames.reversed()
  }

  /// - Parameter inlined: the function that was inlined into this one.
  private static func isHidden(
    _ function: ResolvedAddress.Function, inliningInto inlined: ResolvedAddress.Function?,
    callee: String?
  ) -> Bool {
    guard let image = function.image, !RuntimeCode.contains(image: image) else { return true }
    guard let name = function.name else { return false }
    if name.isRuntime { return true }
    switch name.role {
    case .glue: return true
    case .forwarder: return name.function == callee
    case .function:
      // Parts of one function that were inlined into each other.
      guard let inlined else { return false }
      return name.function == callee && function.line == nil && function.rawName != inlined.rawName
    }
  }

  /// For code without a name: what a tool needs to find the code in the file.
  private static func placeholder(_ function: ResolvedAddress.Function) -> String {
    let image = function.image ?? "<unknown>"
    let name = image.lastIndex(of: "/").map { image[image.index(after: $0)...] } ?? image[...]
    return "\(name)+0x\(String(function.offset, radix: 16))"
  }
}
