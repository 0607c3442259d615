// SPDX-License-Identifier: Apache-2.0
/// A search for the results of a query whose vectors are nearest to a given one.
///
/// All vectors are compared. A vector is an array of numbers, best in an unindexed property.
/// Entities without one, or with one of another length, are no results.
public struct FindNearest: Sendable, Hashable {
  /// How far two vectors are apart.
  public enum DistanceMeasure: Sendable, Hashable, CaseIterable {
    /// The length of their difference. The nearest have the smallest.
    case euclidean
    /// One minus the cosine of their angle. The nearest have the smallest. A vector of zeros is no
    /// result.
    case cosine
    /// Their inner product. The nearest have the greatest.
    case dotProduct
  }

  /// The property with the vectors.
  public var vectorProperty: String
  /// The vector to compare with, of 1 to 2,048 numbers.
  public var queryVector: [Double]
  /// How far two vectors are apart.
  public var distanceMeasure: DistanceMeasure
  /// How many results to return, 1 to 1,000.
  public var limit: Int
  /// The property of the results that gets the distance. `nil` for none.
  public var distanceResultProperty: String?
  /// The greatest distance of a result, or the smallest for `dotProduct`. `nil` for any.
  public var distanceThreshold: Double?

  /// Makes a search.
  public init(
    _ vectorProperty: String, to queryVector: [Double], _ distanceMeasure: DistanceMeasure,
    limit: Int, distanceResultProperty: String? = nil, distanceThreshold: Double? = nil
  ) {
    self.vectorProperty = vectorProperty
    self.queryVector = queryVector
    self.distanceMeasure = distanceMeasure
    self.limit = limit
    self.distanceResultProperty = distanceResultProperty
    self.distanceThreshold = distanceThreshold
  }
}
