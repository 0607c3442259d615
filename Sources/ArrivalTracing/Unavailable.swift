// SPDX-License-Identifier: Apache-2.0
#if !Tracing
  /// Reports to the tracer of a program. Part of the package's trait "Tracing".
  @available(
    *, unavailable,
    message: """
      TracingInstrument needs the trait "Tracing" of swift-arrival: \
      add traits: ["Tracing"] to its .package(…) in Package.swift
      """
  )
  public struct TracingInstrument {
    /// Not available without the trait "Tracing".
    public init(tracer: Any? = nil) {}
  }
#endif
