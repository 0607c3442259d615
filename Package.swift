// swift-tools-version: 6.2
import PackageDescription

/// `ARRIVAL_STRICT=1` is set in CI: a warning then stops the build.
let strict = Context.environment["ARRIVAL_STRICT"] == "1"
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
  name: "swift-arrival",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Arrival", targets: ["Arrival"]),
    .library(name: "ArrivalTesting", targets: ["ArrivalTesting"]),
    .library(name: "Datastore", targets: ["Datastore"]),
    .library(name: "DatastoreContractTests", targets: ["DatastoreContractTests"]),
  ],
  targets: [
    .target(name: "CArrival"),
    .target(name: "Arrival", dependencies: ["CArrival"], swiftSettings: settings),
    .target(name: "ArrivalTesting", dependencies: ["Arrival"], swiftSettings: settings),
    .target(name: "Datastore", dependencies: ["Arrival"], swiftSettings: settings),
    .target(
      name: "DatastoreContractTests", dependencies: ["Datastore"], swiftSettings: settings),

    .testTarget(
      name: "ArrivalTests", dependencies: ["Arrival", "ArrivalTesting"], swiftSettings: settings),
    .testTarget(
      name: "DatastoreTests", dependencies: ["Datastore", "ArrivalTesting"],
      swiftSettings: settings),
  ]
)
