// SPDX-License-Identifier: Apache-2.0
#if Server
  /// The parts of a `multipart/form-data` request, which is how browsers send files.
  struct MultipartForm {
    /// The fields, files among them. A file that is not UTF-8 is damaged.
    let fields: FormFields

    /// Reads a request's body; `nil` if it is damaged.
    init?(_ body: [UInt8], contentType: String) {
      guard let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty,
        boundary.utf8.count <= 200
      else { return nil }
      // The first delimiter has no line before it.
      let bytes = Array("\r\n".utf8) + body
      let delimiter = Array("\r\n--\(boundary)".utf8)
      var fields: [FormFields.Field] = []
      var start: Int?
      var position = 0
      while let found = Self.find(delimiter, in: bytes[...], from: position) {
        if let start {
          guard let field = Self.field(bytes[start..<found]) else { return nil }
          fields.append(field)
        }
        position = found + delimiter.count
        if bytes[position...].starts(with: "--".utf8) {
          self.fields = FormFields(fields)
          return
        }
        guard bytes[position...].starts(with: "\r\n".utf8) else { return nil }
        start = position + 2
      }
      return nil
    }

    private static func field(_ part: ArraySlice<UInt8>) -> FormFields.Field? {
      let blank = Array("\r\n\r\n".utf8)
      guard let end = find(blank, in: part, from: part.startIndex),
        let head = String(validating: part[..<end], as: UTF8.self),
        let value = String(validating: part[(end + blank.count)...], as: UTF8.self)
      else { return nil }
      let disposition = head.split(separator: "\r\n").first {
        $0.lowercased().hasPrefix("content-disposition:")
      }
      guard let disposition, let name = parameter("name", of: disposition) else { return nil }
      return FormFields.Field(name, value)
    }

    /// A parameter of a header, quoted or not.
    private static func parameter(_ name: String, of header: some StringProtocol) -> String? {
      for part in header.split(separator: ";").dropFirst() {
        let trimmed = part.drop { $0 == " " }
        guard trimmed.lowercased().hasPrefix(name + "=") else { continue }
        let value = trimmed.dropFirst(name.count + 1)
        if value.hasPrefix("\"") { return String(value.dropFirst().prefix { $0 != "\"" }) }
        return String(value)
      }
      return nil
    }

    private static func find(
      _ wanted: [UInt8], in bytes: ArraySlice<UInt8>, from start: Int
    ) -> Int? {
      var position = start
      while let first = bytes[position...].firstIndex(of: wanted[0]) {
        if bytes[first...].starts(with: wanted) { return first }
        position = first + 1
      }
      return nil
    }
  }
#endif
