// SPDX-License-Identifier: Apache-2.0
#if NIO
  import NIOCore
  import NIOEmbedded
  import Testing

  @testable import DatastoreMemcached

  /// Commands and replies as bytes, in time that the test moves.
  @Suite struct MemcachedHandlerTests {
    private struct Failed: Error {}

    private final class Connection {
      let channel = EmbeddedChannel()

      init() throws {
        try channel.pipeline.syncOperations.addHandlers(
          ByteToMessageHandler(MemcachedReplyDecoder()),
          MemcachedHandler(requestTime: .seconds(1)) { _ in Failed() })
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait()
      }

      /// Sends commands, and returns what takes their replies.
      func send(_ commands: [MemcachedCommand]) -> () -> Result<[MemcachedReply], any Error>? {
        let promise = channel.eventLoop.makePromise(of: [MemcachedReply].self)
        channel.writeAndFlush(MemcachedRequest(commands: commands, promise: promise), promise: nil)
        var result: Result<[MemcachedReply], any Error>?
        promise.futureResult.assumeIsolated().whenComplete { result = $0 }
        return { result }
      }

      func sent() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
          text += String(buffer: buffer)
        }
        return text
      }

      func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }
    }

    @Test func `Replies go to the requests in the order of their commands`() throws {
      let connection = try Connection()
      let first = connection.send([
        .gets(["a", "b"]), .add("c", Array("xyz".utf8), 9), .delete("d"),
      ])
      let second = connection.send([.cas("e", [], 9, state: 7)])
      #expect(
        try connection.sent()
          == "gets a b\r\nadd c 0 9 3\r\nxyz\r\ndelete d\r\ncas e 0 9 0 7\r\n\r\n")
      // One byte at a time.
      for character in "VALUE b 0 4 12\r\n\r\nEN\r\nEND\r\nNOT_STORED\r\nNOT_FOUND\r\nSTORED\r\n"
        .utf8
      {
        #expect(second() == nil)
        try connection.receive(String(decoding: [character], as: UTF8.self))
      }
      let value = MemcachedReply.Value(name: "b", bytes: Array("\r\nEN".utf8), state: 12)
      #expect(try first()?.get() == [.values([value]), .notStored, .deleted])
      #expect(try second()?.get() == [.stored])
    }

    @Test(arguments: [
      "ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n", "STORED\r\n",
      "SERVER_ERROR out of memory\r\n",
      "VALUE a 0 x 1\r\n", "VALUE a 0 -1 1\r\n", "VALUE a 0 2 1\r\nabcd", "VALUE a 0 1\r\n\r\n\r\n",
      "VALUE a 0 99999999999 1\r\n", String(repeating: "x", count: 3_000), "\r\n", "END \r\n",
    ])
    func `An answer that is not expected fails all requests and ends the connection`(
      _ answer: String
    ) throws {
      let connection = try Connection()
      let requests = [connection.send([.gets(["a"])]), connection.send([.delete("a")])]
      try? connection.receive(answer)
      for request in requests { #expect(throws: Failed.self) { try request()?.get() } }
      #expect(!connection.channel.isActive)
      let later = connection.send([.delete("a")])
      #expect(throws: (any Error).self) { try later()?.get() }
    }

    @Test func `An answer to no request ends the connection`() throws {
      let connection = try Connection()
      try? connection.receive("END\r\n")
      #expect(!connection.channel.isActive)
    }

    @Test func `A lost connection fails all requests, half answered ones included`() throws {
      let connection = try Connection()
      let request = connection.send([.gets(["a"]), .gets(["b"])])
      try connection.receive("END\r\nVALUE b 0 1 1\r\n")
      connection.channel.pipeline.fireChannelInactive()
      #expect(throws: Failed.self) { try request()?.get() }
    }

    @Test func `A request without an answer in time fails all and ends the connection`() throws {
      let connection = try Connection()
      let loop = connection.channel.embeddedEventLoop
      let answered = connection.send([.delete("a")])
      loop.advanceTime(by: .milliseconds(600))
      let late = connection.send([.delete("a")])
      try connection.receive("DELETED\r\n")
      #expect(try answered()?.get() == [.deleted])
      loop.advanceTime(by: .milliseconds(900))
      #expect(late() == nil)
      loop.advanceTime(by: .milliseconds(100))
      #expect(throws: Failed.self) { try late()?.get() }
      #expect(!connection.channel.isActive)
    }

    @Test func `Lines of names are short, and times are whole seconds that end`() {
      let names = (0..<100).map { _ in String(repeating: "n", count: 250) }
      let commands = MemcachedCommand.reading(names)
      var all: [String] = []
      for command in commands {
        var buffer = ByteBuffer()
        command.write(to: &buffer)
        #expect(buffer.readableBytes < 2_048)
        if case .gets(let names) = command { all += names }
      }
      #expect(all == names)
      let times: [(Duration, Int)] = [
        (.zero, 1), (.seconds(-5), 1), (.milliseconds(1), 1), (.seconds(1), 1),
        (.milliseconds(1_001), 2), (.seconds(3_600), 3_600), (.seconds(1 << 40), 2_592_000),
      ]
      for (time, seconds) in times { #expect(MemcachedCommand.seconds(time) == seconds) }
    }

    @Test func `Names fit and differ, and long ones are SHA-256`() {
      var names: Set<String> = []
      for count in 0..<600 {
        for byte: UInt8 in [0, 1, 255] {
          let name = MemcachedName.of([byte] + [UInt8](repeating: byte, count: count))
          #expect(name.utf8.count <= 250 && name.utf8.allSatisfy { (33...126).contains($0) })
          names.insert(name)
        }
      }
      #expect(names.count == 1_800)
      func hash(_ text: String) -> String {
        SHA256.hash(Array(text.utf8)).map {
          String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        .joined()
      }
      // The examples of FIPS 180-2, and lengths around a block.
      #expect(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
      #expect(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
      #expect(
        hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
          == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
      #expect(
        hash(String(repeating: "a", count: 1_000))
          == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }
  }
#endif
