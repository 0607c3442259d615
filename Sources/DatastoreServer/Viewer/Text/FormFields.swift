// SPDX-License-Identifier: Apache-2.0
#if Server
  /// The fields of a form, or of an address.
  struct FormFields: Sendable, Hashable {
    struct Field: Sendable, Hashable {
      var name: String
      var value: String

      init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
      }
    }

    private(set) var all: [Field]

    init(_ all: [Field] = []) { self.all = all }

    /// Reads the fields of an address or of a form; `nil` if they are damaged.
    init?(encoded text: some StringProtocol) {
      all = []
      for part in text.split(separator: "&") {
        let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = percentDecoded(sides[0], isForm: true),
          let value = percentDecoded(sides.count > 1 ? sides[1] : "", isForm: true)
        else { return nil }
        all.append(Field(name, value))
      }
    }

    /// The first value of a field; `nil` without one.
    subscript(_ name: String) -> String? { all.first { $0.name == name }?.value }

    /// All values of a field.
    func values(_ name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }
  }
#endif
