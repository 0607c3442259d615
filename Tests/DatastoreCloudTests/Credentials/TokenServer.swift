// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import Foundation
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #else
    import Darwin
  #endif

  /// A server of tokens on the loopback interface, whose answers a test writes.
  final class TokenServer: Sendable {
    struct Answer: Sendable {
      var status = "200 OK"
      var headers = ["Content-Type": "application/json"]
      var body = ""
      /// The answer waits for this.
      var gate: Future<Void>?

      static func token(_ token: String, seconds: Double = 3_600) -> Answer {
        Answer(
          body: #"{"access_token":"\#(token)","expires_in":\#(seconds),"token_type":"Bearer"}"#)
      }

      static func failure(_ status: String, _ body: String = "") -> Answer {
        Answer(status: status, body: body)
      }
    }

    private final class Script: Sendable {
      let answers: Mutex<[Answer]>
      let requests = Mutex<[String]>([])
      init(_ answers: [Answer]) { self.answers = Mutex(answers) }
    }

    private let script: Script
    private let listener: LoopbackListener

    /// What was asked, headers and body, in order.
    var requests: [String] { script.requests.withLock { $0 } }
    var port: Int { listener.port }
    var url: String { "http://127.0.0.1:\(listener.port)/token" }

    /// Answers one question after the other; the last answer goes on for ever.
    init(_ answers: Answer...) throws {
      let script = Script(answers)
      self.script = script
      listener = try LoopbackListener { connection in
        var text = ""
        while !Self.isWhole(text) {
          let bytes = LoopbackListener.read(connection)
          if bytes.isEmpty { break }
          text += String(decoding: bytes, as: UTF8.self)
        }
        script.requests.withLock { $0.append(text) }
        let answer = script.answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        answer.gate?.wait()
        var reply = "HTTP/1.1 \(answer.status)\r\nConnection: close\r\n"
        reply += "Content-Length: \(answer.body.utf8.count)\r\n"
        for (name, value) in answer.headers { reply += "\(name): \(value)\r\n" }
        LoopbackListener.write(Array("\(reply)\r\n\(answer.body)".utf8), connection)
        close(connection)
      }
    }

    private static func isWhole(_ text: String) -> Bool {
      guard let end = text.range(of: "\r\n\r\n") else { return false }
      let length = text.split(separator: "\r\n").first {
        $0.lowercased().hasPrefix("content-length:")
      }
      let count = length.flatMap { Int($0.split(separator: ":")[1].filter(\.isNumber)) } ?? 0
      return text[end.upperBound...].utf8.count >= count
    }
  }

  /// Files that are gone when this is.
  final class TemporaryFiles: Sendable {
    let folder: URL

    init() throws {
      folder = FileManager.default.temporaryDirectory
        .appending(path: "arrival-credentials-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, to name: String = "key.json", mode: Int = 0o600) throws -> String {
      let path = folder.appending(path: name).path
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      return path
    }

    /// A private key of RSA's, made for this test; `nil` without the `openssl` program.
    func privateKey() -> String? {
      let path = folder.appending(path: "rsa.pem").path
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["openssl", "genrsa", "-out", path, "2048"]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      do { try process.run() } catch { return nil }
      process.waitUntilExit()
      return try? String(contentsOfFile: path, encoding: .utf8)
    }
  }
#endif
