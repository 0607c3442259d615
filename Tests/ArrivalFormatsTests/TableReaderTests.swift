internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite("A table reader")
struct TableReaderTests {
  @Test("reads a file in chunks")
  func file() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/table.csv"
      let text = "id,text\n" + (0..<10_000).map { "\($0),\"row\n\($0)\"\n" }.joined()
      try Data(text.utf8).write(to: URL(filePath: path))
      for chunkSize in [1, 7, 1 << 16] {
        let rows = try rows(of: TableReader(.path(path), chunkSize: chunkSize))
        #expect(rows.count == 10_000)
        #expect(rows.last == TableRow(line: 20_000, fields: ["9999", "row\n9999"]))
      }
    }
  }

  @Test("gives each row of a slow pipe as soon as its line is there")
  func slowPipe() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    pipe.fileHandleForWriting.write(Data("a,b\n1,2\n3,".utf8))
    let reader = try TableReader(.descriptor(descriptor, name: "pipe"))
    #expect(try reader.next() == .header(TableHeader(line: 1, fields: ["a", "b"])))
    #expect(try reader.next() == .row(TableRow(line: 2, fields: ["1", "2"])))
    pipe.fileHandleForWriting.write(Data("4\n5,6".utf8))
    #expect(try reader.next() == .row(TableRow(line: 3, fields: ["3", "4"])))
    try pipe.fileHandleForWriting.close()
    #expect(try reader.next() == .row(TableRow(line: 4, fields: ["5", "6"])))
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  @Test("waits for a pipe that somebody made non-blocking")
  func nonBlockingPipe() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    let writer = Thread {
      pipe.fileHandleForWriting.write(Data("a,b\n1,2\n".utf8))
      try? pipe.fileHandleForWriting.close()
    }
    let reader = try TableReader(.descriptor(descriptor, name: "pipe"))
    writer.start()
    #expect(try rows(of: reader).count == 1)
  }

  @Test("reads bytes in memory")
  func bytes() throws {
    let reader = try TableReader(.bytes(Array("a,b\n1,2\n".utf8), name: "bundled"))
    #expect(try rows(of: reader) == [TableRow(line: 2, fields: ["1", "2"])])
  }

  @Test("says that a file is missing")
  func missing() {
    let error = #expect(throws: TableError.self) {
      try TableReader(.path("/nonexistent/table.csv"))
    }
    #expect(error?.code == .missing)
    #expect(
      error?.description == "/nonexistent/table.csv: there is no such file; check the path")
  }

  @Test("says that a path is a directory's")
  func directory() throws {
    try withTemporaryDirectory { directory in
      let error = #expect(throws: TableError.self) { try TableReader(.path(directory)) }
      #expect(error?.code == .directory)
      #expect(error?.source == directory)
    }
  }

  @Test("says that a file may not be read", .enabled(if: geteuid() != 0, "root reads every file"))
  func notPermitted() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/secret.csv"
      try Data("a\n1\n".utf8).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
      let error = #expect(throws: TableError.self) { try TableReader(.path(path)) }
      #expect(error?.code == .notPermitted)
    }
  }

  @Test("has a sentence for every error of the system")
  func systemErrors() {
    #expect(TableError.system(EACCES).code == .notPermitted)
    #expect(TableError.system(EPERM).code == .notPermitted)
    #expect(TableError.system(EISDIR).code == .directory)
    #expect(TableError.system(EIO).message.hasPrefix("the table cannot be read: "))
  }

  @Test("names the file that is empty or has only a header")
  func emptyFile() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/empty.csv"
      for (text, code) in [("", TableError.Code.empty), ("a,b\n", .noRows)] {
        try Data(text.utf8).write(to: URL(filePath: path))
        let error = #expect(throws: TableError.self) { try rows(of: TableReader(.path(path))) }
        #expect(error?.code == code)
        #expect(error?.source == path)
      }
    }
  }

  @Test("takes `-` for standard input and everything else for a path")
  func arguments() {
    #expect(TableSource(argument: "-") == .standardInput)
    #expect(TableSource(argument: "-").description == "standard input")
    #expect(TableSource(argument: "a.csv") == .path("a.csv"))
  }

  private func rows(of reader: TableReader) throws -> [TableRow] {
    var rows: [TableRow] = []
    while let event = try reader.next() {
      if case .row(let row) = event { rows.append(row) }
    }
    return rows
  }

  private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "quickstart-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path())
  }
}
