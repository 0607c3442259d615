// SPDX-License-Identifier: Apache-2.0
/// The name of a future behind a noun, such as ` "user 7"`; empty if there is no name.
func nameText(_ name: String?) -> String {
  guard let name, !name.isEmpty else { return "" }
  return " \"\(name)\""
}
