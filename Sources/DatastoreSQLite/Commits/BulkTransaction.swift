// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import DatastoreEngine
  package import DatastoreModel
  private import Dispatch
  internal import GRDB
  private import Synchronization

  /// A transaction that writes any number of entities, chunk by chunk, into a file.
  ///
  /// It is for imports. Until it ends, no other commit of any process is written. Memory does not
  /// grow with it: index rows wait in a temporary file, and are written in the order of the tree
  /// when it is committed. Writing a key that exists writes the waiting rows first.
  ///
  /// Nothing is written if it is dropped before ``commit()``, or if one of its calls fails.
  package final class BulkTransaction: Sendable {
    private let requests = BulkRequests()
    private let identifiers: @Sendable () -> Int64

    init(_ backend: SQLiteBackend) throws {
      identifiers = backend.identifiers
      try backend.calls.enter(backend.path)
      let (requests, calls) = (requests, backend.calls)
      let (access, propertyIDs) = (backend.access, backend.propertyIDs)
      backend.database.asyncWriteWithoutTransaction { connection in
        BulkWriting(requests: requests, propertyIDs: propertyIDs, access: access).run(connection)
        calls.leave()
      }
    }

    deinit { requests.send(.rollBack) }

    /// Writes mutations after those of earlier calls, which must have returned.
    ///
    /// - Parameter skipsExisting: Whether an insert of a key that exists is left out, and does not
    ///   fail the transaction.
    /// - Returns: The indexes of the inserts that were left out.
    /// - Throws: As `SQLiteBackend.commit`. The transaction is over then.
    package func write(
      _ mutations: [Mutation], skipsExisting: Bool = false
    ) async throws -> Set<Int> {
      let plan = try CommitPlan(mutations, limit: .max, identifiers: identifiers)
      return try await withCheckedThrowingContinuation {
        requests.send(.write(plan, skipsExisting: skipsExisting, $0))
      }
    }

    /// Makes everything durable.
    ///
    /// - Throws: As `SQLiteBackend.commit`.
    package func commit() async throws {
      try await withCheckedThrowingContinuation { requests.send(.commit($0)) }
    }
  }

  /// What the writer's thread is to do, in order. It waits here for its next request.
  private final class BulkRequests: Sendable {
    enum Request: Sendable {
      case write(CommitPlan, skipsExisting: Bool, CheckedContinuation<Set<Int>, any Error>)
      case commit(CheckedContinuation<Void, any Error>)
      case rollBack

      func fail(_ error: any Error) {
        switch self {
        case .write(_, _, let continuation): continuation.resume(throwing: error)
        case .commit(let continuation): continuation.resume(throwing: error)
        case .rollBack: break
        }
      }
    }

    private struct State {
      var waiting: [Request] = []
      /// Why no more requests are taken.
      var end: (any Error)?
    }

    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)

    func send(_ request: Request) {
      let end = state.withLock { state in
        if state.end == nil { state.waiting.append(request) }
        return state.end
      }
      if let end { request.fail(end) } else { available.signal() }
    }

    /// Blocks until there is a request.
    func next() -> Request {
      available.wait()
      return state.withLock { $0.waiting.removeFirst() }
    }

    /// Fails the requests that wait, and all later ones.
    func end(_ error: any Error) {
      let rest = state.withLock { state in
        defer { state.waiting = [] }
        state.end = error
        return state.waiting
      }
      for request in rest { request.fail(error) }
    }
  }

  /// Serves the requests of a transaction on the writer's thread.
  private struct BulkWriting {
    let requests: BulkRequests
    let propertyIDs: PropertyIDs
    let access: StoreAccess

    func run(_ connection: Database) {
      var committing: CheckedContinuation<Void, any Error>?
      do {
        try StoreFailure.translating(access.path, .write) {
          var used = UsedProperties()
          try access.writing(connection) {
            var writer = try CommitWriter(
              connection, propertyIDs, access.history, spillsIndexFor: access.path)
            committing = try serve(&writer)
            if committing == nil { return .rollback }
            try writer.finish()
            used = writer.used
            return .commit
          }
          // The numbers of properties are cached once the transaction is committed.
          propertyIDs.remember(used.paths, used.ids)
        }
        requests.end(
          DatastoreError(.failedPrecondition, "The transaction is over. Begin another one."))
        committing?.resume()
      } catch {
        requests.end(error)
        committing?.resume(throwing: error)
      }
    }

    /// Writes until the transaction is to end; returns the caller that waits for its commit.
    private func serve(
      _ writer: inout CommitWriter
    ) throws -> CheckedContinuation<Void, any Error>? {
      while true {
        switch requests.next() {
        case .write(let plan, let skipsExisting, let continuation):
          let skipped = Result {
            try StoreFailure.translating(access.path, .write) {
              let skipped = try writer.write(plan, skipsExisting: skipsExisting).skipped
              try writer.spillIndex()
              return skipped
            }
          }
          continuation.resume(with: skipped)
          _ = try skipped.get()
        case .commit(let continuation): return continuation
        case .rollBack: return nil
        }
      }
    }
  }
#endif
