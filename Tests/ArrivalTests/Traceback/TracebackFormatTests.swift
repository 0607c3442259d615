// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

/// The text of a traceback.
@Suite struct TracebackFormatTests {
  typealias Frame = Traceback.Frame

  @Test func `Each frame is a line, the most recent call last`() {
    #expect(
      Traceback.inD.format() == """
        Traceback (most recent call last):
          File "x.swift", line 7, in main
          File "x.swift", line 12, in d

        """)
    #expect(Traceback.inD.description == Traceback.inD.format())
  }

  @Test func `Unknown parts of a frame are left out`() {
    #expect(Frame(function: "d", file: "x.swift").description == #"File "x.swift", in d"#)
    #expect(Frame(function: "d").description == #"File "<unknown>", in d"#)
    #expect(Frame(function: "").description == #"File "<unknown>", in <unknown>"#)
    #expect(Frame(function: "", file: "").description == #"File "<unknown>", in <unknown>"#)
    let unnamed = Frame(function: "d", kind: .creation(future: " "))
    #expect(unnamed.description == #"File "<unknown>", in d (future created)"#)
    #expect(
      Frame(function: "d", file: "x.swift", line: 1, column: 2).description
        == #"File "x.swift", line 1, in d"#)
  }

  @Test func `Without frames there is no heading`() {
    #expect(Traceback(frames: []).format() == "")
    #expect(Traceback.inD.format(limit: 0) == "")
    let hidden = Traceback(frames: [Frame(function: "swift_job_run", isRuntime: true)])
    #expect(hidden.format() == "")
  }

  @Test func `Frames of the runtime are hidden unless asked for`() {
    let traceback = Traceback(frames: [
      Frame(function: "swift_job_run", isRuntime: true), .inD,
      Frame(function: "swift_willThrow", isRuntime: true),
    ])
    #expect(traceback.frames == [.inD])
    #expect(traceback.allFrames.count == 3)
    #expect(!traceback.format().contains("swift_"))
    var options = Traceback.FormatOptions.default
    options.includesRuntime = true
    #expect(traceback.format(options: options).contains("in swift_willThrow\n"))
    // A limit counts what is shown.
    #expect(traceback.format(limit: 1).contains("in d\n"))
    #expect(traceback.format(limit: -1).contains("in d\n"))
    #expect(traceback.format(limit: -1, options: options).contains("in swift_willThrow\n"))
  }

  @Test func `A limit above zero keeps the oldest, below zero the most recent`() {
    let frames = (1...5).map { (i: Int) in Frame(function: "f\(i)", file: "x.swift", line: i) }
    let traceback = Traceback(frames: frames)
    func shown(_ limit: Int?) -> [String] {
      traceback.format(limit: limit).split(separator: "\n").dropFirst().map { String($0.suffix(2)) }
    }
    #expect(shown(nil) == ["f1", "f2", "f3", "f4", "f5"])
    #expect(shown(2) == ["f1", "f2"])
    #expect(shown(-2) == ["f4", "f5"])
    #expect(shown(0) == [])
    for all in [5, 6, -5, -6, .max, .min] { #expect(shown(all) == shown(nil)) }
  }

  @Test(arguments: [(1, nil), (3, nil), (4, "1 more time"), (10, "7 more times")])
  func `Equal frames are shown three times`(count: Int, more: String?) {
    let traceback = Traceback(
      frames: [.inMain] + Array(repeating: .inD, count: count) + [.inMain])
    let lines = traceback.format().split(separator: "\n").dropFirst()
    let line = #"  File "x.swift", line 12, in d"#
    let main = #"  File "x.swift", line 7, in main"#
    let repeated = more.map { ["  [Previous line repeated \($0)]"] } ?? []
    #expect(
      Array(lines).map(String.init)
        == [main] + Array(repeating: line, count: min(count, 3)) + repeated + [main])
  }

  @Test func `Frames without a line collapse too, others that differ do not`() {
    let bare = Traceback(frames: Array(repeating: Frame(function: "f"), count: 1_000))
    #expect(bare.format().hasSuffix("  [Previous line repeated 997 more times]\n"))
    let columns = (0..<5).map { Frame(function: "f", file: "x", line: 1, column: $0) }
    #expect(Traceback(frames: columns).format().contains("[Previous line repeated 2 more times]"))
    let lines = (0..<5).map { Frame(function: "f", file: "x", line: $0) }
    #expect(!Traceback(frames: lines).format().contains("repeated"))
  }

  @Test func `Futures are in the order in which they awaited each other`() {
    let traceback = Traceback(frames: [
      Frame(function: "main", file: "App/main.swift", line: 7, kind: .creation(future: "a")),
      Frame(function: "handle()", file: "/src/App/Handler.swift", line: 8, kind: .asyncCall),
      Frame(
        function: "load(_:)", file: "App/Users.swift", line: 20, kind: .creation(future: "b")),
      Frame(function: "load(_:)", file: "App/Users.swift", line: 21, kind: .creation(future: nil)),
      Frame(function: "load(_:)", file: "App/Users.swift", line: 22, kind: .creation(future: "d")),
      Frame(function: "onReply()", file: "App/Net.swift", line: 30, kind: .failure),
    ])
    #expect(
      traceback.format() == """
        Traceback (most recent call last):
          File "App/main.swift", line 7, in main (future "a" created)
          File "/src/App/Handler.swift", line 8, in handle()
          File "App/Users.swift", line 20, in load(_:) (future "b" created, awaited by future "a")
          File "App/Users.swift", line 21, in load(_:) (future created, awaited by future "b")
          File "App/Users.swift", line 22, in load(_:) (future "d" created, awaited by the \
        future above)
          File "App/Net.swift", line 30, in onReply() (promise failed)

        """)
    // A future that the limit leaves out is not mentioned.
    #expect(
      traceback.format(limit: -2) == """
        Traceback (most recent call last):
          File "App/Users.swift", line 22, in load(_:) (future "d" created)
          File "App/Net.swift", line 30, in onReply() (promise failed)

        """)
  }

  @Test func `Line breaks and runs of spaces in a name become one space`() {
    let frame = Frame(
      function: "f", file: "x", line: 1, kind: .creation(future: "a\r\nb\u{2028} c"))
    #expect(frame.description == #"File "x", line 1, in f (future "a b c" created)"#)
  }

  @Test func `A summary is one line of at most twelve frames`() {
    func summary(_ count: Int) -> [String] {
      let frames = (0..<count).map { Frame(function: "f\($0)", file: "x", line: 1) }
      return Traceback(frames: frames).summary.components(separatedBy: "; ")
        .map { String($0.split(separator: " ").last ?? "") }
    }
    #expect(summary(1) == ["f0"])
    #expect(summary(12) == (0..<12).map { "f\($0)" })
    #expect(
      summary(13) == ["f0", "f1", "f2", "f3", "…"] + (5..<13).map { "f\($0)" })
    #expect(Traceback(frames: []).summary == "")
  }

  @Test func `Equal frames make equal tracebacks`() {
    let other = Traceback(frames: [.inMain, .inD])
    #expect(other == .inD)
    #expect(other.hashValue == Traceback.inD.hashValue)
    #expect(Traceback.inMain != .inD)
  }

  @Test func `Limits apply to tracebacks through futures too`() throws {
    let promise = Promise<Int>("p")
    let all = Future.all([Future.all([promise.future])])
    promise.fail(Oops())
    let traceback = try #require(all.getTraceback())
    let frames = traceback.frames
    #expect(frames.count == 4)
    #expect(frames.map(\.kind).suffix(2) == [.creation(future: "p"), .failure])
    for limit in -5...5 {
      let kept = limit < 0 ? Array(frames.suffix(-limit)) : Array(frames.prefix(limit))
      #expect(traceback.format(limit: limit) == Traceback(frames: kept).format())
    }
  }

  @Test func `The current stack obeys the limit`() {
    #expect(Traceback.current(limit: 0).frames == [])
    #expect(Traceback.current(limit: -1).frames.count <= 1)
  }

  @Test func `The cost is proportional to the number of frames`() {
    func cost(_ count: Int) -> Duration {
      let frames = (0..<count).map { Frame(function: "f", file: "x.swift", line: $0) }
      let traceback = Traceback(frames: frames)
      return measured { #expect(traceback.format().utf8.count > 30 * count) }
    }
    _ = cost(100)
    let small = cost(1_000)
    // A hundred times as many frames. Quadratic cost would be ten thousand times as high.
    #expect(cost(100_000) < small * 1_000)
  }
}
