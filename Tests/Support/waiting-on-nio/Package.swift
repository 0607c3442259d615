// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that the core's tests do not resolve and build NIO.
// `Scripts/check-nio` runs it.
let package = Package(
  name: "waiting-on-nio",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-arrival", path: "../../.."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .executableTarget(
      name: "waiting-on-nio",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ])
  ]
)
