// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite struct TableReaderTests {
  @Test func `A file is read in chunks`() throws {
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

  @Test func `Each row of a slow pipe is returned as soon as its line is complete`() throws {
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

  @Test func `A read waits for bytes even if the pipe is non-blocking`() throws {
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

  @Test func `Bytes in memory are read as a table`() throws {
    let reader = try TableReader(.bytes(Array("a,b\n1,2\n".utf8), name: "bundled"))
    #expect(try rows(of: reader) == [TableRow(line: 2, fields: ["1", "2"])])
  }

  @Test func `The error for an empty file or a lone header names the file`() throws {
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

  private func rows(of reader: TableReader) throws -> [TableRow] {
    var rows: [TableRow] = []
    while let event = try reader.next() {
      if case .row(let row) = event { rows.append(row) }
    }
    return rows
  }
}
