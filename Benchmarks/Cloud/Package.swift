// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that the other benchmarks do not wait for gRPC to build.
let package = Package(
  name: "arrival-cloud-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-arrival", path: "../..", traits: ["Cloud"]),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "CloudCost",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "DatastoreCloud", package: "swift-arrival"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: [
        // `Generated` is a link to DatastoreCloud's messages, which are compiled only with this
        // condition.
        .define("Cloud"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
