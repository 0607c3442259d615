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

  @Test func `Each reason has its first problems and its own count`() {
    var problems = ListedProblems()
    var listed: [String] = []
    for line in 2...101 {
      let text = "line \(line): column \"n\": \"x y\(line)\" is not an integer, such as -12"
      if problems.add(text) { listed.append(text) }
    }
    for (line, key) in [(102, "K/1"), (103, "K/ann"), (104, "K/3"), (105, "K/4"), (106, "K/5")] {
      let text = "line \(line): \(key) exists; it was left alone (--insert)"
      if problems.add(text) { listed.append(text) }
    }
    #expect(listed.count == 23 && listed[20].hasPrefix("line 102"))
    #expect(
      problems.summary == [
        "and 80 more rows like this: line 2: column \"n\": \"x y2\" is not an integer, such as -12",
        "and 2 more rows like this: line 102: K/1 exists; it was left alone (--insert)",
      ])
    // Columns are reasons of their own, and there are not too many of them.
    for column in 1...100 { _ = problems.add("line 1: column \"c\(column)\": \"x\" is too long") }
    #expect(problems.summary.last == "and 72 more rows with other problems")
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
