// SPDX-License-Identifier: Apache-2.0
import Arrival

/// A resolver of one post, as a GraphQL server has: it knows nothing of other posts.
public struct PostResolver: Sendable {
  let post: Post
  let loaders: Loaders

  /// The post with all below it. What can go on at the same time is started first and awaited
  /// later.
  public func text() async throws -> String {
    async let author = AuthorResolver(id: post.author, loaders: loaders).text()
    let comments = try await loaders.comments.load(post.id).value
    let lines = comments.map { comment in
      Future("comment") { [loaders] in
        let author = AuthorResolver(id: comment.author, loaders: loaders)
        return "  \(comment.text) — \(try await author.text())"
      }
    }
    let all = try await Future.all(lines).value
    return (["\(post.title), by \(try await author)"] + all).joined(separator: "\n")
  }
}

struct AuthorResolver: Sendable {
  let id: Int
  let loaders: Loaders

  func text() async throws -> String {
    let author = try await loaders.authors.load(id).value
    return "\(author.name) of \(try await loaders.companies.load(author.company).value)"
  }
}

/// All posts of a blog. Each level of the tree is one call, however many posts there are.
public func blogText(_ backend: some BlogBackend) -> Future<String> {
  Future("blog") {
    let loaders = Loaders(backend)
    let posts = try await backend.posts().map { post in
      Future(post.title) { try await PostResolver(post: post, loaders: loaders).text() }
    }
    return try await Future.all(posts).value.joined(separator: "\n")
  }
}
