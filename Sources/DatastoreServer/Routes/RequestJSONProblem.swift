// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalFormats
  internal import DatastoreModel
  internal import SwiftProtobuf

  /// Says what is wrong with a request in JSON, and where.
  ///
  /// SwiftProtobuf says only what is wrong. The place is found by leaving things out: a field that
  /// cannot be decoded without its neighbours either is the one to name.
  enum RequestJSONProblem {
    /// Of a longer request, or one that has more parts to try, the place is not looked for to its
    /// end: other requests wait meanwhile.
    private static let (maxBytes, maxTries) = (1_024 * 1_024, 5_000)

    /// - Parameters:
    ///   - error: what decoding has thrown.
    ///   - bytes: the request.
    ///   - decode: decodes a request.
    static func sentence(
      about error: any Error, in bytes: [UInt8], _ decode: ([UInt8]) throws -> Void
    ) -> String {
      guard bytes.count <= maxBytes else { return sentence(about: error) }
      let node: JSONNode
      do throws(JSONProblem) {
        node = try JSONReader.read(bytes)
      } catch {
        return sentence(about: error, in: bytes)
      }
      var tries = 0
      func failure(_ node: JSONNode) -> (any Error)? {
        tries += 1
        guard tries <= maxTries else { return nil }
        var bytes: [UInt8] = []
        node.write(to: &bytes)
        do {
          try decode(bytes)
          return nil
        } catch {
          return error
        }
      }
      guard let place = place(in: node, failure) else { return sentence(about: error) }
      return "\(place.path.clipped(200)): \(sentence(about: place.error, of: place.node))"
    }

    /// The innermost field that fails without its neighbours; `nil` if only several of them do.
    private static func place(
      in root: JSONNode, _ failure: (JSONNode) -> (any Error)?
    ) -> (path: String, node: JSONNode, error: any Error)? {
      var (path, node) = ("", root)
      var found: (any Error)?
      // A request that has nothing but `node`, at its place.
      var alone: (JSONNode) -> JSONNode = { $0 }
      while true {
        let outer = alone
        let parts: [(step: String, value: JSONNode, alone: (JSONNode) -> JSONNode)]
        switch node {
        case .object(let members):
          parts = members.map { member in
            (".\(member.name)", member.value, { outer(.object([.init(member.name, $0)])) })
          }
        case .array(let elements):
          parts = elements.enumerated().map { ("[\($0)]", $1, { outer(.array([$0])) }) }
        default: parts = []
        }
        var inner: (any Error)?
        let part = parts.first {
          inner = failure($0.alone($0.value))
          return inner != nil
        }
        guard let part, let inner else { break }
        (path, node, alone, found) = (path + part.step, part.value, part.alone, inner)
        // Of the wrong type, whatever is inside.
        if let empty = node.empty, failure(alone(empty)) != nil { break }
      }
      return found.map { (String(path.drop { $0 == "." }), node, $0) }
    }

    private static func sentence(about problem: JSONProblem, in bytes: [UInt8]) -> String {
      guard let column = problem.column else { return "It is no JSON: \(problem.message)." }
      let lines = bytes.prefix(column - 1).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let place = "Line \(lines.count), column \((lines.last?.count ?? 0) + 1)"
      return "\(place): \(problem.message)."
    }

    private static func sentence(about error: any Error, of node: JSONNode? = nil) -> String {
      guard let error = error as? JSONDecodingError else { return "it cannot be read: \(error)." }
      return switch error {
      case .unknownField(let name): "the API has no field \"\(name.clipped())\" at that place."
      case .truncated: "the text ends too early."
      case .trailingGarbage: "something follows after the end."
      case .malformedNumber, .leadingZero: "the number is malformed, or is no integer."
      case .numberRange: "the number is too large for the field, or is no integer."
      case .malformedBool: "the value is neither true nor false."
      case .malformedString: "the value is not a string."
      case .invalidUTF8: "the string is not UTF-8."
      case .malformedMap, .missingFieldNames, .unquotedMapKey: "the object is malformed."
      case .illegalNull: "the value must not be null."
      case .unrecognizedEnumValue: "the API does not know the value."
      case .malformedTimestamp: "the time is not as in 2026-01-31T12:00:00Z."
      case .malformedDuration: "the duration is not as in 1.5s."
      case .malformedFieldMask: "the list of fields is malformed."
      case .conflictingOneOf: "two fields are set of which only one may be."
      case .messageDepthLimit: "the objects are nested too deep."
      default:
        if case .string? = node {
          "the field has no such string. Bytes are written in base64."
        } else {
          "the value has the wrong type."
        }
      }
    }
  }

  extension JSONNode {
    /// The value without its contents; `nil` if it has none.
    fileprivate var empty: JSONNode? {
      switch self {
      case .object(let members): members.isEmpty ? nil : .object([])
      case .array(let elements): elements.isEmpty ? nil : .array([])
      default: nil
      }
    }
  }
#endif
