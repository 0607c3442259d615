// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A theme is an executable that the benchmark plugin finds in the folder `Benchmarks`.
func theme(_ name: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "Comparisons", "BenchmarkSupport", .product(name: "Benchmark", package: "benchmark"),
    ],
    path: "Benchmarks/\(name)",
    swiftSettings: settings, plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "arrival-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-arrival", path: "..", traits: ["SQLite"]),
    // Without its traits, which replace malloc and would change the measurements.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/OpenCombine/OpenCombine", from: "0.14.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .target(
      name: "Comparisons",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "DatastoreSQLite", package: "swift-arrival"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "OpenCombine", package: "OpenCombine"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .target(
      name: "BenchmarkSupport",
      dependencies: ["Comparisons", .product(name: "Benchmark", package: "benchmark")],
      swiftSettings: settings),
    theme("FuturesBenchmarks"), theme("WaitingBenchmarks"), theme("BatchingBenchmarks"),
    theme("DatastoreBenchmarks"),
    .target(name: "CAllocations"),
    .executableTarget(
      name: "Probe",
      dependencies: [
        "CAllocations", "Comparisons", .product(name: "Arrival", package: "swift-arrival"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "StoreScale",
      dependencies: [
        .product(name: "Arrival", package: "swift-arrival"),
        .product(name: "ArrivalDatastore", package: "swift-arrival"),
        .product(name: "DatastoreSQLite", package: "swift-arrival"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "Growth",
      dependencies: ["CAllocations", .product(name: "Arrival", package: "swift-arrival")],
      swiftSettings: settings),
    .executableTarget(name: "Report", dependencies: ["Comparisons"], swiftSettings: settings),
  ]
)
