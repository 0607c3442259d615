// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// The examples as a package of their own. In yours, name the URL of swift-arrival in place of the
// path.
import PackageDescription

let package = Package(
  name: "arrival-examples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(
      name: "swift-arrival", path: "..",
      traits: ["SQLite", "NIO", "Hummingbird", "Metrics", "Tracing"]),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
  ],
  targets: [
    .executableTarget(
      name: "bank",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "ArrivalHummingbird", package: "swift-arrival"),
        .product(name: "ArrivalLifecycle", package: "swift-arrival"),
        .product(name: "ArrivalLogging", package: "swift-arrival"),
        .product(name: "ArrivalMetrics", package: "swift-arrival"),
        .product(name: "ArrivalTracing", package: "swift-arrival"),
        .product(name: "DatastoreSQLite", package: "swift-arrival"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      path: "Bank", exclude: ["README.md"]),
    .target(
      name: "Resolvers", dependencies: [.product(name: "Arrival", package: "swift-arrival")],
      path: "Resolvers/Library"),
    .executableTarget(
      name: "resolvers-program",
      dependencies: ["Resolvers", .product(name: "Arrival", package: "swift-arrival")],
      path: "Resolvers/Program"),
    .executableTarget(
      name: "fanout",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalNIO", package: "swift-arrival"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "FanOut", exclude: ["README.md"]),
    .executableTarget(
      name: "guestbook",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "DatastoreSQLite", package: "swift-arrival"),
      ],
      path: "Guestbook", exclude: ["README.md"]),
    .testTarget(
      name: "ResolversTests",
      dependencies: [
        "Resolvers", .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalTesting", package: "swift-arrival"),
      ],
      path: "Tests/ResolversTests"),
    .testTarget(
      name: "BankTests",
      dependencies: [
        "bank",
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "DatastoreInMemory", package: "swift-arrival"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
      ],
      path: "Tests/BankTests"),
  ]
)
