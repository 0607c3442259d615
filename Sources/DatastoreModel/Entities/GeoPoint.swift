// SPDX-License-Identifier: Apache-2.0
/// A geographical point, in degrees.
public struct GeoPoint: Sendable, Hashable, Codable {
  /// Degrees north of the equator, -90 to 90.
  public var latitude: Double
  /// Degrees east of Greenwich, -180 to 180.
  public var longitude: Double

  /// Makes a point. ``Limits`` checks the ranges when it is stored.
  public init(latitude: Double, longitude: Double) {
    self.latitude = latitude
    self.longitude = longitude
  }
}

extension GeoPoint: CustomStringConvertible {
  /// The point as `GeoPoint(52.52, 13.405)`.
  public var description: String { "GeoPoint(\(latitude), \(longitude))" }
}
