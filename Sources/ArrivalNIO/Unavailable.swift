// SPDX-License-Identifier: Apache-2.0
#if !NIO
  /// Makes blocking waits on event loops trap. Part of the package's trait "NIO".
  @available(
    *, unavailable,
    message: """
      EventLoopProtection needs the trait "NIO" of swift-arrival: \
      add traits: ["NIO"] to its .package(…) in Package.swift
      """
  )
  public enum EventLoopProtection {
    /// Not available without the trait "NIO".
    public static func install() {}
  }
#endif
