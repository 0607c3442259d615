// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// A rule of the contract that an emulator does not keep, and how that shows. The rules are those
  /// of the documentation and the newer engine; each departure was seen on the emulator as
  /// installed by the Google Cloud CLI's packages in November 2026.
  ///
  /// The case is run all the same: it fails the tests when the emulator keeps the rule after all.
  struct Departure {
    /// What the emulator did.
    let evidence: String
    /// Whether it happens only sometimes.
    var isIntermittent = false

    static func of(_ kind: EmulatorKind, from rule: String) -> Departure? {
      switch kind {
      case .classic: return found(in: classicAlone, rule) ?? found(in: classic, rule)
      case .classicInFirestoreMode:
        return found(in: classicInFirestoreMode, rule) ?? found(in: classic, rule)
      case .firestore: return found(in: firestore, rule)
      case .given:
        // A server that somebody has set up is one of the three, or the service; nobody knows
        // which.
        let known = [classic, classicAlone, classicInFirestoreMode, firestore]
          .compactMap { found(in: $0, rule) }.first
        return known.map { Departure(evidence: $0.evidence, isIntermittent: true) }
      }
    }

    private static func found(in table: [String: Departure], _ rule: String) -> Departure? {
      table.first { rule.hasPrefix($0.key) }?.value
    }

    private static let classic: [String: Departure] = [
      "A lookup at a read time": noTimes, "Queries and aggregations at a read time": noTimes,
      "Queries at a read time find the kinds": noTimes,
      "A masked read in a transaction": Departure(
        evidence: "all properties, whatever the mask names"),
      "A read-only transaction at a time": noTimes, "Pages of a query at a read time": noTimes,
      "Reads say their read time": noTimes,
      "Reads say the version": Departure(evidence: "a batch has no snapshot version"),
      "A read time in the future": Departure(evidence: "the read time is ignored"),
      "COUNT, SUM and AVG": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
      "Two tenants never": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
      "A sum of integers": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
      "IN, NOT IN, != and OR": Departure(
        evidence: "INVALID_ARGUMENT: Filter has 3 properties, expected 1"),
      "A filter of over thirty parts": Departure(
        evidence: "an IN of thirty: INVALID_ARGUMENT: Filter has 30 properties, expected 1"),
      "An entity without the property": Departure(evidence: "!= fails with UNKNOWN and no message"),
      "Offset and limit count": Departure(
        evidence: "an offset beyond the end: MORE_RESULTS_AFTER_LIMIT where nothing is left"),
      "Numbers of two types": Departure(evidence: "= 0.0 does not find -0.0"),
      "An ancestor query": Departure(evidence: "equal values descending: keys ascending"),
      "Several orders apply": Departure(evidence: "equal values descending: keys ascending"),
      "Damaged cursors": Departure(evidence: "results for a damaged cursor"),
      "A lookup during commits": Departure(
        evidence: "two states of three entities of one commit in one lookup", isIntermittent: true),
      "Random queries": Departure(
        evidence: "comparisons, orders and aggregations that it does not know, as above"),
      "A count that begins": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
      "Phantom: a count": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
      "An unknown transaction": Departure(
        evidence: "UNKNOWN and no message for bytes that name no transaction"),
      "Entities have versions and times": noTimes, "An entity that was deleted and": noTimes,
      "The server's time": noTimes, "A conflict with the strategy fail": noTimes,
      "Numbers are incremented": noTransforms, "Elements are appended": noTransforms,
      "Transforms apply in order": noTransforms, "Concurrent increments": noTransforms,
      "A context reads what an increment": noTransforms,
      "Two changes of one entity": noTransforms, "Random sequences of changes": noTransforms,
      "An entity that is deleted and": noTimes, "A transaction merges": noTransforms,
      "Masks of queries see": noTransforms,
      "A masked lookup": Departure(evidence: "all properties, whatever the mask names"),
      "A masked write": Departure(evidence: "the properties outside the mask are gone"),
      "A search finds the nearest": noSearch,
      "The meaning of a value": Departure(evidence: "meaning 22 comes back as none"),
      "Two spellings of one text are": noTransforms,
      "Two spellings of one name are": noTransforms,
    ]

    private static let noTimes = Departure(
      evidence: "no commit time, and no create and update times of entities")
    private static let noTransforms = Departure(
      evidence: "property transforms are ignored, without an error and without results")
    private static let noSearch = Departure(
      evidence: "find_nearest is ignored: all entities that the filter finds, without distances")

    /// What the newer rules cure.
    private static let classicAlone: [String: Departure] = [
      "Five hundred incomplete keys": tooManyGroups, "Values of all types": tooManyGroups,
      "A lookup takes a thousand keys": tooManyGroups,
      "Concurrent tasks that allocate": tooManyGroups,
      // The cases that begin with "Below an ancestor" keep the same rules.
      "Phantom: of two transactions": ancestorsOnly,
      "Removing what a query has found": ancestorsOnly,
      "Entities that were neither": ancestorsOnly, "Entities of another kind": ancestorsOnly,
      "Random concurrent transactions": ancestorsOnly,
    ]

    private static let tooManyGroups = Departure(
      evidence: "over 25 entity groups: INVALID_ARGUMENT: operating on too many entity groups")
    private static let ancestorsOnly = Departure(
      evidence: "INVALID_ARGUMENT: Only ancestor queries are allowed inside transactions")

    /// What the newer rules bring.
    private static let classicInFirestoreMode: [String: Departure] = [
      "Random concurrent transactions": Departure(
        evidence: """
          Queries of a transaction find what others have inserted since it began, and it commits \
          all the same: begin t; t finds no 7; somebody inserts c = 7; t finds c; t commits
          """, isIntermittent: true)
    ]

    /// Its transactions lock what they read; a commit that meets a lock waits 2 s for it.
    private static let firestore: [String: Departure] = [
      "Reads say the version": Departure(evidence: "a missing entity has no version"),
      "Entities that were neither": kindLocked,
      "Below an ancestor: Entities that were neither": kindLocked,
      "Numbers of two types": Departure(evidence: "= 0.0 does not find -0.0"),
      "Properties of nested entities": Departure(
        evidence: "finds those of an unindexed entity, and not those of one in an array"),
      "An array sorts by": Departure(evidence: "an entity comes once for each value of its array"),
      "Damaged cursors": Departure(evidence: "no results and no refusal for a damaged cursor"),
      "A lookup during commits": Departure(
        evidence: "two states of three entities of one commit in one lookup", isIntermittent: true),
      "Random queries": Departure(
        evidence: "INVALID_ARGUMENT: index data should not include primary key; and as above"),
      "A search finds the nearest": noSearch,
      "A write with the stored base version": Departure(
        evidence: "a mutation with a stale base_version is applied, and reports no conflict"),
      "Queries find the namespaces": noMetadata, "Queries for kinds": noMetadata,
      "Queries at a read time find the kinds": noMetadata,
      "Two spellings of one name are": Departure(
        evidence: "in masks and transforms: INVALID_ARGUMENT: Invalid property path \"café\""),
    ]

    private static let noMetadata = Departure(
      evidence: "INVALID_ARGUMENT: Kind queries are not supported in the Datastore Mode emulator")

    private static let kindLocked = Departure(
      evidence: """
        A query in a transaction locks the whole kind, ancestor or not. A commit of another entity \
        of it: ABORTED: Transaction lock timeout
        """)
  }
#endif
