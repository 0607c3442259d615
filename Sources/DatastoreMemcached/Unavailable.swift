// SPDX-License-Identifier: Apache-2.0
#if !NIO
  /// A shared cache in memcached. Part of the package's trait "NIO".
  @available(
    *, unavailable,
    message: """
      MemcachedCache needs the trait "NIO" of swift-arrival: \
      add traits: ["NIO"] to its .package(…) in Package.swift
      """
  )
  public struct MemcachedCache {
    /// Where memcached is.
    public struct Configuration {
      /// Not available without the trait "NIO".
      public init(host: String = "", port: Int = 0) {}
    }

    /// Not available without the trait "NIO".
    public init(_ configuration: Configuration = Configuration()) {}
  }
#endif
