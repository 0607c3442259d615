#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// Stores entities through put futures, a few chunks at a time, so that memory use does not grow
  /// with the file.
  struct ImportJob: Sendable {
    /// Enough for one commit to fill while another runs.
    static let chunksUnderWay = 4

    let datastore: Datastore
    let log: ProblemLog
    /// Called before each entity.
    let isStopped: @Sendable () -> Bool

    private struct Stored: Sendable {
      var count = 0
      var problems: [String] = []
    }

    /// Stores all entities. Blocks until they are stored, or until the chunks in flight are stored
    /// after a stop.
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
        // Finish the chunks in flight, because closing the database would fail them.
        try? underWay.finish()
        if total > 0 {
          log.note("at least \(counted(total, "entity", "entities")) stored before the error")
        }
        throw error
      }
      return total
    }

    private func store(_ chunk: ImportChunk) -> Future<Stored> {
      // Puts are made here, in the order of the lines, so that the later of two lines with one key
      // wins. The tasklets of chunks run in no particular order.
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
