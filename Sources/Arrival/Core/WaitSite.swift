// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// How a wait sleeps.
enum WaitManner { case blocking, suspending }

/// The place in the program where a wait began, as far as it can be found out.
///
/// A few addresses, whose names are looked up only when they are read. One is taken at each wait
/// that blocks, so it allocates nothing and costs some tens of nanoseconds. A wait that suspends
/// keeps the address of its task's innermost frame instead.
struct WaitSite: Sendable {
  private let site: arrival_site

  /// The site of a wait that has not begun.
  static let unknown = WaitSite(site: arrival_site())

  /// Frames of this library above this function that every build has.
  private static let ownFrames = 2

  /// The place where the calling code waits.
  @inline(never)
  static func here(_ manner: WaitManner) -> WaitSite {
    WaitSite(site: arrival_site_here(manner == .suspending, ownFrames))
  }

  /// Where a suspended task waits.
  ///
  /// - Parameter context: the frame of its innermost async function.
  init(ofSuspended context: UInt) { site = arrival_site_at(context) }

  private init(site: arrival_site) { self.site = site }

  /// The place as text, such as `load(_:) at /src/App/Users.swift:20`; `nil` if it is not known.
  /// Slow, because it looks symbols up.
  var description: String? {
    let addresses = addresses
    let raw = RawFrames(
      addresses: addresses, asyncStart: site.are_resumptions ? 0 : addresses.count)
    let frames = FrameBuilder.frames(at: raw)
    guard let frame = frames.last(where: { !$0.isRuntime }) else { return nil }
    guard let file = frame.file else { return frame.function }
    return "\(frame.function) at \(file)\(frame.line.map { ":\($0)" } ?? "")"
  }

  private var addresses: [UInt] {
    withUnsafeBytes(of: site.addresses) { bytes in
      Array(bytes.bindMemory(to: UInt.self).prefix(Int(site.count)))
    }
  }
}

extension WaitSite: Hashable {
  static func == (a: WaitSite, b: WaitSite) -> Bool { a.addresses == b.addresses }
  func hash(into hasher: inout Hasher) { hasher.combine(addresses) }
}
