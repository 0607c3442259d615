// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// Stores entities chunk by chunk, in the order of the file. While one chunk is stored, the next
  /// one is read, so memory use does not grow with the file.
  struct ImportJob<Target: ImportTarget> {
    var target: Target
    let log: ProblemLog
    /// Whether entities whose keys exist are left out.
    var insertsOnly = false
    /// The key under which the progress is kept; called with the first chunk.
    /// `nil` for an import that cannot be resumed.
    var progressKey: () throws -> Key? = { nil }
    /// The options as a person wrote them, which are kept with the progress.
    var options = ""
    /// Whether the end of the source is the end of a file. A pipe also ends if Ctrl-C ended its
    /// writer.
    var isFile = true
    /// How far an interrupted import came.
    var resumed: ImportProgress?
    /// Called before each entity.
    let isStopped: @Sendable () -> Bool

    /// How many entities are known to be stored, also if the import failed.
    var committed: Int { target.committed }
    /// Whether the source was read to its end. A stop that comes later changes nothing.
    private(set) var isComplete = false
    /// How many items of the source are known to be dealt with, also if the import failed.
    private(set) var settledItems = 0
    private var flushedItems = 0
    private var unit = "line"
    private var hasColumns = false
    /// How many notes were made about single lines.
    private var lineNotes = 0
    private var seen = SeenKeys()
    /// How many values of a property are too long for an index.
    private var tooLong: [String: Int] = [:]
    /// The line of the item that was read last.
    private var line = 0
    private var progress = ImportProgress()
    /// The key of the progress that was written.
    private(set) var key: Key?
    private var chunk = ImportChunk()
    /// The chunk that is being stored.
    private var underWay: (chunk: ImportChunk, existing: Future<Set<Int>>)?

    init(
      target: Target, log: ProblemLog, isStopped: @escaping @Sendable () -> Bool
    ) {
      self.target = target
      self.log = log
      self.isStopped = isStopped
    }

    /// Stores all entities. Blocks until they are stored, or until the chunks that were read are
    /// stored after a stop.
    ///
    /// - Returns: How many entities were stored, and how many rows were not.
    mutating func run(_ source: inout some EntitySource) throws -> ImportProgress {
      unit = source.unit
      if resumed?.isComplete == true {
        isComplete = true
        return progress
      }
      do {
        if resumed != nil { key = try progressKey() }
        while !isStopped() {
          guard let item = try source.next() else {
            isComplete = isFile || !isStopped()
            break
          }
          hasColumns = source.hasColumns
          take(item)
          if isChunkFull {
            chunk.fractionRead = source.fractionRead
            try flush(isLast: false)
          }
        }
        try flush(isLast: isComplete)
        try settle()
        try target.commit()
      } catch {
        // What was read before the error is stored, as after every chunk.
        if (try? settle()) != nil, (try? target.commit()) != nil { settledItems = flushedItems }
        report(chunk.messages)
        throw error
      }
      if lineNotes > ProblemLog.limit {
        log.note("and \(counted(lineNotes - ProblemLog.limit, "more note")) like these")
      }
      reportTooLong()
      if seen.isFull {
        log.note(
          """
          keys that occur twice were looked for among \(grouped(SeenKeys.limit)) keys, and the \
          file has more
          """)
      }
      return progress
    }

    // MARK: Reading

    private mutating func take(_ item: SourceItem) {
      switch item {
      case .note(let text, let line):
        if isSkipping { return }
        chunk.messages.append(
          .init(line: line, order: line ?? self.line, text: text, isProblem: false))
      case .problem(let text, let line):
        pass(line)
        if isSkipping(progress.items) { return }
        addProblem(text, line)
      case .entity(let entity, let line):
        pass(line)
        take(entity, line, isSkipped: isSkipping(progress.items))
      }
    }

    private mutating func pass(_ line: Int) {
      self.line = line
      progress.items += 1
    }

    /// Whether the next item was dealt with by the import that is resumed.
    private var isSkipping: Bool { isSkipping(progress.items + 1) }

    private func isSkipping(_ item: Int) -> Bool { item <= resumed?.items ?? 0 }

    private mutating func addProblem(_ text: String, _ line: Int) {
      chunk.messages.append(.init(line: line, order: line, text: text, isProblem: true))
    }

    private mutating func take(_ entity: Entity, _ line: Int, isSkipped: Bool) {
      if entity.key?.namespace == Store.progressNamespace {
        if !isSkipped { addProblem(ImportProgress.refusal, line) }
        return
      }
      let refusals = refusals(of: entity)
      if let first = refusals.first {
        if isSkipped { return }
        for error in refusals where advice(about: error, entity) != nil {
          if let name = error.property { tooLong[name, default: 0] += 1 }
        }
        let advice = advice(about: first, entity)
        addProblem(text(of: first) + (advice.map { " (\($0))" } ?? ""), line)
        return
      }
      if let key = entity.key, key.isComplete, let earlier = seen.insert(key, line: line) {
        if isSkipped { return }
        if insertsOnly {
          addProblem("\(key.text) is also on \(unit) \(earlier); this \(unit) was left out", line)
          return
        }
        addProblem("\(key.text) is also on \(unit) \(earlier), which this \(unit) replaces", line)
        // Of the two, one is stored.
        progress.stored -= 1
      }
      if isSkipped { return }
      progress.stored += 1
      chunk.append(entity, line: line)
    }

    /// What forbids to store an entity, in the order of the properties' names: an error for each
    /// value that is too long for an index, and another one if there is any.
    private func refusals(of entity: Entity) -> [DatastoreError] {
      var entity = entity
      var found: [DatastoreError] = []
      while true {
        do throws(DatastoreError) {
          try Limits.check(.upsert(entity))
        } catch {
          found.append(error)
          if advice(about: error, entity) != nil, let name = error.property {
            entity.properties[name]?.isIndexed = false
            continue
          }
        }
        return found.sorted { ($0.property ?? "") < ($1.property ?? "") }
      }
    }

    /// The option that helps against a value that is too long for an index.
    private func advice(about error: DatastoreError, _ entity: Entity) -> String? {
      guard hasColumns, let name = error.property, let property = entity.properties[name],
        property.isIndexed, error.message.contains("unindexed")
      else { return nil }
      return "--unindexed \(name)"
    }

    /// Says once for each property what helps against values that are too long for an index.
    private func reportTooLong() {
      for (name, count) in tooLong.sorted(by: { $0.key < $1.key }) where count > 1 {
        log.note(
          """
          "\(name)": \(grouped(count)) values are too long for an index; add --unindexed \(name)
          """)
      }
    }

    // MARK: Storing

    private var isChunkFull: Bool {
      chunk.entities.count >= target.maxEntities || chunk.bytes >= target.maxBytes
        || chunk.messages.count >= 1_000
    }

    /// Stores the chunk after the one before it.
    private mutating func flush(isLast: Bool) throws {
      try settle()
      flushedItems = progress.items
      let entities = chunk.entities
      // The progress of the entities that this chunk stores, as if none existed. What is left out
      // is counted when the chunk has been stored.
      progress.problems += chunk.messages.count { $0.isProblem }
      let update = try self.update(isLast: isLast)
      if entities.isEmpty, case .none = update(0) {
        report(chunk.messages)
        chunk = ImportChunk()
        return
      }
      underWay = (
        chunk, try target.store(entities, insertsOnly: insertsOnly, progress: update)
      )
      chunk = ImportChunk()
    }

    private mutating func update(isLast: Bool) throws -> ImportProgressUpdate {
      if chunk.entities.isEmpty, !isLast { return { _ in .none } }
      // A file of which nothing is stored needs no mark.
      if key == nil, !chunk.entities.isEmpty { key = try progressKey() }
      guard let key else { return { _ in .none } }
      var done = progress
      done.isComplete = isLast
      done.stored += resumed?.stored ?? 0
      done.problems += resumed?.problems ?? 0
      return { [done, options, file = log.source] existing in
        var done = done
        done.stored -= existing
        done.problems += existing
        return .write(done.entity(key, file: file, options: options))
      }
    }

    /// Waits for the chunk that is being stored, and reports what is to be said about it.
    private mutating func settle() throws {
      guard let (chunk, future) = underWay else { return }
      underWay = nil
      let existing = try future.getResult()
      var messages = chunk.messages
      for index in existing.sorted() {
        let key = chunk.entities[index].key?.text ?? ""
        messages.append(
          .init(
            line: chunk.lines[index], order: chunk.lines[index],
            text: "\(key) exists; it was left alone (--insert)",
            isProblem: true))
      }
      progress.stored -= existing.count
      progress.problems += existing.count
      report(messages)
      log.progress(
        "Importing", done: progress.stored, of: nil, fraction: chunk.fractionRead)
    }

    /// Notes about single lines are listed up to a limit, as problems are.
    private mutating func note(_ text: String, _ message: ImportChunk.Message) {
      if message.line != nil { lineNotes += 1 }
      if message.line == nil || lineNotes <= ProblemLog.limit { log.note(text) }
    }

    private mutating func report(_ messages: [ImportChunk.Message]) {
      // A stable order: messages of one line stay in the order in which they were made.
      let sorted = messages.enumerated().sorted {
        ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
      }
      for (_, message) in sorted {
        let text = message.line.map { "\(unit) \($0): \(message.text)" } ?? message.text
        if message.isProblem { log.report([text]) } else { note(text, message) }
      }
    }
  }
#endif
