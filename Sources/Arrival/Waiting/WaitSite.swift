/// The place in the program where a wait began, as far as it was captured.
///
/// Empty for now: nothing is captured on the way to sleep.
struct WaitSite: Sendable {
  /// The place where the calling code waits.
  static func here() -> WaitSite { WaitSite() }

  /// The place for people; `nil` if it is not known.
  var description: String? { nil }
}
