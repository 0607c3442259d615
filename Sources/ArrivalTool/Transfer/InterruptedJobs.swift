// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// The imports of a file, or the copies from a datastore, that were interrupted, and what to do
  /// about them. A pure value.
  struct InterruptedJobs {
    /// What the user asks for.
    enum Wish {
      case begin, resume, restart
    }

    /// One of them.
    struct Job {
      var key: Key
      /// The options as they were written.
      var options: String
      /// How many rows are dealt with.
      var rows: Int64
      /// Whether the job came to its end.
      var isComplete: Bool

      init?(_ entity: Entity) {
        guard let key = entity.key,
          let rows = entity["items"]?.integerValue ?? entity["done"]?.integerValue
        else { return nil }
        self.key = key
        self.rows = rows
        isComplete = entity["complete"] == .boolean(true)
        options = entity["options"]?.stringValue ?? ""
      }

      var stop: String { "stopped after \(counted(Int(rows), "row"))" }
      fileprivate var shownOptions: String { options.isEmpty ? "no options" : options }
    }

    /// `an import of this file`
    let noun: String
    let jobs: [Job]
    /// The key of the job with the given options.
    let key: Key
    /// Whether to begin anew stores rows again.
    let storesAgain: Bool

    /// Decides what to do.
    ///
    /// - Returns: Whether to go on with the job under `key`, and the keys of jobs that end with
    ///   this decision.
    /// - Throws: ``ToolFailure`` with what the user can do.
    func decide(_ wish: Wish) throws -> (resumes: Bool, ended: [Key]) {
      let same = jobs.first { $0.key == key }
      switch (wish, same, jobs.first { !$0.isComplete }) {
      case (.resume, _?, _): return (true, [])
      case (.begin, let same?, _) where same.isComplete: return (false, [same.key])
      case (.resume, nil, nil): return (false, [])
      case (.resume, nil, let other?):
        throw ToolFailure(
          .unreadableInput,
          """
          there is nothing to resume with these options: \(noun) with others \
          (\(other.shownOptions)) \(other.stop); repeat those options\(restartAdvice)
          """)
      case (.restart, _, _): return (false, jobs.map(\.key))
      case (.begin, let same?, _) where storesAgain:
        throw ToolFailure(
          .unreadableInput,
          """
          \(noun) with these options \(same.stop); add --resume to go on, or --restart to store \
          all rows again
          """)
      case (.begin, nil, let other?) where storesAgain:
        throw ToolFailure(
          .unreadableInput,
          """
          \(noun) with other options (\(other.shownOptions)) \(other.stop), which are stored; \
          repeat those options with --resume to go on, or add --restart to store all rows again \
          with the new ones
          """)
      case (.begin, let same, _): return (false, [same?.key].compactMap { $0 })
      }
    }

    private var restartAdvice: String {
      storesAgain
        ? ", or write --restart for --resume to store all rows again" : ", or leave out --resume"
    }
  }

  extension InterruptedJobs {
    /// The entities of a kind that keep how far jobs are.
    static func entities(_ kind: String, in datastore: Datastore) throws -> [Entity] {
      let query = Query(kind: kind).inNamespace(Store.progressNamespace)
      return try datastore.query(query).fetch().getResult()
    }
  }
#endif
