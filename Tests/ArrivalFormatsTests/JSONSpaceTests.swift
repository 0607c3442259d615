// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct JSONSpaceTests {
  @Test func `White space between tokens has no meaning`() throws {
    let text = " \n[\t1 ,\r\n2 , { \"a\"\t:\n3 } ]\r\n"
    #expect(try JSONReader.read(Array(text.utf8)).text == #"[1,2,{"a":3}]"#)
    #expect(throws: JSONProblem.self) { try JSONReader.read(Array("[1,\u{B}2]".utf8)) }
  }
}
