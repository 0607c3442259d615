// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore
  internal import DatastoreModel

  /// Copies the entities of one datastore into another, in the order of their keys.
  ///
  /// First all IDs are reserved at the target, so that no program that already writes there gets an
  /// ID that an entity still to be copied has.
  struct CopyJob<Target: ImportTarget> {
    let source: Store
    /// The name of the source.
    let name: String
    let sections: [StoreSection]
    var target: Target
    /// The datastore of the target.
    let datastore: Datastore
    let log: ProblemLog
    /// The key under which the progress is kept.
    let key: Key
    /// The options as a person wrote them, which are kept with the progress.
    let options: String
    /// Whether entities whose keys exist are left alone.
    let insertsOnly: Bool
    let isStopped: @Sendable () -> Bool

    private(set) var progress = CopyProgress()
    private var doneBefore = 0
    private var chunk: [Entity] = []
    private var bytes = 0
    private var underWay: (entities: [Entity], existing: Future<Set<Int>>)?
    private var isProgressWritten = false
    /// Whether the source was read to its end. A stop that comes later changes nothing.
    private(set) var isComplete = false

    init(
      from source: Store, named name: String, _ sections: [StoreSection], to target: Target,
      _ datastore: Datastore, log: ProblemLog, key: Key, options: String, insertsOnly: Bool,
      isStopped: @escaping @Sendable () -> Bool
    ) {
      self.source = source
      self.name = name
      self.sections = sections
      self.target = target
      self.datastore = datastore
      self.log = log
      self.key = key
      self.options = options
      self.insertsOnly = insertsOnly
      self.isStopped = isStopped
    }

    /// Copies everything. Blocks until it is stored, or until the chunks that were read are stored
    /// after a stop.
    ///
    /// - Parameter resumed: How far the copy came before.
    mutating func run(resuming resumed: CopyProgress?) throws {
      if let resumed {
        progress = resumed
        doneBefore = resumed.done
        isProgressWritten = true
      } else {
        try reserveIDs()
      }
      do {
        try copyEntities()
        try settle()
        try target.commit()
      } catch {
        // What was read before the error is stored, as after every chunk.
        try? settle()
        try? target.commit()
        throw error
      }
    }

    // MARK: IDs

    private mutating func reserveIDs() throws {
      var ids: [Key] = []
      var reserving: Future<Void>?
      func send(_ keys: [Key]) throws {
        try reserving?.getResult()
        reserving = datastore.reserveIDs(keys)
      }
      for section in sections {
        let results = source.datastore.query(section.query().keysOnly())
        try Pages(results: results, limit: nil, pageSize: 1_000).read { keys in
          if isStopped() { throw ToolFailure(.interrupted, nil) }
          for key in keys where StoreSection.isData(key) {
            progress.total += 1
            if key.id != nil { ids.append(key) }
          }
          if ids.count >= 5_000 {
            try send(ids)
            ids = []
          }
          log.progress("Reserving IDs", done: progress.total, of: nil, noun: "key")
        }
      }
      if !ids.isEmpty { try send(ids) }
      try reserving?.getResult()
    }

    // MARK: Entities

    private mutating func copyEntities() throws {
      let last = progress.last
      for section in sections {
        if let last, section.isBefore(last) { continue }
        let start = last.flatMap { section.contains($0) ? $0 : nil }
        var reader = PageReader(
          Pages(results: source.datastore.query(section.query(after: start)), limit: nil))
        while let page = try reader.next() {
          if isStopped() {
            reader.stop()
            return try flush(isLast: false)
          }
          for entity in page where StoreSection.isData(entity.key) { try take(entity) }
        }
      }
      isComplete = true
      try flush(isLast: true)
    }

    private mutating func take(_ entity: Entity) throws {
      do throws(DatastoreError) {
        try Limits.check(.upsert(entity))
        chunk.append(entity)
        bytes += entity.storageSize
        progress.stored += 1
      } catch {
        progress.problems += 1
        log.report([text(of: error)])
      }
      progress.done += 1
      progress.last = entity.key
      if chunk.count >= target.maxEntities || bytes >= target.maxBytes {
        try flush(isLast: false)
      }
    }

    /// Stores the chunk after the one before it.
    private mutating func flush(isLast: Bool) throws {
      try settle()
      let update = self.update(isLast: isLast)
      if chunk.isEmpty, case .none = update(0) { return }
      underWay = (
        chunk, try target.store(chunk, insertsOnly: insertsOnly, progress: update)
      )
      chunk = []
      bytes = 0
    }

    private mutating func update(isLast: Bool) -> ImportProgressUpdate {
      let key = key
      if isLast { return { [isProgressWritten] _ in isProgressWritten ? .remove(key) : .none } }
      if chunk.isEmpty { return { _ in .none } }
      isProgressWritten = true
      return { [progress, name, options] existing in
        var progress = progress
        progress.stored -= existing
        progress.problems += existing
        return .write(progress.entity(key, from: name, options: options))
      }
    }

    private mutating func settle() throws {
      guard let (entities, future) = underWay else { return }
      underWay = nil
      let existing = try future.getResult()
      log.report(
        existing.sorted().map {
          "\(entities[$0].key?.text ?? "") exists; it was left alone (--insert)"
        })
      progress.stored -= existing.count
      progress.problems += existing.count
      log.progress(
        "Copying", done: progress.done - doneBefore, of: nil, fraction: fraction(progress.done),
        initialFraction: fraction(doneBefore), noun: "row")
    }

    private func fraction(_ done: Int) -> Double {
      Double(done) / Double(max(progress.total, progress.done, 1))
    }
  }

  extension StoreSection {
    func contains(_ key: Key) -> Bool {
      identicalText(key.namespace, namespace) && (kind.map { identicalText($0, key.kind) } ?? true)
    }

    /// Whether the section ends before a key of another section.
    fileprivate func isBefore(_ key: Key) -> Bool {
      let (namespace, other) = (ExactText(namespace), ExactText(key.namespace))
      if namespace != other { return namespace < other }
      return kind.map { ExactText($0) < ExactText(key.kind) } ?? false
    }
  }
#endif
