// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// Decides when a token is used and when a new one is requested. A pure state machine, without a
  /// clock.
  ///
  /// A renewal begins when a fifth of the token's lifetime is left, but at most five minutes before
  /// its end. Meanwhile the old token is still used. One request serves all callers.
  struct TokenMachine {
    private struct Valid {
      var token: Secret
      var renewal: Duration
      var end: Duration
    }

    private var valid: Valid?
    private var isFetching = false
    /// After a failed renewal, the earliest time of the next.
    private var notBefore = Duration.zero

    /// What a caller that needs a token must do.
    enum OnNeed {
      /// Use this token.
      case use(Secret)
      /// Use this token, and request the next one.
      case useAndFetch(Secret)
      /// Request a token, and wait for it.
      case fetch
      /// Wait for the token that was already requested.
      case wait
    }

    /// A caller needs a token.
    ///
    /// - Parameter now: The time since the machine was created.
    mutating func need(at now: Duration) -> OnNeed {
      if let valid, now < valid.end {
        if now < valid.renewal || now < notBefore || isFetching { return .use(valid.token) }
        isFetching = true
        return .useAndFetch(valid.token)
      }
      if isFetching { return .wait }
      isFetching = true
      return .fetch
    }

    /// A requested token came.
    mutating func fetched(_ token: AccessToken, askedAt asked: Duration) {
      isFetching = false
      // Clocks and networks differ, so a token is not used to its last second.
      let margin = min(token.lifetime / 10, .seconds(30))
      valid = Valid(
        token: token.secret,
        renewal: asked + token.lifetime - min(token.lifetime / 5, .seconds(300)),
        end: asked + token.lifetime - margin)
    }

    /// A request for a token failed.
    mutating func failed(at now: Duration) {
      isFetching = false
      notBefore = now + .seconds(5)
    }

    /// The service refused this token.
    mutating func refused(_ token: String) {
      if valid?.token.text == token { valid = nil }
    }
  }
#endif
