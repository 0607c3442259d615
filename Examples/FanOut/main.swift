// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalNIO
import AsyncHTTPClient
import NIOCore

// A tool without `async main`. It fetches addresses, at most eight at once, and prints their sizes.
let addresses = Array(CommandLine.arguments.dropFirst())
if addresses.isEmpty {
  print("usage: fanout URL…")
} else {
  let sizes = Future.map(addresses, limit: 8, name: "pages") { address in
    // One that fails does not end the others.
    await size(of: address).timeout(after: .seconds(10)).result
  }
  for (address, size) in zip(addresses, try sizes.getResult()) {
    switch size {
    case .success(let size): print("\(address): \(size) bytes")
    case .failure(let error): print("\(address): \(error)")
    }
  }
}

func size(of address: String) -> Future<Int> {
  // Nobody can cancel what an event loop does, so it has a time limit of its own.
  HTTPClient.shared.get(url: address, deadline: .now() + .seconds(30))
    .map { $0.body?.readableBytes ?? 0 }.asFuture(address)
}
