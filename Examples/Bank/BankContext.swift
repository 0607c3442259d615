// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird

/// The context of a request, as Hummingbird's own, but the fields of replies come in one order.
struct BankContext: RequestContext {
  var coreContext: CoreRequestContextStorage

  init(source: Source) { coreContext = .init(source: source) }

  var responseEncoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }
}
