// SPDX-License-Identifier: Apache-2.0
// The source site of a call is made once, at the public surface. The modules of this package hand
// it on from there.

extension Future {
  /// A future that already has its value.
  package convenience init(value: Value, at site: SourceSite) {
    self.init(name: nil, site: site, value: value)
  }

  /// A future that already has failed.
  package convenience init(error: any Error, name: String? = nil, at site: SourceSite) {
    self.init(name: name, site: site, error: error)
  }
}
