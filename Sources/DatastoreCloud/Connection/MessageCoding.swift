#if Cloud
  internal import GRPCCore
  internal import GRPCProtobuf
  internal import SwiftProtobuf
  private import Synchronization

  /// Tells whether a request may have left: the transport asks for a message when it has a stream to
  /// send it on, and never without one.
  final class SendMark: Sendable {
    private let mark = Atomic(false)

    var isSet: Bool { mark.load(ordering: .acquiring) }
    func set() { mark.store(true, ordering: .releasing) }
  }

  /// Passes on a message that is already in bytes: they are made once, however often they are sent,
  /// and their number is known before.
  struct BytesSerializer: MessageSerializer {
    let mark: SendMark

    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
      mark.set()
      return Bytes(message)
    }
  }

  /// Reads a reply. One that cannot be read is the server's fault, not that of the request's argument.
  struct ReplyDeserializer<Reply: SwiftProtobuf.Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Reply {
      do {
        return try ProtobufDeserializer<Reply>().deserialize(bytes)
      } catch {
        throw RPCError(
          code: .dataLoss, message: "The server's reply is damaged: it is no \(Reply.self)")
      }
    }
  }
#endif
