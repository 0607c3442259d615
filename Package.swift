// swift-tools-version: 6.2
import PackageDescription

// GRDB and swift-argument-parser stand behind the trait "SQLite", so that a package which depends
// on the product `Arrival` alone resolves, clones and builds nothing but this package.
let sqlite: TargetDependencyCondition? = .when(traits: ["SQLite"])

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
    .library(name: "DatastoreSQLite", targets: ["DatastoreSQLite"]),
    .executable(name: "quickstart", targets: ["quickstart"]),
  ],
  traits: [
    .trait(
      name: "SQLite",
      description: "The embedded datastore in one file (DatastoreSQLite, quickstart); needs GRDB.")
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "CArrival"),
    .target(name: "Arrival", dependencies: ["CArrival"], swiftSettings: settings),
    .target(name: "ArrivalTesting", dependencies: ["Arrival"], swiftSettings: settings),
    .target(name: "Datastore", dependencies: ["Arrival"], swiftSettings: settings),
    .target(
      name: "DatastoreContractTests", dependencies: ["Arrival", "Datastore"],
      swiftSettings: settings),
    .target(
      name: "DatastoreSQLite",
      dependencies: [
        "Datastore", .product(name: "GRDB", package: "GRDB.swift", condition: sqlite),
        .product(name: "GRDBSQLite", package: "GRDB.swift", condition: sqlite),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "quickstart",
      dependencies: [
        "Arrival", "Datastore", "DatastoreSQLite",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser", condition: sqlite),
      ],
      resources: [.embedInCode("Resources/time-zones.tsv")],
      swiftSettings: settings),

    .testTarget(
      name: "ArrivalTests", dependencies: ["Arrival", "ArrivalTesting"], swiftSettings: settings),
    .testTarget(
      name: "DatastoreTests", dependencies: ["Datastore", "ArrivalTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreSQLiteTests",
      dependencies: [
        "DatastoreSQLite", "DatastoreContractTests", "sqlite-crash-helper",
        .product(name: "GRDB", package: "GRDB.swift", condition: sqlite),
      ],
      swiftSettings: settings),
    // A process that the tests start to kill it.
    .executableTarget(
      name: "sqlite-crash-helper", dependencies: ["Datastore", "DatastoreSQLite"],
      path: "Tests/Support/sqlite-crash-helper", swiftSettings: settings),
    .testTarget(
      name: "QuickstartTests",
      dependencies: ["quickstart", "Arrival", "Datastore", "DatastoreSQLite"],
      swiftSettings: settings),
  ]
)
