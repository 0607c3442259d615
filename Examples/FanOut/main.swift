// SPDX-License-Identifier: Apache-2.0
import Arrival
import AsyncHTTPClient
import NIOCore

// A tool without `async main`. It fetches addresses, at most eight at once, and prints their sizes.
let addresses = Array(CommandLine.arguments.dropFirst())
if addresses.isEmpty {
  print("usage: fanout URL…")
} else {
  let sizes = Future.map(addresses, limit: 8, name: "pages") { address in
    // One that fails does not end the others.
    await Future(address) { try await size(of: address) }.timeout(after: .seconds(10)).result
  }
  for (address, size) in zip(addresses, try sizes.getResult()) {
    switch size {
    case .success(let size): print("\(address): \(size) bytes")
    case .failure(let error): print("\(address): \(error)")
    }
  }
}

func size(of address: String) async throws -> Int {
  let response = try await HTTPClient.shared.execute(
    HTTPClientRequest(url: address), timeout: .seconds(10))
  return try await response.body.collect(upTo: 16 << 20).readableBytes
}
