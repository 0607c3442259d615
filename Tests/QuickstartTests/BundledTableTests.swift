// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats
@testable internal import quickstart

@Suite struct BundledTableTests {
  @Test func `The bundled table is read whole`() throws {
    let bytes = PackageResources.time_zones_tsv
    let reader = try TableReader(.bytes(bytes, name: "time-zones.tsv"))
    var rows: [TableRow] = []
    while let event = try reader.next() {
      switch event {
      case .header(let header):
        #expect(header.columns == ["country", "coordinates", "zone", "comments"])
      case .row(let row): rows.append(row)
      case .malformed(let row): Issue.record("\(row)")
      case .note(let note): Issue.record("\(note)")
      }
    }
    #expect(rows.count == bytes.count { $0 == .lineFeed } - 1)
    #expect(rows.first?.fields == ["AD", "+4230+00131", "Europe/Andorra", ""])
  }
}
