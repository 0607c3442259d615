// SPDX-License-Identifier: Apache-2.0
#if !Metrics
  /// Reports to the metrics of a program. Part of the package's trait "Metrics".
  @available(
    *, unavailable,
    message: """
      MetricsInstrument needs the trait "Metrics" of swift-arrival: \
      add traits: ["Metrics"] to its .package(…) in Package.swift
      """
  )
  public struct MetricsInstrument {
    /// Not available without the trait "Metrics".
    public init(factory: Any? = nil) {}
  }
#endif
