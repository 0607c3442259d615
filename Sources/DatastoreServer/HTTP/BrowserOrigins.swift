// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOHTTP1

  /// Keeps pages of other sites from using the server through a browser on this machine.
  ///
  /// Programs send no `Origin` and no `Sec-Fetch-Site`, so nothing changes for them. A browser's
  /// request must come from a page of this server, and must have reached it under a name that no
  /// other site can have: an address, `localhost`, or the configured host. Otherwise a site could
  /// point its own name at this machine.
  struct BrowserOrigins: Sendable {
    /// The host name that the server was told to listen on.
    let host: String

    /// Why the request is refused; `nil` if it is not.
    func refusal(of request: HTTPRequest) -> String? {
      let headers = request.headers
      let origin = headers.first(name: "origin")
      let site = headers.first(name: "sec-fetch-site")
      guard origin != nil || site != nil else { return nil }
      let host = headers.first(name: "host") ?? ""
      if let refusal = refusal(ofHost: host) { return refusal }
      if let origin, origin != "http://\(host)", origin != "https://\(host)" {
        return "Pages of other sites may not use this server."
      }
      let isRead = request.method == .GET || request.method == .HEAD
      if let site, site != "same-origin", !(isRead && site == "none") {
        return "Pages of other sites may not use this server."
      }
      return nil
    }

    /// Why a page is refused, which only browsers ask for; `nil` if it is not.
    ///
    /// Browsers send no `Origin` with a request for a page, and no `Sec-Fetch-Site` to a server
    /// under a foreign name without TLS.
    func refusal(ofPage request: HTTPRequest) -> String? {
      refusal(ofHost: request.headers.first(name: "host") ?? "") ?? refusal(of: request)
    }

    private func refusal(ofHost host: String) -> String? {
      if isOurs(host) { return nil }
      return "Pages are served under localhost or an address, not under \(host.prefix(100))."
    }

    private func isOurs(_ host: String) -> Bool {
      let name = Self.withoutPort(host)
      return name == "localhost" || name.hasSuffix(".localhost") || name == self.host
        || name.hasPrefix("[") || name.allSatisfy { $0.isNumber || $0 == "." }
    }

    private static func withoutPort(_ host: String) -> String {
      if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
      return String(host.prefix { $0 != ":" }).lowercased()
    }
  }
#endif
