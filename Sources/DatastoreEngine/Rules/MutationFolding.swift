// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Turns the mutations of a transaction, in which one key may come several times, into mutations
/// of different keys, as a backend's commit wants them.
///
/// The mutations of one key take effect in order. Only the last state is written.
///
/// Unstable: this type may change in any minor release.
public struct MutationFolding: Sendable {
  /// The mutations to commit.
  public private(set) var mutations: [Mutation] = []
  /// Which of ``mutations`` stands for each given one.
  public private(set) var indexes: [Int] = []

  /// Folds mutations.
  ///
  /// - Throws: As `Mutation.followed(by:)`.
  public init(_ given: [Mutation]) throws(DatastoreError) {
    var places: [Key: Int] = [:]
    mutations.reserveCapacity(given.count)
    indexes.reserveCapacity(given.count)
    for mutation in given {
      if let key = mutation.key, key.isComplete {
        if let place = places[key] {
          mutations[place] = try mutations[place].followed(by: mutation)
          indexes.append(place)
          continue
        }
        places[key] = mutations.count
      }
      indexes.append(mutations.count)
      mutations.append(mutation)
    }
  }
}
