// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite struct ByteInputTests {
  private func bytes(of input: ByteInput) throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    while try input.nextChunk({ chunks.append(Array($0)) }) {}
    return chunks
  }

  @Test func `A file is passed on in chunks, and then it has ended`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/bytes"
      try Data([1, 2, 3, 4, 5]).write(to: URL(filePath: path))
      let input = try ByteInput(.path(path), chunkSize: 2)
      #expect(try bytes(of: input) == [[1, 2], [3, 4], [5]])
      #expect(try bytes(of: input) == [])
    }
  }

  @Test func `Bytes in memory are passed on once`() throws {
    let input = try ByteInput(.bytes([1, 2], name: "bundled"))
    #expect(try bytes(of: input) == [[1, 2]])
    #expect(try bytes(of: input) == [])
  }

  @Test func `A descriptor stays open for its owner`() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    pipe.fileHandleForWriting.write(Data([1]))
    try pipe.fileHandleForWriting.close()
    #expect(try bytes(of: ByteInput(.descriptor(descriptor, name: "pipe"))) == [[1]])
    #expect(fcntl(descriptor, F_GETFD) != -1)
  }

  @Test func `A missing file is reported`() {
    let error = #expect(throws: InputError.self) {
      try ByteInput(.path("/nonexistent/table.csv"))
    }
    #expect(error?.code == .missing)
    #expect(
      error?.description == "/nonexistent/table.csv: there is no such file; check the path")
  }

  @Test func `A directory is reported before any work begins`() throws {
    try withTemporaryDirectory { directory in
      let error = #expect(throws: InputError.self) { try ByteInput(.path(directory)) }
      #expect(error?.code == .directory)
      #expect(error?.source == directory)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read every file"))
  func `A file without read permission is reported`() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/secret.csv"
      try Data("a\n1\n".utf8).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
      let error = #expect(throws: InputError.self) { try ByteInput(.path(path)) }
      #expect(error?.code == .notPermitted)
    }
  }

  @Test func `Every error of the system has a message`() {
    func error(_ number: Int32) -> InputError { InputError(errno: number, source: .standardInput) }
    #expect(error(EACCES).code == .notPermitted)
    #expect(error(EPERM).code == .notPermitted)
    #expect(error(EISDIR).code == .directory)
    #expect(error(EIO).code == .unreadable)
    #expect(error(EIO).description.hasPrefix("standard input: reading failed: "))
  }

  @Test func `The argument - is standard input, and any other is a path`() {
    #expect(InputSource(argument: "-") == .standardInput)
    #expect(InputSource(argument: "-").description == "standard input")
    #expect(InputSource(argument: "a.csv") == .path("a.csv"))
  }
}
