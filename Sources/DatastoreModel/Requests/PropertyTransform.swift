// SPDX-License-Identifier: Apache-2.0
/// A change of one property that the datastore computes from the stored value, without a read.
///
/// Numbers follow the Datastore API: an integer and a double become a double, and integers that
/// overflow become the largest or smallest integer.
public struct PropertyTransform: Sendable {
  /// What is computed.
  public enum Operation: Sendable, Hashable {
    /// The time at which the datastore writes the commit, in milliseconds. All properties of a
    /// commit get the same time.
    case setToServerTime
    /// Adds an integer or double. If there is no number, this one is stored.
    case increment(Value)
    /// Keeps the greater of the stored number and this one. If there is no number, this one is
    /// stored. Of equal numbers the stored one stays. Not-a-number is greater than all.
    case maximum(Value)
    /// Keeps the smaller of the stored number and this one. If there is no number, this one is
    /// stored. Of equal numbers the stored one stays. Not-a-number is smaller than all.
    case minimum(Value)
    /// Appends those of these elements that the array lacks. Other values become an array first.
    case appendMissingElements([Value])
    /// Removes all elements that equal one of these. Other values become an empty array.
    case removeAllFromArray([Value])
  }

  /// The property. `outer.inner` is a property of a nested entity.
  public var property: String
  /// What is computed.
  public var operation: Operation

  /// Makes a transform.
  public init(_ property: String, _ operation: Operation) {
    self.property = property
    self.operation = operation
  }
}
