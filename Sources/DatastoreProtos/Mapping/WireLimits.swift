// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// Limits on the size of messages, in bytes.
  package enum WireLimits {
    /// The size that every server accepts: the default of the gRPC libraries and of both emulators.
    package static let leastMessageBytes = 4 * 1_024 * 1_024
    /// The largest request that the service accepts.
    package static let serviceRequestBytes = 10 * 1_024 * 1_024
    /// The largest reply that this client accepts. After a larger one, a lookup asks for fewer
    /// keys.
    package static let replyBytes = 32 * 1_024 * 1_024
  }
#endif
