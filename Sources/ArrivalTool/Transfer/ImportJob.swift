#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import Datastore

  /// Stores entities through put futures, a few chunks at a time, so that memory does not grow with
  /// the file.
  struct ImportJob: Sendable {
    /// Enough for a commit to grow while another runs.
    static let chunksUnderWay = 4

    let datastore: Datastore
    let log: ProblemLog
    /// Asked between two entities.
    let isStopped: @Sendable () -> Bool

    private struct Stored: Sendable {
      var count = 0
      var problems: [String] = []
    }

    /// Stores all; blocks until it is done, or was stopped and what was begun is done.
    ///
    /// - Returns: How many entities were stored.
    func run(_ source: inout some EntitySource) throws -> Int {
      var total = 0
      var underWay = ChunksUnderWay<Stored>(limit: Self.chunksUnderWay) { done in
        total += done.count
        log.report(done.problems)
        log.progress("Importing", done: total, of: nil)
      }
      var chunk = ImportChunk()
      do {
        while !isStopped(), let next = try source.next() {
          switch next.entity {
          case .success(let entity): chunk.append(entity, line: next.line)
          case .failure(let problem): log.report(["line \(next.line): \(problem.message)"])
          }
          if !chunk.isFull { continue }
          try underWay.add(store(chunk))
          chunk = ImportChunk()
        }
        if !chunk.entities.isEmpty { try underWay.add(store(chunk)) }
        try underWay.finish()
      } catch let error as TableError where error.code == .noRows {
        log.note("there are no rows below the header")
      } catch {
        // What was begun is ended first, or closing the database would fail it.
        try? underWay.finish()
        if total > 0 {
          log.note("at least \(counted(total, "entity", "entities")) stored before it")
        }
        throw error
      }
      return total
    }

    private func store(_ chunk: ImportChunk) -> Future<Stored> {
      // Asked for here, where the lines are in order: of two of one key the later one counts. Chunks
      // that are awaited at the same time have no order.
      let puts = chunk.entities.map { datastore.put($0) }
      let lines = chunk.lines
      return Future("import lines \(lines[0]) to \(lines[lines.count - 1])") {
        await Future.waitAll(puts)
        var stored = Stored()
        var failure: (any Error)?
        for (line, put) in zip(lines, puts) {
          switch await put.result {
          case .success: stored.count += 1
          case .failure(let error as DatastoreError) where error.code == .invalidArgument:
            stored.problems.append("line \(line): \(text(of: error))")
          case .failure(let error): failure = failure ?? error
          }
        }
        if let failure { throw failure }
        return stored
      }
    }
  }
#endif
