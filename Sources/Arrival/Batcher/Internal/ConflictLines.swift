/// Who may go on, and who waits behind another that touches the same thing. Pure.
///
/// A thing belongs to one element at a time, from when it is claimed until it is released; the others
/// that touch it stand in line in the order in which they came.
struct ConflictLines<Thing: Hashable, Element> {
  private struct Line {
    /// To whom the thing belongs.
    var holder: Element?
    var waiting = RingBuffer<Element>()
  }

  private var lines: [Thing: Line] = [:]

  /// Whether nobody holds anything.
  var isEmpty: Bool { lines.isEmpty }

  /// Claims a thing; `false` if it belongs to another, behind whom `element` then waits.
  mutating func claim(_ thing: Thing, for element: Element) -> Bool {
    Self.claim(&lines[thing], for: element)
  }

  // One look at the table for both cases: every write comes through here.
  private static func claim(_ line: inout Line?, for element: Element) -> Bool {
    guard line != nil else {
      line = Line(holder: element)
      return true
    }
    line?.waiting.append(element)
    return false
  }

  /// To whom a thing belongs.
  func holder(of thing: Thing) -> Element? { lines[thing]?.holder }

  /// The holder is through with a thing. It goes to the next in line that is still wanted.
  mutating func release(_ thing: Thing, isWanted: (Element) -> Bool) -> Element? {
    // Taken out and put back, or the line would be copied.
    guard var line = lines.removeValue(forKey: thing) else { return nil }
    while let next = line.waiting.popFirst() {
      if !isWanted(next) { continue }
      line.holder = next
      lines[thing] = line
      return next
    }
    return nil
  }
}
