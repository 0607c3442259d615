/// What was found out about one address: one function, or several of which each was inlined into the
/// next.
struct Place: Sendable {
  let isResumption: Bool
  /// The innermost function first.
  let symbols: [Symbol]

  /// One function at an address.
  struct Symbol: Sendable, Hashable {
    /// The name as the linker knows it; `nil` if there is none.
    var rawName: String?
    /// The file of the code, such as `/usr/lib/libswiftCore.so`; `nil` if the address is in none.
    var image: String?
    /// Of the code, relative to its file.
    var offset: UInt = 0
    var file: String?
    var line: Int?
    var column: Int?
  }
}
