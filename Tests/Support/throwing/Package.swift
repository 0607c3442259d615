// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// `Scripts/check-tracebacks` builds this in several ways and checks what it prints.
let package = Package(
  name: "throwing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-arrival", path: "../../..")],
  targets: [
    .executableTarget(
      name: "throwing", dependencies: [.product(name: "Arrival", package: "swift-arrival")])
  ]
)
