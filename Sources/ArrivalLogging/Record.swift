// SPDX-License-Identifier: Apache-2.0
#if Logging
  internal import Arrival
  internal import Logging

  /// What is logged for one diagnostic.
  struct Record {
    let level: Logger.Level
    let message: String
    private(set) var metadata: Logger.Metadata

    private init(_ level: Logger.Level, _ kind: String, _ message: String) {
      self.level = level
      self.message = message
      metadata = ["arrival.diagnostic": "\(kind)"]
    }

    init(_ diagnostic: Diagnostic) {
      let message = diagnostic.description
      switch diagnostic {
      case .callbackThrew(let executor, let error):
        self.init(.error, "callbackThrew", message)
        add(error)
        metadata["arrival.executor"] = "\(executor)"
      case .threadNotStarted(let executor, let code):
        self.init(.error, "threadNotStarted", message)
        metadata["arrival.executor"] = "\(executor)"
        metadata["arrival.code"] = "\(code)"
      case .blocksCooperativePool(let site):
        self.init(.warning, "blocksCooperativePool", message)
        add(site: site)
      case .blocksActor(let thread, let site, let awaited):
        self.init(.warning, "blocksActor", message)
        add(site: site)
        metadata["arrival.thread"] = "\(thread)"
        metadata["arrival.awaited"] = "\(awaited)"
      case .cacheFailed(let batcher, let operation, let error):
        self.init(.warning, "cacheFailed", message)
        add(error)
        metadata["arrival.batcher"] = "\(batcher)"
        metadata["arrival.operation"] = "\(operation.rawValue)"
      case .blocksLastThread(let executor, let threads, let site):
        self.init(.warning, "blocksLastThread", message)
        add(site: site)
        metadata["arrival.executor"] = "\(executor)"
        metadata["arrival.threads"] = "\(threads)"
      case .unobservedFailure(let failure):
        self.init(.error, "unobservedFailure", message)
        add(failure.error)
        if let name = failure.name { metadata["arrival.future"] = "\(name)" }
        metadata["arrival.created"] = "\(failure.creationSite)"
        metadata["arrival.count"] = "\(failure.count)"
        metadata["arrival.traceback"] = .array(
          failure.traceback.frames.map { .string("\($0)") })
      }
    }

    init(_ deadlock: InstrumentEvent.DeadlockFound) {
      self.init(.error, "deadlock", "\(deadlock.error)")
      add(deadlock.error)
      metadata["arrival.count"] = "\(deadlock.count)"
      if let error = deadlock.error as? DeadlockError {
        metadata["arrival.ring"] = .array(error.members.map { .string("\($0)") })
      }
    }

    private mutating func add(_ error: any Error) {
      metadata["error.type"] = "\(type(of: error))"
      metadata["error.message"] = "\(error)"
    }

    private mutating func add(site: String?) {
      if let site { metadata["arrival.site"] = "\(site)" }
    }
  }
#endif
