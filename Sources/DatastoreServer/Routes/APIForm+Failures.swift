// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import GRPCCore
  internal import NIOCore
  internal import NIOHTTP1
  internal import SwiftProtobuf

  extension APIForm {
    /// The response for a failure, in the form that Google's services use.
    func response(
      _ failure: ServerFailure, status: HTTPResponseStatus? = nil
    ) -> HTTPResponse {
      let status = status ?? failure.status
      return HTTPResponse(
        status, type: contentType,
        body: self == .json ? Self.json(failure, status) : Self.protobuf(failure))
    }

    private static func json(_ failure: ServerFailure, _ status: HTTPResponseStatus) -> ByteBuffer {
      // The message for text that swift-protobuf escapes.
      var message = Google_Protobuf_Value()
      message.stringValue = failure.message
      let text = (try? message.jsonString()) ?? "\"\""
      return ByteBuffer(
        string: """
          {
            "error": {
              "code": \(status.code),
              "message": \(text),
              "status": "\(failure.codeName)"
            }
          }

          """)
    }

    /// The message `google.rpc.Status`: code and message.
    private static func protobuf(_ failure: ServerFailure) -> ByteBuffer {
      let text = Array(failure.message.utf8)
      var bytes: [UInt8] = [0x08, UInt8(failure.code.rawValue), 0x12]
      var length = text.count
      while length >= 0x80 {
        bytes.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
      }
      bytes.append(UInt8(length))
      return ByteBuffer(bytes: bytes + text)
    }
  }
#endif
