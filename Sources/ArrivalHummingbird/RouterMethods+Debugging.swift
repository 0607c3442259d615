// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  public import Arrival
  public import ArrivalDatastore
  public import Hummingbird

  extension RouterMethods {
    /// Adds a route that shows, as text, what is pending and why, and what the executor and the
    /// datastore have done.
    ///
    /// ```swift
    /// router.addArrivalDebugRoute("debug/arrival", datastore: datastore)
    /// ```
    ///
    /// The text names functions, files and keys. Keep the route from strangers: put it behind a
    /// middleware that checks who asks, or on a server of its own for the inner network.
    @discardableResult
    public func addArrivalDebugRoute(
      _ path: RouterPath = "debug/arrival", datastore: Datastore? = nil,
      executor: TaskletExecutor = .shared
    ) -> Self {
      get(path) { _, _ in
        var text = PendingFutures.formatDump()
        text += "\nexecutor \"\(executor.name)\": \(executor.statistics())\n"
        if let datastore { text += "\ndatastore: \(datastore.statistics())\n" }
        return text
      }
    }
  }
#endif
