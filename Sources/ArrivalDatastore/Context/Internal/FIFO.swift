/// A queue that takes from the front in constant time, spread over the calls.
struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    if isEmpty { return nil }
    let first = elements[head].take()
    head += 1
    // Moving the rest costs no more than the takings since the last move.
    if head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }
}

extension FIFO: Sendable where Element: Sendable {}
