// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  package import SwiftProtobuf

  /// The names of properties as keys of a message's map, compared by their bytes.
  ///
  /// The library's own maps have `String`s, for which two spellings of one name are one, and would
  /// lose one of two such properties.
  package enum ProtobufExactText: MapKeyType {
    package static var proto3DefaultValue: ExactText { ExactText("") }

    package static func decodeSingular<D: Decoder>(
      value: inout ExactText?, from decoder: inout D
    ) throws {
      var text: String?
      try decoder.decodeSingularStringField(value: &text)
      if let text { value = ExactText(text) }
    }

    package static func decodeRepeated<D: Decoder>(
      value: inout [ExactText], from decoder: inout D
    ) throws {
      var texts: [String] = []
      try decoder.decodeRepeatedStringField(value: &texts)
      value += texts.map(ExactText.init)
    }

    package static func visitSingular<V: Visitor>(
      value: ExactText, fieldNumber: Int, with visitor: inout V
    ) throws {
      try visitor.visitSingularStringField(value: value.text, fieldNumber: fieldNumber)
    }

    package static func visitRepeated<V: Visitor>(
      value: [ExactText], fieldNumber: Int, with visitor: inout V
    ) throws {
      try visitor.visitRepeatedStringField(value: value.map(\.text), fieldNumber: fieldNumber)
    }

    package static func visitPacked<V: Visitor>(
      value: [ExactText], fieldNumber: Int, with visitor: inout V
    ) throws {
      assertionFailure("strings are never packed")
    }
  }

  extension Dictionary where Key == ExactText {
    /// The value under a name.
    package subscript(_ name: String) -> Value? {
      get { self[ExactText(name)] }
      _modify { yield &self[ExactText(name)] }
    }
  }
#endif
