// SPDX-License-Identifier: Apache-2.0
#if !Logging
  /// Writes diagnostics to a logger. Part of the package's trait "Logging".
  @available(
    *, unavailable,
    message: """
      DiagnosticLog needs the trait "Logging" of swift-arrival: \
      add traits: ["Logging"] to its .package(…) in Package.swift
      """
  )
  public enum DiagnosticLog {
    /// Not available without the trait "Logging".
    public static func install<Logger>(_ logger: Logger) {}
  }
#endif
