// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct CopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "copy", abstract: "Copies the entities of one datastore into another.",
      discussion: """
        Each of FROM and TO is a database file or an address, as for the other commands. A file \
        that does not exist is created. Keys, types and index flags are kept. An entity that TO \
        has under the same key is replaced, and other entities of TO stay. Composite indexes are \
        not copied; "arrival index" shows and creates them.

        The IDs of all keys are reserved at TO first, so that no program that already writes there \
        gets one of them. Entities are copied in the order of their keys, while FROM may change: \
        "arrival diff" finds what did. Ctrl-C stops after the entities in flight; the same command \
        with --resume goes on there.

          arrival copy shop.db datastore:my-project
        """)

    @Argument(help: "The datastore to read.", completion: .file()) var from: String
    @Argument(help: "The datastore to write.", completion: .file()) var to: String
    @OptionGroup var part: PartOptions
    @Flag(help: "Leave entities alone whose keys exist, and report them.") var insert = false
    @Flag(help: "Continue a copy that was interrupted.") var resume = false

    func run() throws {
      try reporting {
        try Store.with(from, .reads) { source in
          guard try !Store.areSame(from, to) else {
            throw ToolFailure(.unreadableInput, "\(from) and \(to) are the same datastore")
          }
          // Before TO is created.
          let sections = try part.sections(of: source)
          let isNew = !Store.exists(address: to)
          try Store.with(to, .creates) { try copy(source, sections, $0, isNew) }
        }
      }
    }

    private func copy(
      _ source: Store, _ sections: [StoreSection], _ target: Store, _ isNew: Bool
    ) throws {
      let interruption = Interruption()
      let log = ProblemLog(ProgressPrinter(), source: from, command: "arrival")
      let name = try Store.canonical(from)
      let options = part.text + (insert ? " --insert" : "")
      let key = CopyProgress.key(from: name, options: options)
      var job = CopyJob(
        from: source, named: name, sections,
        to: StoreTarget(to, isNew: isNew) { target }, target.datastore, log: log, key: key,
        options: options, insertsOnly: insert,
        isStopped: { interruption.isRequested })
      let resumed = try resumption(of: key, from: name, in: target)
      if let done = resumed?.done { log.note("going on after row \(grouped(done))") }
      let result = Result { try job.run(resuming: resumed) }
      log.finish()
      try result.get()
      if job.progress.total == 0, job.isComplete {
        try part.complainAboutMissingKinds(in: source)
      }
      if !job.isComplete {
        let rows = counted(job.progress.done, "row")
        throw ToolFailure(
          .interrupted,
          job.progress.done == 0
            ? "stopped; nothing was copied"
            : "stopped after \(rows); repeat the command with --resume to go on")
      }
      let copied = counted(job.progress.stored, "entity", "entities")
      let now = resumed.map { ", \(grouped(job.progress.stored - $0.stored)) of them now" } ?? ""
      try say("\(copied) copied from \(from) to \(to)\(now)")
      if job.progress.problems > 0 {
        throw ToolFailure(
          .incomplete, "\(counted(job.progress.problems, "entity", "entities")) not copied")
      }
    }

    /// How far an interrupted copy came that this one continues.
    private func resumption(
      of key: Key, from name: String, in target: Store
    ) throws -> CopyProgress? {
      let entities = try InterruptedJobs.entities("Copy", in: target.datastore).filter {
        $0["from"] == .string(name)
      }
      // A copy that begins anew replaces what it stored before.
      let jobs = InterruptedJobs(
        noun: "a copy from \(from)", jobs: entities.compactMap(InterruptedJobs.Job.init), key: key,
        storesAgain: false)
      let (resumes, ended) = try jobs.decide(resume ? .resume : .begin)
      try target.datastore.delete(ended).getResult()
      return resumes ? entities.first { $0.key == key }.flatMap(CopyProgress.init) : nil
    }
  }

  struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "diff", abstract: "Compares the entities of two datastores.",
      discussion: """
        Each of A and B is a database file or an address, as for the other commands. A line that \
        begins with - is a key that only A has, one with + a key that only B has, and one with ~ a \
        property that differs. The exit code is 0 if nothing differs, and 1 otherwise.

          arrival diff shop.db datastore:my-project
        """)

    @Argument(help: "A datastore.", completion: .file()) var a: String
    @Argument(help: "The other datastore.", completion: .file()) var b: String
    @OptionGroup var part: PartOptions

    func run() throws {
      try reporting {
        try Store.with(a, .reads) { first in
          try Store.with(b, .reads) { try compare(first, $0) }
        }
      }
    }

    private func compare(_ first: Store, _ second: Store) throws {
      let interruption = Interruption(message: nil)
      let log = ProblemLog(ProgressPrinter(), source: a, command: "arrival")
      var job = DiffJob(
        first, second, try part.sections(of: first, second), log: log,
        isStopped: { interruption.isRequested })
      let result = Result { try job.run() }
      log.finish()
      try result.get()
      let counts = job.counts
      if counts.same + counts.different == 0 {
        try part.complainAboutMissingKinds(in: first, second)
      }
      let same = "\(counted(counts.same, "entity is", "entities are")) the same"
      if counts.different == 0 { return complain("arrival: \(same)") }
      complain(
        """
        arrival: \(grouped(counts.onlyInA)) only in \(a), \(grouped(counts.onlyInB)) only in \
        \(b), \(grouped(counts.changed)) changed; \(same)
        """)
      throw ToolFailure(.incomplete, nil)
    }
  }
#endif
