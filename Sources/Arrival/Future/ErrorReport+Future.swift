// SPDX-License-Identifier: Apache-2.0
extension ErrorReport {
  /// The report of a future that has failed; `nil` if the future is pending or has a value. Never
  /// waits.
  public init?(_ future: some AnyFuture) {
    guard future.done(), let failure = future.failure else { return nil }
    self.init(failure.look(), failure.lookAtTraceback())
  }
}
