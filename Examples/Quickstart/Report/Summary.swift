// SPDX-License-Identifier: Apache-2.0
internal import ArrivalFormats

/// The numbers of a run of the main job, and the lines that show them.
struct Summary: Sendable, Hashable {
  /// The RPCs of one kind, such as lookups.
  struct Calls: Sendable, Hashable {
    /// The name of the kind in the plural: `commits`.
    var kind: String
    /// How many RPCs had how many keys: `[500: 3, 20: 1]` is three with 500 and one with 20.
    var sizes: [Int: Int]

    var count: Int { sizes.values.reduce(0, +) }
  }

  var source: String
  var rowsStored: Int
  var rowsReadBack: Int
  var problemRows: Int
  var futures: Int
  var calls: [Calls]
  var storing: Duration
  var readingBack: Duration
  /// The name of the tasklet that `waitAny` returned; `nil` if there was none.
  var firstArrival: String?

  var lines: [String] {
    let rpcs = calls.reduce(0) { $0 + $1.count }
    var rows: [(label: String, number: String, note: String)] = [
      ("rows stored", grouped(rowsStored), time(rowsStored, storing)),
      ("rows read back", grouped(rowsReadBack), time(rowsReadBack, readingBack)),
    ]
    if problemRows > 0 {
      rows.append(("rows with problems", grouped(problemRows), "reported above"))
    }
    rows.append(("futures", grouped(futures), "a put, a get and a tasklet for each row"))
    rows.append(("RPCs", grouped(rpcs), perRPC(rpcs)))
    for call in calls {
      let sizes = compressed(sizes: call.sizes)
      let note = sizes.isEmpty ? "" : "keys in each: \(sizes)"
      rows.append(("  \(call.kind)", grouped(call.count), note))
    }

    let labelWidth = rows.map(\.label.count).max() ?? 0
    let numberWidth = rows.map(\.number.count).max() ?? 0
    var lines = ["\(source): \(counted(futures, "future")) served by \(counted(rpcs, "RPC"))", ""]
    for row in rows {
      let label = row.label + padding(labelWidth - row.label.count)
      let number = padding(numberWidth - row.number.count) + row.number
      lines.append("  \(label)  \(number)" + (row.note.isEmpty ? "" : "  \(row.note)"))
    }
    lines.append("")
    if let firstArrival { lines.append("the first to arrive, by waitAny: \(firstArrival)") }
    lines.append("time: \(formatted(storing + readingBack))")
    return lines
  }

  private func time(_ rows: Int, _ duration: Duration) -> String {
    guard let perSecond = rate(rows, in: duration), rows > 0 else {
      return "in \(formatted(duration))"
    }
    return "in \(formatted(duration)), \(grouped(perSecond)) a second"
  }

  private func perRPC(_ rpcs: Int) -> String {
    guard rpcs > 0, futures >= 2 * rpcs else { return "" }
    return "\(grouped(futures / rpcs)) futures to one RPC"
  }

  private func padding(_ count: Int) -> String {
    String(repeating: " ", count: count)
  }
}
