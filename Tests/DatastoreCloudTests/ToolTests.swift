// SPDX-License-Identifier: Apache-2.0
#if Cloud && SQLite
  import Foundation
  import TestPrograms
  import Testing

  /// The commands, as processes, on the addresses of a server.
  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct ToolTests {
    private let address = "datastore:demo-\(UInt32.random(in: 0...(.max)))"

    private func run(_ program: URL, _ arguments: String...) async throws -> (
      status: Int32, output: String
    ) {
      let emulator = try await Emulator.shared(.newest)
      return try await runProgram(
        [program.path] + arguments, environment: ["DATASTORE_EMULATOR_HOST": "\(emulator.endpoint)"]
      )
    }

    /// The product, or in a build of tests alone the target of the same code.
    private var arrival: URL {
      get throws { try TestProgram.url("arrival", "ArrivalTool") }
    }

    @Test func `The tool puts, gets, queries, exports and deletes entities of a project`()
      async throws
    {
      let put = try await run(arrival, "put", address, "User/7", "name=Ann", "age=41")
      #expect(put.status == 0 && put.output == "User/7\n")
      let entity = "{\"key\":\"User/7\",\"properties\":{\"age\":41,\"name\":\"Ann\"}}\n"
      #expect(try await run(arrival, "get", address, "User/7").output == entity)
      let query = try await run(
        arrival, "query", address, "SELECT * FROM User WHERE age > 40", "--format", "jsonl")
      #expect(query.output == entity)
      #expect(try await run(arrival, "export", address).output == entity)
      #expect(try await run(arrival, "delete", address, "User/7").status == 0)
      #expect(try await run(arrival, "get", address, "User/7").status == 1)
    }

    @Test func `A command for files refuses the address of a project`() async throws {
      for command in ["stats", "check", "vacuum"] {
        let outcome = try await run(arrival, command, address)
        #expect(outcome.status == 3)
        #expect(
          outcome.output
            == "arrival: this command works on database files only; \(address) is not a file\n")
      }
    }

    @Test func `The quickstart's main job runs on a project`() async throws {
      let files = try TemporaryFiles()
      let table = files.folder.appending(path: "numbers.csv")
      let rows = (1...1_200).map { "\($0),row \($0)\n" }.joined()
      try Data("number,text\n\(rows)".utf8).write(to: table)
      let job = try await run(TestProgram.url("quickstart"), table.path, "--database", address)
      #expect(job.status == 0, "\(job.output)")
      #expect(job.output.contains("1,200"))
      #expect(job.output.contains("stored in: \(address), kind \"numbers\""))
      let get = try await run(arrival, "get", address, "numbers/1201")
      #expect(get.output.contains("\"text\":\"row 1200\""))
    }
  }
#endif
