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
  /// Which of ``mutations``, and which of its steps, stands for each given one.
  private var places: [(mutation: Int, step: Int)] = []
  private let given: [Mutation]

  /// Folds mutations.
  ///
  /// - Throws: As `Mutation.followed(by:)`.
  public init(_ given: [Mutation]) throws(DatastoreError) {
    self.given = given
    var known: [Key: Int] = [:]
    mutations.reserveCapacity(given.count)
    places.reserveCapacity(given.count)
    for mutation in given {
      if let key = mutation.key, key.isComplete {
        if let place = known[key] {
          try mutations[place].add(mutation)
          places.append((place, mutations[place].earlier.count))
          continue
        }
        known[key] = mutations.count
      }
      places.append((mutations.count, 0))
      mutations.append(mutation)
    }
  }

  /// The results of the given mutations, from those of ``mutations``.
  public func results(_ results: [MutationResult]) -> [MutationResult] {
    zip(given, places).map { mutation, place in
      let all = results[place.mutation]
      var result = place.step < all.earlier.count ? all.earlier[place.step] : all
      result.earlier = []
      // The step may be several given mutations, of which only the last computes something.
      if mutation.propertyTransforms.isEmpty { result.transformResults = [] }
      return result
    }
  }
}
