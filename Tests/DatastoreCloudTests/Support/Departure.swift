#if Cloud
  /// A rule of the contract that an emulator does not keep, and how that shows. The rules are those of
  /// the documentation and the newer engine; each departure was seen on the emulator as installed by the
  /// Google Cloud CLI's packages in November 2026.
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
      case .classicInFirestoreMode: return found(in: classic, rule)
      case .firestore: return found(in: firestore, rule)
      case .given:
        // A server that somebody has set up is one of the three, or the service; nobody knows which.
        let known = [classic, classicAlone, firestore].compactMap { found(in: $0, rule) }.first
        return known.map { Departure(evidence: $0.evidence, isIntermittent: true) }
      }
    }

    private static func found(in table: [String: Departure], _ rule: String) -> Departure? {
      table.first { rule.hasPrefix($0.key) }?.value
    }

    private static let classic: [String: Departure] = [
      "COUNT, SUM and AVG": Departure(evidence: "RunAggregationQuery is UNIMPLEMENTED"),
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
      "A lookup beside commits": Departure(
        evidence: "two states of three entities of one commit in one lookup", isIntermittent: true),
      "Random queries": Departure(
        evidence: "comparisons, orders and aggregations that it does not know, as above"),
    ]

    /// What the newer rules cure.
    private static let classicAlone: [String: Departure] = [
      "Five hundred incomplete keys": Departure(
        evidence: "over 25 entity groups: INVALID_ARGUMENT: operating on too many entity groups"),
      "Values of all types": Departure(
        evidence: "over 25 entity groups: INVALID_ARGUMENT: operating on too many entity groups"),
      "A lookup takes a thousand keys": Departure(
        evidence: "over 25 entity groups: INVALID_ARGUMENT: operating on too many entity groups"),
    ]

    private static let firestore: [String: Departure] = [
      "Numbers of two types": Departure(evidence: "= 0.0 does not find -0.0"),
      "Properties of nested entities": Departure(
        evidence: "finds those of an unindexed entity, and not those of one in an array"),
      "An array sorts by": Departure(evidence: "an entity comes once for each value of its array"),
      "Damaged cursors": Departure(evidence: "no results and no refusal for a damaged cursor"),
      "A lookup beside commits": Departure(
        evidence: "two states of three entities of one commit in one lookup", isIntermittent: true),
      "Random queries": Departure(
        evidence: "INVALID_ARGUMENT: index data should not include primary key; and as above"),
    ]
  }
#endif
