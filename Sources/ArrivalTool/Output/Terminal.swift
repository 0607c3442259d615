// SPDX-License-Identifier: Apache-2.0
#if SQLite
  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The terminal to which the tool writes.
  enum Terminal {
    /// How many columns it has; `nil` if standard output is not a terminal.
    static var width: Int? {
      guard isatty(STDOUT_FILENO) == 1 else { return nil }
      var size = winsize()
      let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
      return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Whether a person types the input and sees the output.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }
  }
#endif
