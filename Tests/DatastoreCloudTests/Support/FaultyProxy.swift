// SPDX-License-Identifier: Apache-2.0
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
  ///
  /// Faults strike frames of calls, not whatever passes next: when pings and window sizes come
  /// depends on the clock.
  final class FaultyProxy: Sendable {
    /// What happens to the open connections.
    enum Fault: Sendable {
      /// Bytes are passed on.
      case none
      /// The connection that the next request comes on is reset; the request is lost.
      case resetBeforeRequest
      /// The connection that the next request comes on is reset when half of a frame of it has
      /// passed.
      case resetDuringRequest
      /// The connection that the next answer comes on is reset; the answer is lost.
      case resetBeforeReply
      /// From its next request on, nothing is passed on a connection any more, and nobody is told.
      case silence
      /// The next request, and what follows it on its connection, is held back for a while.
      case stall(Stall)
      /// The next new connection hears nothing from its first byte on.
      case muteConnection
      /// The client gets bytes that are no HTTP/2 in place of the next answer.
      case garbage
    }

    /// From when bytes are held back until the test lets them go.
    struct Stall: Sendable {
      let began = Promise<Void>()
      let ended = Promise<Void>()
    }

    private struct State {
      var fault = Fault.none
      /// Connections that went silent stay so.
      var silent: Set<Int> = []
      var connections = 0
    }

    private let state: SharedState
    private let listener: LoopbackListener

    private final class SharedState: Sendable {
      let state = Mutex(State())
      let silenced = Promise<Void>()

      // Most proxies never swallow anything.
      deinit { silenced.succeed(()) }
    }

    /// The two ends of one connection, closed when neither direction is in use any more: a number
    /// that is closed may be another connection's at once.
    private final class Link: Sendable {
      let id: Int
      let client: Int32
      let server: Int32

      init(id: Int, client: Int32, server: Int32) {
        self.id = id
        self.client = client
        self.server = server
      }

      deinit {
        close(client)
        close(server)
      }

      func end(withReset isReset: Bool) {
        for end in [client, server] {
          if isReset {
            LoopbackListener.reset(end)
          } else {
            shutdown(end, Int32(SHUT_RDWR))
          }
        }
      }
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
        let id = state.state.withLock { state in
          state.connections += 1
          if case .muteConnection = state.fault {
            state.fault = .none
            state.silent.insert(state.connections)
          }
          return state.connections
        }
        let link = Link(id: id, client: client, server: server)
        let back = Thread { Self.pump(link, isReply: true, state) }
        back.start()
        Self.pump(link, isReply: false, state)
      }
    }

    /// Sets what happens from now on.
    func set(_ fault: Fault) { state.state.withLock { $0.fault = fault } }

    private enum Act {
      case pass, swallow, garbage
      case hold(Stall)
      /// After this many bytes.
      case reset(Int)
    }

    private static func pump(_ link: Link, isReply: Bool, _ state: SharedState) {
      let (source, target) = isReply ? (link.server, link.client) : (link.client, link.server)
      var scanner = FrameScanner(isReply: isReply)
      var isReset = false
      while !isReset {
        let bytes = LoopbackListener.read(source)
        if bytes.isEmpty { break }
        let frames = scanner.scan(bytes)
        let act = state.state.withLock { state in
          self.act(&state, link.id, frames, isReply: isReply)
        }
        switch act {
        case .pass: if !LoopbackListener.write(bytes, target) { isReset = true }
        case .hold(let stall):
          stall.began.succeed(())
          stall.ended.future.wait()
          if !LoopbackListener.write(bytes, target) { isReset = true }
        case .swallow: state.silenced.succeed(())
        case .garbage: LoopbackListener.write(Array(repeating: 0x5A, count: 4_000), target)
        case .reset(let passed):
          LoopbackListener.write(Array(bytes.prefix(passed)), target)
          isReset = true
        }
      }
      link.end(withReset: isReset)
    }

    private static func act(
      _ state: inout State, _ id: Int, _ frames: [FrameScanner.Frame], isReply: Bool
    ) -> Act {
      if state.silent.contains(id) { return .swallow }
      let act: Act
      switch (state.fault, isReply) {
      case (.none, _), (.muteConnection, _), (.resetBeforeRequest, true),
        (.resetDuringRequest, true), (.resetBeforeReply, false), (.garbage, false),
        (.silence, true), (.stall, true):
        return .pass
      case (.resetBeforeRequest, false), (.resetBeforeReply, true):
        guard !frames.isEmpty else { return .pass }
        act = .reset(0)
      case (.resetDuringRequest, false):
        guard let data = frames.first(where: { $0.kind == .data }) else { return .pass }
        act = .reset(data.start + data.length / 2)
      case (.garbage, true):
        guard !frames.isEmpty else { return .pass }
        act = .garbage
      case (.stall(let stall), false):
        guard !frames.isEmpty else { return .pass }
        act = .hold(stall)
      case (.silence, false):
        guard !frames.isEmpty else { return .pass }
        state.silent.insert(id)
        return .swallow
      }
      state.fault = .none
      return act
    }
  }
#endif
