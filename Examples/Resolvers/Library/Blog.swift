// SPDX-License-Identifier: Apache-2.0
import Arrival

/// What a blog has. Each type names the others by their IDs, as rows of a database do.
public struct Post: Sendable {
  public let id: Int
  public let title: String
  public let author: Int

  public init(id: Int, title: String, author: Int) {
    self.id = id
    self.title = title
    self.author = author
  }
}

public struct Remark: Sendable {
  public let text: String
  public let author: Int

  public init(text: String, author: Int) {
    self.text = text
    self.author = author
  }
}

public struct Author: Sendable {
  public let id: Int
  public let name: String
  public let company: Int

  public init(id: Int, name: String, company: Int) {
    self.id = id
    self.name = name
    self.company = company
  }
}

/// What answers: each method takes many IDs, as `WHERE id IN (…)` does.
public protocol BlogBackend: Sendable {
  func posts() async throws -> [Post]
  func comments(ofPosts ids: [Int]) async throws -> [Int: [Remark]]
  func authors(_ ids: [Int]) async throws -> [Int: Author]
  func companies(_ ids: [Int]) async throws -> [Int: String]
}

/// The batchers of one request. Each keeps what it has loaded, so an author is loaded once.
public struct Loaders: Sendable {
  public let comments: Batcher<Int, [Remark]>
  public let authors: Batcher<Int, Author>
  public let companies: Batcher<Int, String>

  public init(_ backend: some BlogBackend) {
    comments = Batcher("comments") { (ids: [Int]) in try await backend.comments(ofPosts: ids) }
    authors = Batcher("authors", cache: .lru(1000)) { (ids: [Int]) in
      try await backend.authors(ids)
    }
    companies = Batcher("companies", cache: .lru(1000)) { (ids: [Int]) in
      try await backend.companies(ids)
    }
  }
}
