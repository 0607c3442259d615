// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestPrograms

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder of its own in which the tool is run as a process; removed with the last reference.
final class ToolFolder: Sendable {
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("arrival-tool-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
  }

  /// Runs the tool to its end; its output goes through files, so that neither pipe fills up.
  func run(_ arguments: String..., input: String = "") throws -> Outcome {
    try run(list: arguments, input: input)
  }

  func run(list arguments: [String], input: String = "") throws -> Outcome {
    let process = try process(arguments, input: input)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: try text("stdout"), errors: try text("stderr"))
  }

  /// The contents of a file.
  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }

  /// The tool, not yet running, in this folder.
  func process(_ arguments: [String], input: String? = nil) throws -> Process {
    let process = Process()
    process.executableURL = try Self.executable()
    process.arguments = arguments
    process.currentDirectoryURL = url
    for name in ["stdout", "stderr"] { try write("", to: name) }
    if let input {
      try write(input, to: "stdin")
      process.standardInput = try FileHandle(
        forReadingFrom: url.appendingPathComponent("stdin"))
    }
    process.standardOutput = try FileHandle(
      forWritingTo: url.appendingPathComponent("stdout"))
    process.standardError = try FileHandle(
      forWritingTo: url.appendingPathComponent("stderr"))
    return process
  }

  /// The product, or in a build of tests alone the target of the same code.
  static func executable() throws -> URL { try TestProgram.url("arrival", "ArrivalTool") }
}
