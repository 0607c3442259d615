// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Resolvers
import Testing

/// A backend whose calls take twenty milliseconds of the test's clock.
private struct TestBackend: BlogBackend {
  let comments = FakeBackend<Int, [Remark]>(
    Dictionary(
      uniqueKeysWithValues: (1...50).map { id in
        (id, [Remark(text: "one", author: 100 + id % 7), Remark(text: "two", author: id % 5)])
      }), latency: .milliseconds(20))
  let authors = FakeBackend<Int, Author>(
    Dictionary(
      uniqueKeysWithValues: (0...200).map { ($0, Author(id: $0, name: "A\($0)", company: $0 % 3)) }
    ), latency: .milliseconds(20))
  let companies = FakeBackend<Int, String>([0: "X", 1: "Y", 2: "Z"], latency: .milliseconds(20))

  func posts() async throws -> [Post] {
    (1...50).map { Post(id: $0, title: "P\($0)", author: $0 % 5) }
  }

  func comments(ofPosts ids: [Int]) async throws -> [Int: [Remark]] {
    try await comments.load(ids)
  }
  func authors(_ ids: [Int]) async throws -> [Int: Author] { try await authors.load(ids) }
  func companies(_ ids: [Int]) async throws -> [Int: String] { try await companies.load(ids) }
}

@Test(.arrival(seeds: 1...100)) func `Each level is one call, in any schedule`() async throws {
  let backend = TestBackend()
  let text = try await blogText(backend).value
  #expect(text.split(separator: "\n").count == 150)
  #expect(backend.comments.calls.count == 1)
  #expect(backend.authors.calls.count == 2)
  #expect(backend.companies.calls.count == 1)
  #expect(ManualTime.current?.now == .milliseconds(40))
}

@Test(.arrival) func `A backend that fails for companies fails the blog with that error`()
  async throws
{
  struct Down: Error {}
  let backend = TestBackend()
  backend.companies.when({ _ in true }, .fail(Down()))
  await #expect(throws: Down.self) { try await blogText(backend).value }
}
