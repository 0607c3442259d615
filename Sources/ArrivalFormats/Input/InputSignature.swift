// SPDX-License-Identifier: Apache-2.0
/// What the first bytes of a text say about its encoding.
struct InputSignature {
  /// Why a text cannot be read.
  struct Problem: Error {
    var code: InputError.Code
    var message: String
  }

  /// How many bytes are enough.
  static let length = 8

  var encoding: TextEncoding
  /// The bytes of the byte-order mark that are not part of the text.
  var markLength: Int

  static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// - Parameters:
  ///   - bytes: The first ``length`` bytes or more, or the whole text.
  ///   - declared: The encoding that the caller names.
  init(_ bytes: [UInt8], declared: TextEncoding?) throws(Problem) {
    try Self.refuseOtherFormats(bytes)
    let marked = Self.markedEncoding(bytes)
    if let declared, let marked, !Self.agree(declared, marked) {
      throw Problem(
        code: .encoding,
        message: """
          the file begins with the byte-order mark of \(marked.name), so it is not in \
          \(declared.name); leave out --encoding
          """)
    }
    switch declared ?? marked ?? .utf8 {
    case .utf16:
      guard let marked else {
        throw Problem(
          code: .encoding,
          message: """
            the file has no byte-order mark, so which byte of UTF-16 comes first is not known; \
            use --encoding utf-16le or --encoding utf-16be
            """)
      }
      encoding = marked
    case let known: encoding = known
    }
    // The mark of UTF-8 is skipped by the parsers.
    markLength = marked == nil || marked == .utf8 ? 0 : 2
    if declared == nil, marked == nil { try Self.refuseUnmarkedUTF16(bytes) }
  }

  private static func markedEncoding(_ bytes: [UInt8]) -> TextEncoding? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return .utf8 }
    if bytes.starts(with: [0xFF, 0xFE]) { return .utf16LittleEndian }
    if bytes.starts(with: [0xFE, 0xFF]) { return .utf16BigEndian }
    return nil
  }

  private static func agree(_ declared: TextEncoding, _ marked: TextEncoding) -> Bool {
    declared == marked || declared == .utf16 && marked != .utf8
  }

  private static func refuseOtherFormats(_ bytes: [UInt8]) throws(Problem) {
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      throw Problem(
        code: .encoding, message: "the file is encoded in UTF-32; save it as UTF-8")
    }
    let formats: [([UInt8], String)] = [
      (
        [0x50, 0x4B, 3, 4], "a ZIP archive, such as an Excel or Numbers document; export a CSV file"
      ),
      ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel document; export a CSV file"),
      ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd; decompress it first"),
      ([0x42, 0x5A, 0x68], "compressed with bzip2; decompress it first"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz; decompress it first"),
      (Array("SQLite f".utf8), "an SQLite database; give a text file"),
      (Array("PAR1".utf8), "a Parquet file; export a CSV file"),
      (Array("%PDF".utf8), "a PDF document; give a text file"),
    ]
    for (signature, text) in formats where bytes.starts(with: signature) {
      // A text may begin with the letters of a signature, but then has more letters.
      let isText = bytes.allSatisfy { 0x20..<0x7F ~= $0 || 0x09...0x0D ~= $0 }
      if isText, signature.count < 8 { continue }
      throw Problem(code: .notText, message: "this file is \(text)")
    }
  }

  private static func refuseUnmarkedUTF16(_ bytes: [UInt8]) throws(Problem) {
    guard bytes.count >= 4 else { return }
    let order: String
    switch (bytes[0] == 0, bytes[1] == 0, bytes[2] == 0, bytes[3] == 0) {
    case (false, true, false, true): order = "utf-16le"
    case (true, false, true, false): order = "utf-16be"
    default: return
    }
    throw Problem(
      code: .encoding,
      message: """
        the file seems to be in UTF-16, but has no byte-order mark; if it is, add \
        --encoding \(order)
        """)
  }
}
