import Arrival

struct NotFound: Error {
  var id: Int
}

/// A call of a service, which takes a while.
func fetchName(_ id: Int) async throws -> String {
  try await Future.sleep(for: .milliseconds(20)).value
  guard id > 0 else { throw NotFound(id: id) }
  return "user \(id)"
}

func greeting() async throws -> String {
  let ann = Future("ann") { try await fetchName(7) }.timeout(after: .seconds(2))
  let guest = Future("guest") { try await fetchName(-1) }.timeout(after: .seconds(2))
  await guest.getTraceback()?.print()
  let name = guest.recover { _ in "guest" }
  return "Hello \(try await ann.getResult()) and \(try await name.getResult())"
}
