// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite struct ProblemLogTests {
  /// The lines that are written if `count` problems are reported.
  private func lines(_ count: Int) throws -> [String] {
    let pipe = Pipe()
    let printer = ProgressPrinter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let log = ProblemLog(printer, source: "t.csv", command: "test")
    log.report((0..<count).map { "problem \($0)" })
    #expect(log.count == count)
    log.finish()
    try pipe.fileHandleForWriting.close()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `Problems up to the limit are listed, and the rest is counted`()
    throws
  {
    let limit = ProblemLog.limit
    let all = (0..<limit).map { "t.csv: problem \($0)" }
    #expect(try lines(limit) == all)
    #expect(try lines(limit + 1) == all + ["t.csv: and 1 more row like these"])
    #expect(try lines(limit + 2) == all + ["t.csv: and 2 more rows like these"])
    #expect(try lines(0) == [])
  }
}
