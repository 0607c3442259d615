// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Foundation
  import Synchronization

  #if canImport(Glibc)
    import Glibc
    private let streamType = Int32(SOCK_STREAM.rawValue)
  #else
    import Darwin
    private let streamType = SOCK_STREAM
  #endif

  /// Accepts connections on a port of its own, each on a thread of its own.
  final class LoopbackListener: Sendable {
    let port: Int
    private let descriptor: Int32
    private let connections = Mutex(0)

    /// How many connections have come.
    var count: Int { connections.withLock { $0 } }

    init(_ serve: @escaping @Sendable (Int32) -> Void) throws {
      let listening = socket(AF_INET, streamType, 0)
      guard Self.with(0, { bind(listening, $0, $1) }) == 0, listen(listening, 64) == 0 else {
        close(listening)
        throw ServerProcess.Failure(description: "No port can be listened on.")
      }
      port = try Self.port(of: listening)
      descriptor = listening
      let thread = Thread { [weak self] in
        while true {
          let connection = accept(listening, nil, nil)
          guard connection >= 0, let self else {
            if connection >= 0 { close(connection) }
            // Here and not where it is shut down: a number that is closed may be another's at once.
            close(listening)
            return
          }
          self.connections.withLock { $0 += 1 }
          let serving = Thread { serve(connection) }
          serving.start()
        }
      }
      thread.start()
    }

    deinit {
      shutdown(descriptor, Int32(SHUT_RDWR))
      // Where that does not end the wait for a connection, one does.
      let last = Self.connect(to: port)
      if last >= 0 { close(last) }
    }

    static func with(
      _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    private static func port(of descriptor: Int32) throws -> Int {
      var address = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(descriptor, $0, &length)
        }
      }
      guard result == 0 else { throw ServerProcess.Failure(description: "A socket has no port.") }
      return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether a port can be listened on.
    static func isFree(_ port: Int) -> Bool {
      let descriptor = socket(AF_INET, streamType, 0)
      defer { close(descriptor) }
      return with(port) { bind(descriptor, $0, $1) } == 0
    }

    /// A connection to a port; -1 if nobody listens.
    static func connect(to port: Int) -> Int32 {
      let descriptor = socket(AF_INET, streamType, 0)
      #if canImport(Glibc)
        let result = with(port) { Glibc.connect(descriptor, $0, $1) }
      #else
        let result = with(port) { Darwin.connect(descriptor, $0, $1) }
      #endif
      if result == 0 { return descriptor }
      close(descriptor)
      return -1
    }

    /// What comes next; empty at the end.
    static func read(_ descriptor: Int32) -> [UInt8] {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Whether all of it could be sent.
    @discardableResult
    static func write(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return false }
        sent += count
      }
      return true
    }

    /// Ends what is read of a connection, and makes its closing a reset.
    static func reset(_ descriptor: Int32) {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      shutdown(descriptor, Int32(SHUT_RD))
    }
  }
#endif
