// SPDX-License-Identifier: Apache-2.0
internal import CDebugInformation

/// Finds the functions at addresses: from the symbols and the debug information of ELF files, or
/// else from the dynamic linker, which knows exported functions.
enum AddressResolver {
  /// How far behind a resumption its first line is looked for, in bytes.
  private static let reach: UInt = 96
  private static let step: UInt = 8

  /// One result for each address, in their order.
  static func resolve(_ addresses: [CodeAddress]) -> [ResolvedAddress] {
    var functions = DebugInformation.functions(at: addresses.map(\.instruction))
    for (index, address) in addresses.enumerated() where functions[index].last?.rawName == nil {
      let exported = exportedFunction(at: address.instruction)
      if exported.image != nil || functions[index].isEmpty { functions[index] = [exported] }
    }
    findLinesBehind(addresses, &functions)
    return zip(addresses, functions).map { address, functions in
      ResolvedAddress(isResumption: address.isResumption, functions: functions.map(named))
    }
  }

  private static func named(_ function: ResolvedAddress.Function) -> ResolvedAddress.Function {
    var function = function
    function.name = function.rawName.map(SymbolName.init)
    return function
  }

  /// Optimised code after an `await` may begin with instructions that have no line.
  private static func findLinesBehind(
    _ addresses: [CodeAddress], _ functions: inout [[ResolvedAddress.Function]]
  ) {
    let open = addresses.indices.filter { index in
      addresses[index].isResumption && functions[index].last?.rawName != nil
        && functions[index].allSatisfy { $0.line == nil }
    }
    if open.isEmpty { return }
    let steps = Array(stride(from: step, through: reach, by: UInt.Stride(step)))
    let behind = DebugInformation.functions(
      at: open.flatMap { index in steps.map { addresses[index].value &+ $0 } })
    for (position, index) in open.enumerated() {
      let name = functions[index].last?.rawName
      let found = behind[position * steps.count..<(position + 1) * steps.count].lazy
        .prefix { $0.last?.rawName == name }.compactMap(\.last).first { $0.line != nil }
      guard let found else { continue }
      functions[index][functions[index].count - 1].file = found.file
      functions[index][functions[index].count - 1].line = found.line
    }
  }

  /// The function as the dynamic linker knows it.
  private static func exportedFunction(at address: UInt) -> ResolvedAddress.Function {
    var name: UnsafePointer<CChar>?
    var image: UnsafePointer<CChar>?
    var base: UInt = 0
    arrival_exported_symbol_at(address, &name, &image, &base)
    return ResolvedAddress.Function(
      rawName: text(name), image: text(image), offset: address &- base)
  }

  /// `nil` for an empty string too.
  fileprivate static func text(_ string: UnsafePointer<CChar>?) -> String? {
    guard let string, string.pointee != 0 else { return nil }
    return String(cString: string)
  }
}

/// What the files of the code say about its addresses.
enum DebugInformation {
  /// For each address its functions, the innermost first; none if its file says nothing.
  static func functions(at addresses: [UInt]) -> [[ResolvedAddress.Function]] {
    let found = Found(addresses)
    arrival_resolve_addresses(
      addresses, addresses.count,
      { Unmanaged<Found>.fromOpaque($0!).takeUnretainedValue().add($2.pointee, at: $1) },
      Unmanaged.passUnretained(found).toOpaque())
    return found.functions
  }

  private final class Found {
    private let addresses: [UInt]
    private(set) var functions: [[ResolvedAddress.Function]]

    init(_ addresses: [UInt]) {
      self.addresses = addresses
      functions = Array(repeating: [], count: addresses.count)
    }

    func add(_ resolved: arrival_resolved_address, at index: Int) {
      let image = String(cString: resolved.image)
      let offset = addresses[index] &- UInt(resolved.image_base)
      functions[index] = UnsafeBufferPointer(start: resolved.frames, count: resolved.count).map {
        DebugInformation.function(of: $0, image: image, offset: offset)
      }
    }
  }

  private static func function(
    of frame: arrival_code_frame, image: String, offset: UInt
  ) -> ResolvedAddress.Function {
    var function = ResolvedAddress.Function(
      rawName: AddressResolver.text(frame.name), image: image, offset: offset)
    guard let file = AddressResolver.text(frame.file), !file.hasSuffix("<compiler-generated>")
    else { return function }
    function.file = [frame.directory, frame.root].lazy.compactMap(AddressResolver.text)
      .reduce(file) { path, folder in path.hasPrefix("/") ? path : "\(folder)/\(path)" }
    function.line = frame.line > 0 ? Int(frame.line) : nil
    function.column = frame.line > 0 && frame.column > 0 ? Int(frame.column) : nil
    return function
  }
}
