// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import SwiftProtobuf

  /// Says what is wrong with a request in JSON.
  enum RequestJSONProblem {
    static func sentence(about error: any Error) -> String {
      guard let error = error as? JSONDecodingError else { return "It cannot be read: \(error)." }
      return switch error {
      case .unknownField(let name):
        "It has a field \"\(name.clipped())\", which the API does not have at that place."
      case .truncated: "It ends too early."
      case .trailingGarbage: "Something follows after its end."
      case .malformedNumber, .leadingZero: "A number in it is malformed."
      case .numberRange: "A number in it is too large for its field, or is no integer."
      case .malformedBool: "A field that is true or false has another value."
      case .malformedString: "A string in it is malformed."
      case .invalidUTF8: "A string in it is not UTF-8."
      case .malformedMap, .missingFieldNames, .unquotedMapKey: "An object in it is malformed."
      case .illegalNull: "A field in it is null that must have a value."
      case .unrecognizedEnumValue: "A field has a value that the API does not know."
      case .malformedTimestamp: "A time in it is not as in 2026-01-31T12:00:00Z."
      case .malformedDuration: "A duration in it is not as in 1.5s."
      case .malformedFieldMask: "A list of fields in it is malformed."
      case .conflictingOneOf: "Two fields are set of which only one may be."
      case .messageDepthLimit: "Its objects are nested too deep."
      default: "A value in it has the wrong type, or a comma, a colon or a bracket is missing."
      }
    }
  }
#endif
