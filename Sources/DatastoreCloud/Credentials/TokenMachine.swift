#if Cloud
  /// When a token is used, when a new one is asked for, and by whom: pure, without a clock.
  ///
  /// A token is renewed when a fifth of its life is left, but no more than five minutes, while the old
  /// one is still used. One request serves all who need a token.
  struct TokenMachine {
    private struct Valid {
      var token: Secret
      var renewal: Duration
      var end: Duration
    }

    private var valid: Valid?
    private var isFetching = false
    /// After a renewal failed, the next one waits for this.
    private var notBefore = Duration.zero

    /// What to do for one who needs a token.
    enum OnNeed {
      /// Use this one.
      case use(Secret)
      /// Use this one, and ask for the next.
      case useAndFetch(Secret)
      /// Ask, and wait for the answer.
      case fetch
      /// Wait for the answer to what was asked already.
      case wait
    }

    /// Somebody needs a token.
    ///
    /// - Parameter now: The time since some beginning.
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

    /// A token has come.
    mutating func fetched(_ token: AccessToken, askedAt asked: Duration) {
      isFetching = false
      // Clocks and networks differ: it is not used to its last second.
      let margin = min(token.lifetime / 10, .seconds(30))
      valid = Valid(
        token: token.secret,
        renewal: asked + token.lifetime - min(token.lifetime / 5, .seconds(300)),
        end: asked + token.lifetime - margin)
    }

    /// None has come.
    mutating func failed(at now: Duration) {
      isFetching = false
      notBefore = now + .seconds(5)
    }

    /// The service has refused this token.
    mutating func refused(_ token: String) {
      if valid?.token.text == token { valid = nil }
    }
  }
#endif
