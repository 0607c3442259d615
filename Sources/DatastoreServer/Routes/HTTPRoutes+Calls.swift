// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreProtos
  internal import GRPCCore
  internal import NIOCore
  internal import NIOHTTP1
  internal import SwiftProtobuf

  /// A request's message that names its project.
  protocol ProjectRequest: SwiftProtobuf.Message, Sendable {
    var projectID: String { get set }
  }

  extension Wire.LookupRequest: ProjectRequest {}
  extension Wire.RunQueryRequest: ProjectRequest {}
  extension Wire.RunAggregationQueryRequest: ProjectRequest {}
  extension Wire.BeginTransactionRequest: ProjectRequest {}
  extension Wire.CommitRequest: ProjectRequest {}
  extension Wire.RollbackRequest: ProjectRequest {}
  extension Wire.AllocateIdsRequest: ProjectRequest {}
  extension Wire.ReserveIdsRequest: ProjectRequest {}

  extension HTTPRoutes {
    /// Answers a call of the API.
    func answer(_ call: APICall, _ form: APIForm, _ request: HTTPRequest) async -> HTTPResponse {
      switch call.method {
      case .lookup: await answer(call, form, request, handler.lookup)
      case .runQuery: await answer(call, form, request, handler.runQuery)
      case .runAggregationQuery: await answer(call, form, request, handler.runAggregationQuery)
      case .beginTransaction: await answer(call, form, request, handler.beginTransaction)
      case .commit: await answer(call, form, request, handler.commit)
      case .rollback: await answer(call, form, request, handler.rollback)
      case .allocateIds: await answer(call, form, request, handler.allocateIDs)
      case .reserveIds: await answer(call, form, request, handler.reserveIDs)
      }
    }

    private func answer<Request: ProjectRequest, Reply: SwiftProtobuf.Message & Sendable>(
      _ call: APICall, _ form: APIForm, _ request: HTTPRequest,
      _ method: (Request, String) async throws -> Reply
    ) async -> HTTPResponse {
      do throws(ServerFailure) {
        return try await gate.answering(
          call.method.rawValue, authorization: request.headers.first(name: "authorization")
        ) {
          var message: Request = try form.message(request.body)
          message.projectID = call.project
          // Clients may have a connection for each request, so none of them tells who is alive.
          return try form.response(try await method(message, ""))
        }
      } catch {
        return form.response(error)
      }
    }
  }

  /// How a call's messages are written: as JSON or as protobuf.
  enum APIForm: Sendable, Hashable {
    case json, protobuf

    init(contentType: String?) {
      let type = contentType?.lowercased() ?? ""
      self =
        ["application/x-protobuf", "application/protobuf"].contains { type.hasPrefix($0) }
        ? .protobuf : .json
    }

    var contentType: String {
      switch self {
      case .json: "application/json; charset=UTF-8"
      case .protobuf: "application/x-protobuf"
      }
    }

    /// Entities nest 20 deep, and in arrays each is five objects. The default is 100 objects.
    private static let readingJSON: JSONDecodingOptions = {
      var options = JSONDecodingOptions()
      options.messageDepthLimit = 150
      return options
    }()

    func message<Request: SwiftProtobuf.Message>(_ body: ByteBuffer) throws -> Request {
      switch self {
      case .json:
        if body.readableBytes == 0 { return Request() }
        let bytes = Array(body.readableBytesView)
        do {
          return try Request(jsonUTF8Bytes: bytes, options: Self.readingJSON)
        } catch {
          let problem = RequestJSONProblem.sentence(about: error, in: bytes) {
            _ = try Request(jsonUTF8Bytes: $0, options: Self.readingJSON)
          }
          throw ServerFailure(
            .invalidArgument, "The request is not JSON of a \(Request.protoMessageName). \(problem)"
          )
        }
      case .protobuf:
        do {
          return try Request(serializedBytes: Array(body.readableBytesView))
        } catch {
          throw ServerFailure(
            .invalidArgument,
            "The request is damaged: it is not a \(Request.protoMessageName).")
        }
      }
    }

    func response(_ reply: some SwiftProtobuf.Message) throws -> HTTPResponse {
      let bytes: [UInt8] =
        switch self {
        case .json: try reply.jsonUTF8Bytes()
        case .protobuf: try reply.serializedBytes()
        }
      return HTTPResponse(type: contentType, body: ByteBuffer(bytes: bytes))
    }
  }
#endif
