// SPDX-License-Identifier: Apache-2.0
#if Server
  import DatastoreProtos
  import NIOCore
  import NIOHTTP1
  import Testing

  @testable import DatastoreServer

  @Suite struct SmallPartsTests {
    @Test(arguments: [
      ("/v1/projects/p:lookup", "p"), ("/datastore/v1/projects/p:runQuery", "p"),
      ("/v1/projects/a.b%3Ac:commit", "a.b:c"),
    ])
    func `A path names a project`(_ path: String, _ project: String) {
      #expect(APICall(path: path[...])?.project == project)
    }

    @Test(arguments: [
      "", "/", "/v1", "/v1/projects/", "/v1/projects/:lookup", "/v1/projects/p", "p:lookup",
      "/v1/projects/p:Lookup", "/v1/projects/p:nothing", "/v1/projects/a/b:lookup",
      "/v1/projects/%zz:lookup",
    ])
    func `Other paths are no calls`(_ path: String) {
      #expect(APICall(path: path[...]) == nil)
    }

    @Test func `Percent-encoded text is decoded`() {
      #expect(percentDecoded("a%20b+%C3%A9") == "a b+é")
      #expect(percentDecoded("a+b", isForm: true) == "a b")
      #expect(percentDecoded("%") == nil)
      #expect(percentDecoded("%C3") == nil)
    }

    private func refusal(_ headers: HTTPHeaders, _ method: HTTPMethod = .POST) -> String? {
      BrowserOrigins(host: "127.0.0.1").refusal(
        of: HTTPRequest(method: method, uri: "/reset", headers: headers, body: ByteBuffer()))
    }

    @Test func `Programs and pages of this server are admitted`() {
      #expect(refusal(["Host": "anything:1"]) == nil)
      let ours: HTTPHeaders = [
        "Host": "localhost:8081", "Origin": "http://localhost:8081",
        "Sec-Fetch-Site": "same-origin",
      ]
      #expect(refusal(ours) == nil)
      #expect(refusal(["Host": "127.0.0.1:1", "Sec-Fetch-Site": "none"], .GET) == nil)
    }

    @Test func `Pages of other sites are refused`() {
      #expect(refusal(["Host": "localhost:1", "Origin": "http://localhost:2"]) != nil)
      #expect(refusal(["Host": "localhost:1", "Origin": "null"]) != nil)
      #expect(refusal(["Host": "evil.example", "Origin": "http://evil.example"]) != nil)
      #expect(refusal(["Host": "localhost:1", "Sec-Fetch-Site": "same-site"], .GET) != nil)
      #expect(refusal(["Host": "localhost:1", "Sec-Fetch-Site": "none"]) != nil)
    }

    @Test func `Fields of a message make a round trip`() throws {
      var inner = WireFields()
      inner.add(1, "name")
      var fields = WireFields()
      fields.add(1, 300)
      fields.add(2, inner)
      let read = try #require(WireFields(fields.bytes))
      #expect(read.fields.count == 2)
      #expect(read.fields[0].value == .number(300))
      #expect(read.text(2) == "\n\u{4}name")
      #expect(WireFields([0x0A, 0xFF]) == nil)
      #expect(WireFields([0x0B]) == nil)
    }

    @Test func `A token is compared as a whole`() {
      let gate = RequestGate(token: "secret", log: { _ in })
      #expect(gate.admits("Bearer secret") && gate.admits("bearer secret"))
      for wrong in [nil, "", "secret", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret"]
      {
        #expect(!gate.admits(wrong))
      }
      #expect(RequestGate(token: nil, log: { _ in }).admits(nil))
    }
  }
#endif
