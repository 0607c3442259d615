// SPDX-License-Identifier: Apache-2.0
/// An address in the program's code.
struct CodeAddress: Hashable, Sendable {
  let value: UInt
  /// Whether this is where an async function goes on after an `await`. That code has the line of
  /// the `await`. Any other address is a return address, and the call is the instruction before it.
  let isResumption: Bool

  /// An address inside the instruction that is meant.
  var instruction: UInt { isResumption || value == 0 ? value : value - 1 }
}

/// What was found at an address: one function, or several of which each was inlined into the next.
struct ResolvedAddress: Sendable {
  let isResumption: Bool
  /// The innermost function first.
  let functions: [Function]

  /// A function at an address.
  struct Function: Sendable {
    /// The name as the linker has it; `nil` if there is none.
    var rawName: String?
    /// The name for a reader; `nil` without a `rawName`. Made once for an address: demangling a
    /// name takes longer than everything else that is done for a frame.
    var name: SymbolName?
    /// The file of the code, such as `/usr/lib/libswiftCore.so`; `nil` if no image contains the
    /// address.
    var image: String?
    /// The distance of the address from the beginning of the image.
    var offset: UInt = 0
    var file: String?
    var line: Int?
    var column: Int?
  }
}
