// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import DatastoreSQLite

  /// The rule for a file and its log, in every order of what can happen to them.
  ///
  /// The model has what matters of SQLite: commits are appended to the log, checkpoints copy any
  /// part of it into the file, and a log that is in the file completely may begin anew with other
  /// salts. Processes have no state of their own, so their number does not matter.
  @Suite struct LineageTests {
    /// The row of the clock.
    private struct Row: Hashable {
      var lineage = Lineage()
      var committed: Int64 = 1
    }

    private struct Disk: Hashable {
      var file = Row()
      /// The row after each commit in the log.
      var log: [Row] = []
      /// How many commits of the log are in the file.
      var checkpointed = 0
      /// 0 for an empty log.
      var salts: Int64 = 0
      var isOpen = false

      /// A cold copy, and whether it is in the place of the file.
      var copy: Row?
      var isReplaced = false
      /// The commits of programs since the log was empty.
      var commits = 0
      /// Whether the lineage was in the file, and the log empty, before any of its commits.
      var isMarked = false
      private var lastSalts: Int64 = 0
      private var lastLineage: Int64 = 0

      var current: Row { log.last ?? file }
      var isComplete: Bool { checkpointed == log.count }

      var isAccepted: Bool {
        // Without a log, or for an unmarked file, there is nothing to compare.
        salts == 0
          || current.lineage.isOfLog(
            besideFile: file.lineage, current: salts)
      }

      mutating func append(_ row: Row, beginningAnew: Bool) {
        if beginningAnew || salts == 0 {
          lastSalts += 1
          salts = lastSalts
          log = []
          checkpointed = 0
        }
        log.append(row)
      }

      mutating func checkpoint(_ count: Int) {
        checkpointed = count
        file = log[count - 1]
      }

      mutating func truncate() {
        if !log.isEmpty { checkpoint(log.count) }
        if file.lineage.isFresh { isMarked = true }
        log = []
        checkpointed = 0
        salts = 0
        commits = 0
      }

      mutating func beginLineage() {
        lastLineage += 1
        var row = current
        row.lineage = row.lineage.followed(by: lastLineage)
        isMarked = false
        append(row, beginningAnew: false)
      }

      /// A commit, or an allocation of IDs, which does not move the clock.
      mutating func write(_ isCommit: Bool, beginningAnew: Bool, canReadSalts: Bool) {
        var row = current
        row.lineage = row.lineage.writing(to: canReadSalts ? salts : Lineage.unknownSalts)
        if isCommit { row.committed += 1 }
        commits += 1
        append(row, beginningAnew: beginningAnew)
      }

      /// A transaction of another program, which knows nothing of lineages.
      mutating func writeAsStranger(beginningAnew: Bool) {
        isMarked = false
        append(current, beginningAnew: beginningAnew)
      }
    }

    /// All that can happen next to an intact store.
    private func next(_ disk: Disk) -> [Disk] {
      var all: [Disk] = []
      func add(_ change: (inout Disk) -> Void) {
        var next = disk
        change(&next)
        all.append(next)
      }
      guard disk.isOpen else {
        add { $0.isOpen = true }
        if disk.salts == 0 { add { $0.copy = $0.file } }
        if let copy = disk.copy {
          add {
            $0.file = copy
            $0.isReplaced = true
          }
        }
        return all
      }
      add { $0.isOpen = false }  // all processes crash
      add { disk in
        disk.truncate()
        disk.isOpen = false
      }
      if disk.salts == 0 { add { $0.beginLineage() } }
      for anew in disk.isComplete && disk.salts != 0 ? [false, true] : [false] {
        for canRead in [true, false] {
          for isCommit in [true, false] {
            add { $0.write(isCommit, beginningAnew: anew, canReadSalts: canRead) }
          }
        }
        add { $0.writeAsStranger(beginningAnew: anew) }
      }
      if disk.isComplete, disk.salts != 0 {
        add { disk in  // a crash when only the header of the new log is written
          disk.append(disk.current, beginningAnew: true)
          disk.log = []
          disk.isOpen = false
        }
      }
      for count in disk.checkpointed..<disk.log.count {
        add { $0.checkpoint(count + 1) }
      }
      if !disk.log.isEmpty { add { $0.truncate() } }
      return all
    }

    @Test func `No good file is refused, and a copy is unless the log changes nothing`() {
      var marked = Disk()
      marked.file.lineage = Lineage(id: 1_000, parent: 999)
      var wave = [Disk(), marked]
      var seen = Set(wave)
      var (replaced, refused) = (0, 0)
      for _ in 0..<8 {
        var following: [Disk] = []
        for disk in wave {
          for next in next(disk) where seen.insert(next).inserted {
            if next.isReplaced {
              replaced += 1
              if !next.isAccepted { refused += 1 }
              // It goes unnoticed only if the opening could not mark the file, or if the copy has
              // the same mark or none.
              if next.isAccepted, next.salts != 0, next.commits > 0, disk.isMarked {
                #expect(
                  [0, next.current.lineage.id].contains(next.file.lineage.id)
                    || next.current.lineage.salts == Lineage.unknownSalts, "\(next)")
              }
            } else {
              #expect(next.isAccepted, "\(next)")
              following.append(next)
            }
          }
        }
        wave = following
      }
      #expect(seen.count > 50_000 && replaced > 900 && refused > 30)
    }

    @Test func `A file without a mark is never refused`() {
      let log = Lineage(id: 3, parent: 2, salts: 9)
      #expect(log.isOfLog(besideFile: Lineage(), current: 1))
      #expect(Lineage().isOfLog(besideFile: log, current: 1))
      #expect(!log.isOfLog(besideFile: Lineage(id: 1), current: 9))
      #expect(!log.isOfLog(besideFile: Lineage(id: 2), current: 1))
      #expect(log.isOfLog(besideFile: Lineage(id: 2), current: 9))
    }
  }
#endif
