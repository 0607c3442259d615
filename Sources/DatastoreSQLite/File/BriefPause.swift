#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// A wait of some milliseconds between two attempts to open a file, on the thread of the caller,
/// who blocks anyway.
enum BriefPause {
  static func take() {
    var time = timespec(tv_sec: 0, tv_nsec: 3_000_000)
    nanosleep(&time, nil)
  }
}
