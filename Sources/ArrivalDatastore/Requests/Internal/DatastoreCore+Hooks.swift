// SPDX-License-Identifier: Apache-2.0
extension DatastoreCore {
  /// The hooks of the datastore and of the contexts of the calling code. `nil` for none.
  func hookList() -> HookList? {
    if RequestContext.current == nil { return hooks.isEmpty ? nil : HookList(hooks: hooks) }
    let all = hooks + RequestContext.hooks(self)
    return all.isEmpty ? nil : HookList(hooks: all)
  }
}
