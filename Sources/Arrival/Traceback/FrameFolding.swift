/// Makes the frames a reader sees of what was found at the addresses.
enum FrameFolding {
  /// - Parameter places: the most recent first.
  /// - Returns: the most recent last.
  static func frames(of places: [Place]) -> [Traceback.Frame] {
    var frames: [Traceback.Frame] = []
    // The function that was called by the next frame.
    var callee: String?
    for place in places {
      for (index, symbol) in place.symbols.enumerated() {
        let name = symbol.rawName.map(SymbolName.init)
        var isHidden = isHidden(symbol, name, callee: callee)
        // Parts of one function that were inlined into each other.
        if index > 0, let name, name.function == callee, name.role == .function,
          symbol.rawName != place.symbols[index - 1].rawName, symbol.line == nil
        {
          isHidden = true
        }
        frames.append(
          Traceback.Frame(
            function: name?.function ?? Self.placeholder(symbol), file: symbol.file,
            line: symbol.line, column: symbol.column,
            kind: place.isResumption ? .asyncCall : .call, isRuntime: isHidden))
        if !isHidden { callee = name?.function }
      }
    }
    return frames.reversed()
  }

  private static func isHidden(
    _ symbol: Place.Symbol, _ name: SymbolName?, callee: String?
  ) -> Bool {
    guard let image = symbol.image, !RuntimeCode.contains(image: image) else { return true }
    guard let name else { return false }
    if name.isRuntime { return true }
    switch name.role {
    case .glue: return true
    case .forwarder: return name.function == callee
    case .function: return false
    }
  }

  /// Code without a name: what a tool needs to find it in the file.
  private static func placeholder(_ symbol: Place.Symbol) -> String {
    let image = symbol.image ?? "<unknown>"
    let name = image.lastIndex(of: "/").map { image[image.index(after: $0)...] } ?? image[...]
    return "\(name)+0x\(String(symbol.offset, radix: 16))"
  }
}
