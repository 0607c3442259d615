// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import GRPCCore
  internal import GRPCProtobuf
  internal import SwiftProtobuf
  private import Synchronization

  /// Records whether a request may have been sent. The transport serializes a message only once it
  /// has a stream to send it on.
  final class SendMark: Sendable {
    private let mark = Atomic(false)

    var isSet: Bool { mark.load(ordering: .acquiring) }
    func set() { mark.store(true, ordering: .releasing) }
  }

  /// Passes on a message that is already serialized. A message is serialized once, however often it
  /// is sent, and its size is known beforehand.
  struct BytesSerializer: MessageSerializer {
    let mark: SendMark

    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
      mark.set()
      return Bytes(message)
    }
  }

  /// Parses a reply. A reply that cannot be parsed is the server's fault, so its status is
  /// DATA_LOSS.
  struct ReplyDeserializer<Reply: SwiftProtobuf.Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Reply {
      do {
        return try ProtobufDeserializer<Reply>().deserialize(bytes)
      } catch {
        throw RPCError(
          code: .dataLoss, message: "The server's reply is damaged: it is not a \(Reply.self)")
      }
    }
  }
#endif
