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

  /// Starts a tasklet.
  package convenience init(
    _ name: String?, on executor: TaskletExecutor?, at site: SourceSite,
    _ body: sending @escaping () async throws -> Value
  ) {
    self.init(pending: name, site: site)
    (executor ?? TaskletExecutor.current).start(self, cancelsWhenUnobserved: false, body)
  }
}

extension Batcher {
  /// The future of one key's value; see ``load(_:within:function:file:line:)``.
  @inlinable
  package func load(_ key: Key, at site: SourceSite) -> Future<Value> {
    load(key, lane: nil, nil, site)
  }
}
