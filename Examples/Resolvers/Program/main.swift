// SPDX-License-Identifier: Apache-2.0
import Arrival
import Resolvers

/// A backend that prints its calls.
struct PrintingBackend: BlogBackend {
  func posts() async throws -> [Post] {
    (1...100).map { Post(id: $0, title: "Post \($0)", author: $0 % 10) }
  }

  func comments(ofPosts ids: [Int]) async throws -> [Int: [Remark]] {
    print("a call for the comments of \(ids.count) posts")
    return Dictionary(
      uniqueKeysWithValues: ids.map { id in
        (id, (1...3).map { Remark(text: "Comment \($0)", author: 10 + (id + $0) % 20) })
      })
  }

  func authors(_ ids: [Int]) async throws -> [Int: Author] {
    print("a call for \(ids.count) authors")
    return Dictionary(
      uniqueKeysWithValues: ids.map {
        ($0, Author(id: $0, name: "Author \($0)", company: $0 % 3))
      })
  }

  func companies(_ ids: [Int]) async throws -> [Int: String] {
    print("a call for \(ids.count) companies")
    return Dictionary(uniqueKeysWithValues: ids.map { ($0, "Company \($0)") })
  }
}

// No `async main`: synchronous code blocks.
let text = try blogText(PrintingBackend()).getResult()
print(text.split(separator: "\n").prefix(4).joined(separator: "\n"))
