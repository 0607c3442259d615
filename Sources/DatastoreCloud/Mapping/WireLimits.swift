// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// Limits on the size of messages, in bytes.
  enum WireLimits {
    /// The size that every server accepts: the default of the gRPC libraries and of both emulators.
    static let leastMessageBytes = 4 * 1_024 * 1_024
    /// The largest request that the service accepts.
    static let serviceRequestBytes = 10 * 1_024 * 1_024
    /// The largest reply that this client accepts. After a larger one, a lookup asks for fewer
    /// keys.
    static let replyBytes = 32 * 1_024 * 1_024
  }
#endif
