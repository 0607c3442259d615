// SPDX-License-Identifier: Apache-2.0
/// What a node of a graph of dependencies needs in order to end.
enum Needs<Node> {
  /// It can end by itself, or has ended.
  case nothing
  case one(Node)
  /// It ends when all of these have ended.
  case all([Node])
  /// It ends when one of these has ended.
  case any([Node])

  var nodes: [Node] {
    switch self {
    case .nothing: []
    case .one(let node): [node]
    case .all(let nodes), .any(let nodes): nodes
    }
  }
}
