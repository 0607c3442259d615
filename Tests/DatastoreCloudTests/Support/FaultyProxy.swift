#if Cloud
  import Arrival
  import DatastoreCloud
  import Foundation
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #else
    import Darwin
  #endif

  /// A TCP proxy that does to connections what networks do.
  final class FaultyProxy: Sendable {
    /// What becomes of the connections that are open.
    enum Fault: Sendable {
      /// Bytes are passed on.
      case none
      /// The connection that the client next sends something on is reset; what it sent is lost.
      case resetBeforeRequest
      /// The connection that the server next answers on is reset; the answer is lost.
      case resetBeforeReply
      /// Nothing is passed on, and nobody is told.
      case silence
      /// The client gets bytes that are no HTTP/2 in place of the next answer.
      case garbage
      /// New connections are ended at once, and those that send something too.
      case down
    }

    private struct State {
      var fault = Fault.none
      /// Connections that went silent stay so.
      var silent: Set<Int32> = []
    }

    private let state: SharedState
    private let listener: LoopbackListener

    private final class SharedState: Sendable {
      let state = Mutex(State())
      let silenced = Promise<Void>()

      // Most proxies never swallow anything.
      deinit { silenced.succeed(()) }
    }

    /// Done when something was swallowed.
    var silenced: Future<Void> { state.silenced.future }

    /// How many connections have come.
    var connections: Int { listener.count }

    var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: listener.port, isPlaintext: true) }

    init(to upstream: Endpoint) throws {
      let state = SharedState()
      self.state = state
      let port = upstream.port
      listener = try LoopbackListener { client in
        let server = LoopbackListener.connect(to: port)
        guard server >= 0 else {
          LoopbackListener.reset(client)
          close(client)
          return
        }
        let back = Thread { Self.pump(from: server, to: client, id: client, isReply: true, state) }
        back.start()
        Self.pump(from: client, to: server, id: client, isReply: false, state)
      }
    }

    /// Sets what happens from now on.
    func set(_ fault: Fault) { state.state.withLock { $0.fault = fault } }

    private enum Act { case pass, swallow, reset, garbage }

    private static func pump(
      from source: Int32, to target: Int32, id: Int32, isReply: Bool, _ state: SharedState
    ) {
      while true {
        let bytes = LoopbackListener.read(source)
        if bytes.isEmpty { break }
        let act = state.state.withLock { state -> Act in
          if state.silent.contains(id) { return .swallow }
          switch (state.fault, isReply) {
          case (.none, _), (.resetBeforeRequest, true), (.resetBeforeReply, false),
            (.garbage, false):
            return .pass
          case (.resetBeforeRequest, false), (.resetBeforeReply, true):
            state.fault = .none
            return .reset
          case (.down, _): return .reset
          case (.silence, _):
            state.silent.insert(id)
            return .swallow
          case (.garbage, true):
            state.fault = .none
            return .garbage
          }
        }
        switch act {
        case .pass: if !LoopbackListener.write(bytes, target) { break }
        case .swallow: state.silenced.succeed(())
        case .garbage: LoopbackListener.write(Array(repeating: 0x5A, count: 4_000), target)
        case .reset:
          LoopbackListener.reset(source)
          LoopbackListener.reset(target)
        }
        if act == .reset { break }
      }
      shutdown(target, Int32(SHUT_RDWR))
      close(source)
      state.state.withLock { state in if isReply { state.silent.remove(id) } }
    }
  }
#endif
