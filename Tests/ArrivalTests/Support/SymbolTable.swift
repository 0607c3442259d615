// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The functions of the program that runs, found by their addresses: the tests' own way, which
/// shares nothing with the library's.
struct SymbolTable {
  static let program = SymbolTable()

  private typealias Find = @convention(c) (UInt, UnsafeMutableRawPointer) -> Int32
  private static let find = unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), "dladdr"), to: Find.self)

  private struct Symbol {
    let start: UInt
    let size: UInt
    let name: String
  }

  /// Where the executable is mapped.
  private var base: UInt = 0
  /// In the order of their addresses, which are those in the file.
  private var symbols: [Symbol] = []

  /// The mangled name of the function that an address lies in; empty if it is not known.
  func name(at address: UInt) -> String {
    if let last = symbols.last, (base..<base + last.start + last.size).contains(address) {
      let offset = address - base
      let next = symbols.partitioningIndex { $0.start > offset }
      let symbol = symbols[max(next - 1, 0)]
      return symbol.start <= offset && offset - symbol.start <= symbol.size ? symbol.name : ""
    }
    let name = Self.info(of: address)[2]
    return UnsafePointer<CChar>(bitPattern: name).map { String(cString: $0) } ?? ""
  }

  /// The file, where it is mapped, the symbol's name, where it is.
  private static func info(of address: UInt) -> [UInt] {
    var info: [UInt] = [0, 0, 0, 0]
    _ = info.withUnsafeMutableBytes { find(address, $0.baseAddress!) }
    return info
  }

  #if os(Linux)
    /// From the executable's symbol table: dynamic linking does not need most of it.
    private init() {
      guard let file = FileManager.default.contents(atPath: "/proc/self/exe") else { return }
      file.withUnsafeBytes { bytes in
        func word<T: FixedWidthInteger>(_ offset: Int, as _: T.Type) -> Int {
          Int(bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        let sections = word(40, as: UInt64.self)
        for index in 0..<word(60, as: UInt16.self) {
          let section = sections + index * 64
          guard word(section + 4, as: UInt32.self) == 2 else { continue }
          let strings = word(
            sections + word(section + 40, as: UInt32.self) * 64 + 24, as: UInt64.self)
          let start = word(section + 24, as: UInt64.self)
          for symbol in stride(from: start, to: start + word(section + 32, as: UInt64.self), by: 24)
          where bytes[symbol + 4] & 15 == 2 {
            let name = bytes.baseAddress! + strings + word(symbol, as: UInt32.self)
            symbols.append(
              Symbol(
                start: UInt(word(symbol + 8, as: UInt64.self)),
                size: UInt(word(symbol + 16, as: UInt64.self)),
                name: String(cString: name.assumingMemoryBound(to: CChar.self))))
          }
        }
      }
      // A function of this file is in the executable.
      let marker: @convention(c) () -> Void = {}
      base = Self.info(of: unsafeBitCast(marker, to: UInt.self))[1]
      symbols.sort { $0.start < $1.start }
    }
  #else
    private init() {}
  #endif
}

extension Array {
  /// The first index from which on the predicate holds.
  fileprivate func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
    var range = 0..<count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        holds(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    return range.lowerBound
  }
}
