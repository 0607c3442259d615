internal import CArrival

#if os(Linux) && canImport(Runtime)
  internal import Runtime
#endif

/// Asks the system what is at addresses: the toolchain's `Runtime` module where there is one, which
/// reads the debug information, and else the dynamic linker, which knows exported functions.
enum SymbolLookup {
  /// How far into what runs after an `await` is looked for its first line.
  private static let reach: UInt = 96
  private static let step: UInt = 8

  /// One place for each address, in their order.
  static func places(of addresses: [CodeAddress], in images: DebugInformation) -> [Place] {
    let symbols = images.symbols(at: addresses.map(\.instruction))
    return addresses.indices.map { index in
      let address = addresses[index]
      var found = index < symbols.count ? symbols[index] : []
      if found.last?.rawName == nil {
        let exported = exportedSymbol(at: address.instruction)
        found = exported.image == nil && !found.isEmpty ? found : [exported]
      }
      if address.isResumption { lookAhead(from: address.value, in: images, &found) }
      return Place(isResumption: address.isResumption, symbols: found)
    }
  }

  /// In optimised code what runs after an `await` may begin with instructions of no line.
  private static func lookAhead(
    from address: UInt, in images: DebugInformation, _ found: inout [Place.Symbol]
  ) {
    guard let name = found.last?.rawName, found.allSatisfy({ $0.line == nil }) else { return }
    let ahead = stride(from: step, through: reach, by: UInt.Stride(step)).map { address &+ $0 }
    for symbols in images.symbols(at: ahead) {
      guard symbols.last?.rawName == name else { return }
      guard let line = symbols.last?.line else { continue }
      found[found.count - 1].file = symbols.last?.file
      found[found.count - 1].line = line
      return
    }
  }

  /// As the dynamic linker knows it.
  private static func exportedSymbol(at address: UInt) -> Place.Symbol {
    var name: UnsafePointer<CChar>?
    var image: UnsafePointer<CChar>?
    var base: UInt = 0
    arrival_symbol_at(address, &name, &image, &base)
    return Place.Symbol(
      rawName: name.map { String(cString: $0) }, image: image.map { String(cString: $0) },
      offset: address &- base)
  }
}

#if os(Linux) && canImport(Runtime)
  /// What the debug information of the images says that are loaded when it is made.
  struct DebugInformation {
    private let images = ImageMap.capture()

    /// For each address the functions at it, the innermost first. Empty if nothing can be had.
    func symbols(at addresses: [UInt]) -> [[Place.Symbol]] {
      guard let backtrace = try? Backtrace(from: AddressDecoder(addresses)),
        let found = backtrace.symbolicated(with: images)
      else { return [] }
      var all: [[Place.Symbol]] = []
      var here: [Place.Symbol] = []
      for frame in found.frames {
        here.append(Self.symbol(of: frame, in: found.images))
        if frame.inlined { continue }
        all.append(here)
        here = []
      }
      return all
    }

    private static func symbol(
      of frame: SymbolicatedBacktrace.Frame, in images: ImageMap
    ) -> Place.Symbol {
      guard let symbol = frame.symbol else { return Place.Symbol() }
      var result = Place.Symbol()
      if symbol.rawName != "<unknown>" { result.rawName = symbol.rawName }
      if images.indices.contains(symbol.imageIndex) {
        let image = images[symbol.imageIndex]
        result.image = image.path ?? image.name ?? symbol.imageName
        let address = UInt(frame.captured.adjustedProgramCounter) ?? 0
        result.offset = address &- (UInt(image.baseAddress) ?? 0)
      }
      if let place = symbol.sourceLocation, !place.path.hasSuffix("<compiler-generated>") {
        result.file = place.path
        result.line = place.line > 0 ? place.line : nil
        result.column = place.line > 0 && place.column > 0 ? place.column : nil
      }
      return result
    }
  }
#else
  struct DebugInformation {
    func symbols(at addresses: [UInt]) -> [[Place.Symbol]] { [] }
  }
#endif
