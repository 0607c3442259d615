// SPDX-License-Identifier: Apache-2.0
extension FutureCore {
  /// `pending`, and what a tasklet waits for, for descriptions.
  final var pendingState: String {
    guard source is Tasklet,
      let entry = LiveGraph().entry(of: .future(self), width: 1), let need = entry.needs.first,
      case .future(let needed) = need.id
    else { return "pending" }
    let text = "pending, \(need.label) \(needed.title(as: needed.source?.kind ?? "promise"))"
    return switch entry.more {
    case 0: text
    case let more?: "\(text) and \(more) more"
    case nil: "\(text) and more"
    }
  }
}
