// SPDX-License-Identifier: Apache-2.0
#if Logging
  import Arrival
  import Logging
  import Testing

  @testable import ArrivalLogging

  @Suite struct RecordTests {
    private struct Refused: Error, CustomStringConvertible {
      let description = "no"
    }

    fileprivate struct Example: Sendable, CustomTestStringConvertible {
      let diagnostic: Diagnostic
      let level: Logger.Level
      let metadata: Logger.Metadata

      init(
        _ kind: String, _ level: Logger.Level, _ diagnostic: Diagnostic, _ rest: Logger.Metadata
      ) {
        self.diagnostic = diagnostic
        self.level = level
        metadata = rest.merging(["arrival.diagnostic": "\(kind)"]) { $1 }
      }

      var testDescription: String { "\(metadata["arrival.diagnostic"] ?? "")" }
    }

    private static let error: Logger.Metadata = ["error.type": "Refused", "error.message": "no"]
    private static let examples = [
      Example(
        "callbackThrew", .error, .callbackThrew(executor: "images", error: Refused()),
        error.merging(["arrival.executor": "images"]) { $1 }),
      Example(
        "threadNotStarted", .error, .threadNotStarted(executor: "images", code: 11),
        ["arrival.executor": "images", "arrival.code": "11"]),
      Example(
        "blocksCooperativePool", .warning, .blocksCooperativePool(site: "f() at F.swift:7"),
        ["arrival.site": "f() at F.swift:7"]),
      Example("blocksCooperativePool", .warning, .blocksCooperativePool(site: nil), [:]),
      Example(
        "blocksActor", .warning,
        .blocksActor(thread: "the main thread", site: "f() at F.swift:7", awaited: "future \"a\""),
        [
          "arrival.thread": "the main thread", "arrival.site": "f() at F.swift:7",
          "arrival.awaited": "future \"a\"",
        ]),
      Example(
        "cacheFailed", .warning,
        .cacheFailed(batcher: "users", operation: .removeAll, error: Refused()),
        error.merging(["arrival.batcher": "users", "arrival.operation": "removeAll"]) { $1 }),
      Example(
        "blocksLastThread", .warning,
        .blocksLastThread(executor: "images", threads: 4, site: "f() at F.swift:7"),
        [
          "arrival.executor": "images", "arrival.threads": "4",
          "arrival.site": "f() at F.swift:7",
        ]),
    ]

    @Test(arguments: examples)
    fileprivate func `A diagnostic has the metadata of its kind, and no other`(
      _ example: Example
    ) {
      let record = Record(example.diagnostic)
      #expect(record.level == example.level)
      #expect(record.metadata == example.metadata)
      #expect(record.message == "\(example.diagnostic)")
    }
  }
#endif
