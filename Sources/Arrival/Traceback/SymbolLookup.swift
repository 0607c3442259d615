internal import CArrival

/// Finds out what is at addresses: from the symbols and the debug information of ELF files, and else
/// from the dynamic linker, which knows exported functions.
enum SymbolLookup {
  /// How far into what runs after an `await` is looked for its first line.
  private static let reach: UInt = 96
  private static let step: UInt = 8

  /// One place for each address, in their order.
  static func places(of addresses: [CodeAddress]) -> [Place] {
    var symbols = DebugInformation.symbols(at: addresses.map(\.instruction))
    for (index, address) in addresses.enumerated() where symbols[index].last?.rawName == nil {
      let exported = exportedSymbol(at: address.instruction)
      if exported.image != nil || symbols[index].isEmpty { symbols[index] = [exported] }
    }
    lookAhead(from: addresses, &symbols)
    return zip(addresses, symbols).map { Place(isResumption: $0.isResumption, symbols: $1) }
  }

  /// In optimised code what runs after an `await` may begin with instructions of no line.
  private static func lookAhead(
    from addresses: [CodeAddress], _ symbols: inout [[Place.Symbol]]
  ) {
    let open = addresses.indices.filter { index in
      addresses[index].isResumption && symbols[index].last?.rawName != nil
        && symbols[index].allSatisfy { $0.line == nil }
    }
    if open.isEmpty { return }
    let steps = Array(stride(from: step, through: reach, by: UInt.Stride(step)))
    let ahead = DebugInformation.symbols(
      at: open.flatMap { index in steps.map { addresses[index].value &+ $0 } })
    for (position, index) in open.enumerated() {
      let name = symbols[index].last?.rawName
      let found = ahead[position * steps.count..<(position + 1) * steps.count].lazy
        .prefix { $0.last?.rawName == name }.compactMap(\.last).first { $0.line != nil }
      guard let found else { continue }
      symbols[index][symbols[index].count - 1].file = found.file
      symbols[index][symbols[index].count - 1].line = found.line
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

/// What the files of the code say of its addresses.
enum DebugInformation {
  /// For each address the functions at it, the innermost first. Empty if nothing can be had.
  static func symbols(at addresses: [UInt]) -> [[Place.Symbol]] {
    let found = Found(addresses)
    arrival_code_places(
      addresses, addresses.count,
      { Unmanaged<Found>.fromOpaque($0).takeUnretainedValue().add($2.pointee, at: $1) },
      Unmanaged.passUnretained(found).toOpaque())
    return found.symbols
  }

  private final class Found {
    private let addresses: [UInt]
    private(set) var symbols: [[Place.Symbol]]

    init(_ addresses: [UInt]) {
      self.addresses = addresses
      symbols = Array(repeating: [], count: addresses.count)
    }

    func add(_ place: arrival_code_place, at index: Int) {
      let image = String(cString: place.image)
      symbols[index] = UnsafeBufferPointer(start: place.frames, count: place.count).map {
        DebugInformation.symbol(
          of: $0, image: image, offset: addresses[index] &- UInt(place.image_base))
      }
    }
  }

  private static func symbol(
    of frame: arrival_code_frame, image: String, offset: UInt
  ) -> Place.Symbol {
    var symbol = Place.Symbol(
      rawName: frame.name.map { String(cString: $0) }, image: image, offset: offset)
    guard let file = frame.file.map({ String(cString: $0) }),
      !file.hasSuffix("<compiler-generated>")
    else { return symbol }
    var path = file
    for folder in [frame.directory, frame.root] where !path.hasPrefix("/") {
      if let folder { path = "\(String(cString: folder))/\(path)" }
    }
    symbol.file = path
    symbol.line = frame.line > 0 ? Int(frame.line) : nil
    symbol.column = frame.line > 0 && frame.column > 0 ? Int(frame.column) : nil
    return symbol
  }
}
