// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// How many files the process may have open. Each connection is one.
  enum OpenFileLimit {
    /// Raises the limit as far as this process may, which is often from 1,024 to a million.
    static func raise() {
      #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      #else
        let resource = RLIMIT_NOFILE
      #endif
      var limit = rlimit()
      guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
      // Enough for all ports of a client; Darwin refuses an unlimited number.
      limit.rlim_cur = min(limit.rlim_max, 61_440)
      _ = setrlimit(resource, &limit)
    }
  }
#endif
