// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// Stores each row through a put future, then reads each back through a get future.
  ///
  /// Rows are processed in chunks, with a tasklet for each chunk. Only a few chunks are in flight
  /// at once, so memory grows with the table only by the 16 bytes that are kept of each stored row.
  struct MainJob: Sendable {
    /// How many rows the tasklet of a chunk stores or reads back.
    static let chunkSize = 1000
    /// How many chunks are in flight at once: enough for one commit to fill while another runs.
    static let chunksUnderWay = 4

    let datastore: Datastore
    /// The kind of the entities.
    let kind: String
    let log: ProblemLog

    /// Runs the job. Blocks until it is done.
    ///
    /// - Throws: `TableError` or `InputError` if the table as a whole cannot be read, and the first
    ///   error of the database that does not concern a single row.
    func run(_ reader: TableReader) throws -> Summary {
      let start = ContinuousClock.now
      let rows = try store(reader)
      let storedAt = ContinuousClock.now
      let readBack = try readBack(rows)
      let end = ContinuousClock.now
      log.finish()
      let statistics = datastore.statistics()
      return Summary(
        source: log.source, rowsStored: rows.count, rowsReadBack: readBack.count,
        problemRows: log.count,
        // Each stored row had a put, a get, and a tasklet that awaited the get.
        futures: 3 * rows.count,
        calls: [
          Summary.Calls(kind: "commits", sizes: statistics.commits.sizes),
          Summary.Calls(kind: "lookups", sizes: statistics.lookups.sizes),
        ],
        storing: start.duration(to: storedAt), readingBack: storedAt.duration(to: end),
        firstArrival: readBack.first)
    }

    /// Closes the database. Blocks until it is closed.
    func close() {
      let closing = Future("close the database") { try await datastore.close() }
      if let error = closing.getException() { log.stop(error) }
    }

    // MARK: Storing

    /// The part of a stored row that is kept in memory.
    private struct StoredRow: Sendable {
      var line: Int
      var checksum: UInt64
    }

    private struct StoredChunk: Sendable {
      var rows: [StoredRow] = []
      var problems: [String] = []
    }

    private func store(_ reader: TableReader) throws -> [StoredRow] {
      var stored: [StoredRow] = []
      var chunk: [TableRow] = []
      var mapping = RowMapping(kind: kind, columns: [])
      var underWay = ChunksUnderWay<StoredChunk>(limit: Self.chunksUnderWay) { done in
        stored += done.rows
        log.report(done.problems)
        log.progress("Storing", done: stored.count, of: nil)
      }
      while let event = try reader.next() {
        switch event {
        case .header(let header):
          mapping.columns = header.columns
          for repair in header.repairs { log.note(repair) }
        case .malformed(let row): log.report([tableMessage(row)])
        case .note(let note): log.note(tableMessage(note))
        case .row(let row):
          chunk.append(row)
          if chunk.count < Self.chunkSize { continue }
          try underWay.add(store(chunk, mapping))
          chunk.removeAll(keepingCapacity: true)
        }
      }
      if !chunk.isEmpty { try underWay.add(store(chunk, mapping)) }
      try underWay.finish()
      return stored
    }

    /// The tasklet of a chunk. It puts all rows at once, with a future for each.
    private func store(_ rows: [TableRow], _ mapping: RowMapping) -> Future<StoredChunk> {
      Future("store lines \(rows[0].line) to \(rows[rows.count - 1].line)") {
        let entities = rows.map { mapping.entity(of: $0) }
        let puts = entities.map { datastore.put($0) }
        await Future.waitAll(puts)
        var chunk = StoredChunk()
        for (index, put) in puts.enumerated() {
          let line = rows[index].line
          switch await put.result {
          case .success:
            let checksum = mapping.checksum(of: entities[index])
            chunk.rows.append(StoredRow(line: line, checksum: checksum))
          case .failure(let error as DatastoreError) where error.code == .invalidArgument:
            let property = error.property.map { "column \"\($0)\": " } ?? ""
            chunk.problems.append("line \(line): \(property)\(error.message)")
          case .failure(let error): throw error
          }
        }
        return chunk
      }
    }

    // MARK: Reading back

    private struct ReadBack: Sendable {
      var count = 0
      /// The name of the tasklet that `waitAny` returned.
      var first: String?
      var problems: [String] = []
    }

    private func readBack(_ rows: [StoredRow]) throws -> ReadBack {
      var total = ReadBack()
      var underWay = ChunksUnderWay<ReadBack>(limit: Self.chunksUnderWay) { done in
        total.count += done.count
        total.first = total.first ?? done.first
        log.report(done.problems)
        log.progress("Reading back", done: total.count, of: rows.count)
      }
      for start in stride(from: 0, to: rows.count, by: Self.chunkSize) {
        let chunk = rows[start..<min(start + Self.chunkSize, rows.count)]
        try underWay.add(readBack(chunk, asksForFirst: start == 0))
      }
      try underWay.finish()
      return total
    }

    /// The tasklet of a chunk. It starts a tasklet for each row, which awaits its own get future.
    private func readBack(
      _ rows: ArraySlice<StoredRow>, asksForFirst: Bool
    ) -> Future<ReadBack> {
      let mapping = RowMapping(kind: kind, columns: [])
      return Future("read back \(rows.count) rows") {
        let reads = rows.map { row in
          Future("line \(row.line)") {
            let entity = try await datastore.get(mapping.key(line: row.line)).value
            return entity.map { mapping.checksum(of: $0) } == row.checksum
          }
        }
        var result = ReadBack()
        if asksForFirst { result.first = await Future.waitAny(reads)?.name }
        for (row, read) in zip(rows, reads) {
          if try await read.value {
            result.count += 1
          } else {
            result.problems.append(
              "line \(row.line): the row that was read back differs from the row that was stored")
          }
        }
        return result
      }
    }
  }
#endif
