// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore
  internal import NIOCore
  internal import NIOHTTP1

  /// What the server answers over HTTP/1.1.
  struct HTTPRoutes: Sendable {
    let handler: RequestHandler
    let gate: RequestGate
    let origins: BrowserOrigins
    let viewer: Viewer
    let shutDown: @Sendable () -> Void

    func respond(_ request: HTTPRequest) async -> HTTPResponse {
      if Viewer.wants(request) { return await viewer.respond(request) }
      if let refusal = origins.refusal(of: request) {
        return HTTPResponse(.forbidden, line: refusal)
      }
      let path = request.path
      switch (request.method, path) {
      case (.GET, "/"), (.HEAD, "/"): return HTTPResponse(line: "Ok")
      case (.POST, "/reset"), (.POST, "/shutdown"): return await control(path, request)
      case (_, "/reset"), (_, "/shutdown"):
        return HTTPResponse(.methodNotAllowed, line: "Send the request to \(path) with POST.")
      default: break
      }
      let form = APIForm(contentType: request.headers.first(name: "content-type"))
      guard let call = APICall(path: path) else { return form.response(APICall.unknown(path)) }
      guard request.method == .POST else {
        let failure = ServerFailure(.unimplemented, "Send the request with POST.")
        return form.response(failure, status: .methodNotAllowed)
      }
      let coding = request.headers.first(name: "content-encoding") ?? "identity"
      guard coding.lowercased() == "identity" else {
        return form.response(
          ServerFailure(
            .unimplemented,
            "The request's content encoding is \(coding.clipped()). Send the body as it is."),
          status: .unsupportedMediaType)
      }
      return await answer(call, form, request)
    }

    /// The response to a request with too large a body.
    static func refusal(of request: HTTPRequest, bytes: Int, limit: Int) -> HTTPResponse {
      if Viewer.wants(request) { return Viewer.refusal(bytes: bytes, limit: limit) }
      let form = APIForm(contentType: request.headers.first(name: "content-type"))
      return form.response(
        ServerFailure(.resourceExhausted, RequestSizeGuard.sentence(bytes, limit: limit)),
        status: .payloadTooLarge)
    }

    private func control(_ path: Substring, _ request: HTTPRequest) async -> HTTPResponse {
      guard gate.admits(request.headers.first(name: "authorization")) else {
        return HTTPResponse(.unauthorized, line: RequestGate.refusal.message)
      }
      if path == "/shutdown" {
        shutDown()
        return HTTPResponse(line: "Shutting down.")
      }
      gate.resets.begin()
      defer { gate.resets.end() }
      do {
        try await handler.reset()
        return HTTPResponse(line: "Resetting.")
      } catch {
        let failure = ServerFailure(error)
        gate.log("reset: \(failure.logged ?? failure.message)")
        return HTTPResponse(.internalServerError, line: failure.message)
      }
    }
  }

  /// The method and the project of a path such as `/v1/projects/P:lookup`.
  struct APICall: Sendable, Hashable {
    var project: String
    var method: ServiceMethod

    /// The path without `/datastore`, which old clients put in front.
    private static func inAPI(_ path: Substring) -> Substring {
      let old = "/datastore"
      return path.hasPrefix(old + "/") ? path.dropFirst(old.count) : path
    }

    static func unknown(_ path: Substring) -> ServerFailure {
      let methods = ServiceMethod.allCases.map(\.nameInPaths).joined(separator: ", ")
      return ServerFailure(
        .notFound,
        """
        There is nothing at \(String(path).clipped(200)). Send a POST to \
        /v1/projects/PROJECT:METHOD with one of the methods \(methods).
        """)
    }

    /// `nil` for a path that is no call.
    init?(path: Substring) {
      var path = Self.inAPI(path)
      let prefix = "/v1/projects/"
      guard path.hasPrefix(prefix) else { return nil }
      path = path.dropFirst(prefix.count)
      guard let colon = path.lastIndex(of: ":"),
        let project = percentDecoded(path[..<colon]), !project.isEmpty,
        !project.contains("/"),
        let method = ServiceMethod.allCases.first(where: {
          $0.nameInPaths == path[path.index(after: colon)...]
        })
      else { return nil }
      (self.project, self.method) = (project, method)
    }
  }

  extension ServiceMethod {
    /// The method's name in a path: with a small first letter.
    var nameInPaths: String { rawValue.prefix(1).lowercased() + rawValue.dropFirst() }
  }
#endif
