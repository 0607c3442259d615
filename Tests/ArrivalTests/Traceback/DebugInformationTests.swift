// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

#if os(Linux) && canImport(Runtime)
  import Runtime

  /// Compares the reader of debug information with the toolchain's own, which needs a tenth of a
  /// second for an address.
  @Suite struct DebugInformationTests {
    private struct Found: Hashable, CustomStringConvertible {
      var name: String?
      var file: String?
      var line: Int?
      var column: Int?

      var description: String {
        let position = [line, column].map { $0.map(String.init) ?? "?" }.joined(separator: ":")
        return "\(name ?? "?") \(file ?? "?"):\(position)"
      }
    }

    /// What is loaded, and where the code of this executable is. The map is read in pieces, between
    /// which other tests may map memory: some readings miss a part.
    private func code(at address: UInt) throws -> (ImageMap, Range<UInt>) {
      for _ in 0..<1_000 {
        let images = ImageMap.capture()
        for image in images {
          guard let start = UInt(image.baseAddress), let end = UInt(image.endOfText) else {
            continue
          }
          if start <= address, address < end { return (images, start..<end) }
        }
      }
      throw NotFound()
    }

    private struct NotFound: Error {}

    private func addresses(_ count: Int, in range: Range<UInt>, seed: UInt64) -> [UInt] {
      var state = seed
      return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + UInt(state >> 16) % UInt(range.count)
      }
    }

    private func expected(at addresses: [UInt], images: ImageMap) throws -> [[Found]] {
      let backtrace = try Backtrace(from: AddressDecoder(addresses))
      let symbolicated = try #require(backtrace.symbolicated(with: images))
      var all: [[Found]] = []
      var here: [Found] = []
      for frame in symbolicated.frames {
        var found = Found()
        if let symbol = frame.symbol {
          if symbol.rawName != "<unknown>" { found.name = symbol.rawName }
          if let place = symbol.sourceLocation, !place.path.hasSuffix("<compiler-generated>") {
            found.file = place.path
            if place.line > 0 {
              found.line = place.line
              if place.column > 0 { found.column = place.column }
            }
          }
        }
        here.append(found)
        if frame.inlined { continue }
        all.append(here)
        here = []
      }
      return all
    }

    /// The toolchain's reader names what has no symbol after the symbol before it, and the bytes
    /// between two functions after the first.
    private func isName(_ name: String?, asGoodAs other: String?, line: Int?) -> Bool {
      name == other || name == nil || line == nil
    }

    @Test func `At any address the result is that of the toolchain's own reader`() throws {
      let isLong = ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] != nil
      let here = try #require(RawFrames.current().addresses.first)
      let (images, all) = try code(at: here)
      // Anywhere in the executable, or near this function.
      let range = isLong ? all : all.clamped(to: here - (1 << 20)..<here + (1 << 20))
      let addresses = addresses(isLong ? 2_000 : 12, in: range, seed: 7)
      let found = DebugInformation.functions(at: addresses).map { functions in
        functions.map { Found(name: $0.rawName, file: $0.file, line: $0.line, column: $0.column) }
      }
      let expected = try expected(at: addresses, images: images)
      #expect(found.count == expected.count)
      for (address, (var ours, var theirs)) in zip(addresses, zip(found, expected)) {
        let (function, other) = (try #require(ours.last), try #require(theirs.last))
        #expect(
          isName(function.name, asGoodAs: other.name, line: other.line),
          "\(function) and \(other) at \(String(address, radix: 16))")
        ours[ours.count - 1].name = nil
        theirs[theirs.count - 1].name = nil
        // The toolchain's reader leaves some paths relative to the compiler's working directory.
        for (index, frame) in theirs.enumerated() where index < ours.count {
          guard let file = frame.file, !file.hasPrefix("/") else { continue }
          if ours[index].file?.hasSuffix("/\(file)") == true { ours[index].file = file }
        }
        #expect(ours == theirs, "at \(String(address, radix: 16))")
      }
      #expect(found.contains { $0.last?.name != nil && $0.last?.line != nil })
    }
  }
#endif
