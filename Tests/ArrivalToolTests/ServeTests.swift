// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  import Foundation
  import Testing

  /// What `arrival serve` says before it serves.
  @Suite struct ServeTests {
    @Test func `The variables are quoted for the shell`() throws {
      let folder = try ToolFolder()
      let host = try folder.run("serve", "env", "--host-port", "[::1]:18120")
      #expect(host.code == 0 && host.errors == "")
      #expect(host.lines.first == "export DATASTORE_EMULATOR_HOST='[::1]:18120'")
      #expect(host.lines.last == "export DATASTORE_PROJECT_ID=arrival")
    }

    @Test func `An address may leave out the host, as gcloud's`() throws {
      let env = try ToolFolder().run("serve", "env", "--host-port", ":18120")
      #expect(env.lines.first == "export DATASTORE_EMULATOR_HOST=127.0.0.1:18120")
    }

    @Test func `The URL for clients is one of TLS if the server has a certificate`() throws {
      let env = try ToolFolder().run("serve", "env", "--tls-cert", "a.pem", "--tls-key", "b.pem")
      #expect(env.lines.contains("export DATASTORE_HOST=https://127.0.0.1:8081"))
      #expect(env.lines.first == "export DATASTORE_EMULATOR_HOST=127.0.0.1:8081")
    }

    @Test(arguments: [
      (["env", "--port", "0"], "any free one"),
      (["env", "--project", "a b"], "\"a b\" is invalid"),
      (["--project", ""], "\"\" is invalid"),
      (["--consistency", "7"], "from 0 to 1"),
      (["--port", "99999"], "not 99999"),
      (["--store-on-disk", "--in-memory"], "choose between"),
    ])
    func `Wrong arguments are refused with the reason`(
      arguments: [String], reason: String
    ) throws {
      let outcome = try ToolFolder().run(list: ["serve"] + arguments)
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }

    @Test func `A data folder that is a file is refused at the start`() throws {
      let folder = try ToolFolder()
      try folder.write("", to: "one.db")
      let outcome = try folder.run("serve", "--port", "0", "--data-dir", "one.db")
      #expect(outcome.code == 3)
      #expect(outcome.errors.contains("one.db is a file; name a folder"), "\(outcome.errors)")
    }

    @Test func `An address that this machine does not have is refused in a sentence`() throws {
      let outcome = try ToolFolder().run("serve", "--host-port", "192.0.2.1:18120")
      #expect(outcome.code == 1)
      #expect(outcome.errors.contains("does not have the address"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("errno"))
    }

    @Test(arguments: [
      ("", "is empty"), ("\n \n", "is empty"), ("one\ntwo\n", "has 2 lines"),
      ("two words", "spaces"), ("tök", "beyond ASCII"), ("a\u{0}b", "beyond ASCII"),
      (String(repeating: "x", count: 70_000), "too large"),
    ])
    func `A token file that cannot be used is refused with the reason`(
      text: String, reason: String
    ) throws {
      let folder = try ToolFolder()
      try folder.write(text, to: "token")
      // The port cannot be used, so the process ends in any case.
      let outcome = try folder.run(
        "serve", "--host-port", "192.0.2.1:18120", "--token-file", "token")
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("the token file token"), "\(outcome.errors)")
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }

    @Test func `A token file that is missing or a folder is refused`() throws {
      let folder = try ToolFolder()
      let missing = try folder.run("serve", "--port", "0", "--token-file", "none")
      #expect(missing.code == 2)
      #expect(missing.errors.contains("cannot be read: No such file"), "\(missing.errors)")
      let isFolder = try folder.run("serve", "--port", "0", "--token-file", ".")
      #expect(isFolder.code == 2)
      #expect(isFolder.errors.contains("is a folder"), "\(isFolder.errors)")
    }

    @Test(arguments: ["secret", "secret\n", " secret \r\n\n"])
    func `White space around a token does not matter, and others must not read it`(
      _ text: String
    ) throws {
      let folder = try ToolFolder()
      try folder.write(text, to: "token")
      #expect(chmod(folder.url.appendingPathComponent("token").path, 0o644) == 0)
      let arguments = ["serve", "--host-port", "192.0.2.1:18120", "--token-file", "token"]
      let open = try folder.run(list: arguments)
      #expect(open.code == 1)
      #expect(open.errors.contains("other users of this machine can read"), "\(open.errors)")
      #expect(chmod(folder.url.appendingPathComponent("token").path, 0o600) == 0)
      let closed = try folder.run(list: arguments)
      #expect(closed.code == 1)
      #expect(!closed.errors.contains("other users of this machine"), "\(closed.errors)")
    }
  }
#endif
