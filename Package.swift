// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// GRDB and swift-argument-parser stand behind the trait "SQLite", so that a package which depends
// on the product `Arrival` alone resolves, clones and builds nothing but this package.
let sqlite: TargetDependencyCondition? = .when(traits: ["SQLite"])
// So do gRPC and what comes with it, which take minutes to build, behind the trait "Cloud".
let cloud: TargetDependencyCondition? = .when(traits: ["Cloud"])
// And swift-metrics and swift-distributed-tracing, behind one each.
let metrics: TargetDependencyCondition? = .when(traits: ["Metrics"])
let tracing: TargetDependencyCondition? = .when(traits: ["Tracing"])
// And swift-service-lifecycle, SwiftNIO, swift-log and Hummingbird.
let lifecycle: TargetDependencyCondition? = .when(traits: ["Lifecycle"])
// The server behind "Server" enables "Cloud" and "Lifecycle", whose dependencies it needs.
let server: TargetDependencyCondition? = .when(traits: ["Server"])
let nio: TargetDependencyCondition? = .when(traits: ["NIO"])
let logging: TargetDependencyCondition? = .when(traits: ["Logging"])
let hummingbird: TargetDependencyCondition? = .when(traits: ["Hummingbird"])

/// `ARRIVAL_STRICT=1` is set in CI: a warning then stops the build.
let strict = Context.environment["ARRIVAL_STRICT"] == "1"
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// The Swift Package Index sets `SPI_GENERATE_DOCS`: it documents the libraries behind traits too,
/// and needs the plugin for it.
let documents = Context.environment["SPI_GENERATE_DOCS"] != nil
let documented: Set<String> = [
  "SQLite", "Cloud", "Metrics", "Tracing", "Lifecycle", "Server", "NIO", "Logging", "Hummingbird",
]
let plugins: [Package.Dependency] =
  documents ? [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0")] : []

let package = Package(
  name: "swift-arrival",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Arrival", targets: ["Arrival"]),
    .library(name: "ArrivalHummingbird", targets: ["ArrivalHummingbird"]),
    .library(name: "ArrivalLifecycle", targets: ["ArrivalLifecycle"]),
    .library(name: "ArrivalLogging", targets: ["ArrivalLogging"]),
    .library(name: "ArrivalNIO", targets: ["ArrivalNIO"]),
    .library(name: "ArrivalTesting", targets: ["ArrivalTesting"]),
    .library(name: "ArrivalMetrics", targets: ["ArrivalMetrics"]),
    .library(name: "ArrivalTracing", targets: ["ArrivalTracing"]),
    .library(name: "ArrivalDatastore", targets: ["ArrivalDatastore"]),
    .library(name: "DatastoreAddresses", targets: ["DatastoreAddresses"]),
    .library(name: "DatastoreCompression", targets: ["DatastoreCompression"]),
    .library(name: "DatastoreCloud", targets: ["DatastoreCloud"]),
    .library(name: "DatastoreContractTests", targets: ["DatastoreContractTests"]),
    .library(name: "DatastoreEngine", targets: ["DatastoreEngine"]),
    .library(name: "DatastoreInMemory", targets: ["DatastoreInMemory"]),
    .library(name: "DatastoreMemcached", targets: ["DatastoreMemcached"]),
    .library(name: "DatastoreServer", targets: ["DatastoreServer"]),
    .library(name: "DatastoreModel", targets: ["DatastoreModel"]),
    .library(name: "DatastoreSQLite", targets: ["DatastoreSQLite"]),
    .executable(name: "arrival", targets: ["ArrivalTool"]),
  ],
  traits: [
    .default(enabledTraits: documents ? documented : []),
    .trait(
      name: "SQLite",
      description: "The embedded datastore in one file (DatastoreSQLite, quickstart); needs GRDB."),
    .trait(
      name: "Cloud",
      description: "Google Cloud Datastore as the backend (DatastoreCloud); needs grpc-swift 2."),
    .trait(
      name: "Metrics",
      description: "What Arrival does, through swift-metrics (ArrivalMetrics)."),
    .trait(
      name: "Tracing",
      description: "Spans of batches, through swift-distributed-tracing (ArrivalTracing)."),
    .trait(
      name: "Lifecycle",
      description: "Datastores and executors as services (ArrivalLifecycle)."),
    .trait(
      name: "Server",
      description: "Any backend served to Datastore clients (DatastoreServer, arrival serve).",
      enabledTraits: ["Cloud", "Lifecycle"]),
    .trait(
      name: "NIO",
      description: "EventLoopFuture (ArrivalNIO), memcached (DatastoreMemcached); needs SwiftNIO."),
    .trait(
      name: "Logging",
      description: "Diagnostics as records of swift-log (ArrivalLogging)."),
    .trait(
      name: "Hummingbird",
      description: "Middleware for servers (ArrivalHummingbird); needs Hummingbird 2.",
      enabledTraits: ["NIO", "Logging", "Lifecycle"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
  ] + plugins,
  targets: [
    .target(name: "CArrival"),
    .target(name: "CDebugInformation"),
    .target(
      name: "Arrival", dependencies: ["CArrival", "CDebugInformation"], swiftSettings: settings),
    .target(name: "CArrivalTesting"),
    .target(
      name: "ArrivalTesting", dependencies: ["Arrival", "CArrivalTesting"],
      swiftSettings: settings),
    .target(
      name: "ArrivalMetrics",
      dependencies: [
        "Arrival", .product(name: "CoreMetrics", package: "swift-metrics", condition: metrics),
      ],
      swiftSettings: settings),
    .target(
      name: "ArrivalTracing",
      dependencies: [
        "Arrival",
        .product(name: "Tracing", package: "swift-distributed-tracing", condition: tracing),
      ],
      swiftSettings: settings),
    // The datastore in three layers. Backends know the first two, programs see the third, which
    // brings the first along.
    .target(name: "DatastoreModel", swiftSettings: settings),
    .target(name: "DatastoreEngine", dependencies: ["DatastoreModel"], swiftSettings: settings),
    .target(
      name: "ArrivalDatastore", dependencies: ["Arrival", "DatastoreModel", "DatastoreEngine"],
      swiftSettings: settings),
    .target(
      name: "DatastoreContractTests",
      dependencies: ["Arrival", "DatastoreModel", "DatastoreEngine", "ArrivalDatastore"],
      swiftSettings: settings),
    // Built of the public building blocks alone, as a backend outside of this package is. Arrival
    // is for the latency of the simulated one.
    .target(
      name: "DatastoreInMemory", dependencies: ["Arrival", "DatastoreModel", "DatastoreEngine"],
      swiftSettings: settings),
    // The cache that processes share.
    .target(
      name: "DatastoreMemcached",
      dependencies: [
        "DatastoreModel", "DatastoreEngine",
        .product(name: "NIOCore", package: "swift-nio", condition: nio),
        .product(name: "NIOPosix", package: "swift-nio", condition: nio),
      ],
      swiftSettings: settings),
    .target(name: "CDatastoreSQLite"),
    .target(
      name: "DatastoreSQLite",
      dependencies: [
        "CDatastoreSQLite", "DatastoreModel", "DatastoreEngine",
        .product(name: "GRDB", package: "GRDB.swift", condition: sqlite),
        .product(name: "GRDBSQLite", package: "GRDB.swift", condition: sqlite),
      ],
      swiftSettings: settings),
    // The wire format of the Datastore API, for its client and its server.
    .target(
      name: "DatastoreProtos",
      dependencies: [
        "DatastoreModel",
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: cloud),
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: cloud),
      ],
      exclude: ["Protos"], swiftSettings: settings),
    .target(
      name: "DatastoreCloud",
      dependencies: [
        "Arrival", "DatastoreModel", "DatastoreEngine", "DatastoreProtos",
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: cloud),
        .product(
          name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
          condition: cloud),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: cloud),
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: cloud),
        .product(name: "JWTKit", package: "jwt-kit", condition: cloud),
        .product(name: "AsyncHTTPClient", package: "async-http-client", condition: cloud),
        .product(name: "NIOCore", package: "swift-nio", condition: cloud),
        .product(name: "NIOFoundationCompat", package: "swift-nio", condition: cloud),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: cloud),
        .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: cloud),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: cloud),
      ],
      swiftSettings: settings),
    .target(
      name: "DatastoreServer",
      dependencies: [
        "ArrivalDatastore", "ArrivalFormats", "DatastoreModel", "DatastoreEngine",
        "DatastoreInMemory", "DatastoreProtos",
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: server),
        .product(
          name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
          condition: server),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: server),
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: server),
        .product(name: "NIOCore", package: "swift-nio", condition: server),
        .product(name: "NIOPosix", package: "swift-nio", condition: server),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: server),
        .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: server),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: server),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: server),
      ],
      swiftSettings: settings),
    .target(
      name: "ArrivalLifecycle",
      dependencies: [
        "ArrivalDatastore",
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: lifecycle),
      ],
      swiftSettings: settings),
    .target(
      name: "ArrivalNIO",
      dependencies: [
        "Arrival",
        .product(name: "NIOCore", package: "swift-nio", condition: nio),
        .product(name: "NIOPosix", package: "swift-nio", condition: nio),
      ],
      swiftSettings: settings),
    .target(
      name: "ArrivalLogging",
      dependencies: [
        "Arrival", .product(name: "Logging", package: "swift-log", condition: logging),
      ],
      swiftSettings: settings),
    .target(
      name: "ArrivalHummingbird",
      dependencies: [
        "Arrival", "ArrivalDatastore", "ArrivalLifecycle", "ArrivalLogging", "ArrivalNIO",
        .product(name: "Hummingbird", package: "hummingbird", condition: hummingbird),
      ],
      swiftSettings: settings),
    // The one module that knows every backend.
    .target(
      name: "DatastoreAddresses",
      dependencies: ["Arrival", "ArrivalDatastore", "DatastoreSQLite", "DatastoreCloud"],
      swiftSettings: settings),
    // Apart from ArrivalDatastore, because it needs the system's zlib.
    .target(
      name: "DatastoreCompression", dependencies: ["ArrivalDatastore", "CZlib"],
      swiftSettings: settings),
    // The system's zlib, for compressed files and properties.
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"])]),
    // What the commands share: tables, JSON Lines, progress.
    .target(
      name: "ArrivalFormats",
      dependencies: ["Arrival", "ArrivalDatastore", "DatastoreModel", "CZlib"],
      swiftSettings: settings),
    // Not called "arrival", which file systems that ignore case take for "Arrival".
    .executableTarget(
      name: "ArrivalTool",
      dependencies: [
        "Arrival", "ArrivalFormats", "ArrivalDatastore", "DatastoreAddresses", "DatastoreEngine",
        "DatastoreModel", "DatastoreServer", "DatastoreSQLite",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser", condition: sqlite),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "quickstart",
      dependencies: [
        "Arrival", "ArrivalFormats", "ArrivalDatastore", "DatastoreAddresses",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser", condition: sqlite),
      ],
      path: "Examples/Quickstart", exclude: ["README.md"],
      resources: [.embedInCode("Resources/time-zones.tsv")],
      swiftSettings: settings),

    .testTarget(
      name: "ArrivalTests", dependencies: ["Arrival", "ArrivalTesting"], swiftSettings: settings),
    .testTarget(
      name: "ArrivalTestingTests", dependencies: ["Arrival", "ArrivalTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalMetricsTests",
      dependencies: [
        "ArrivalMetrics", "Arrival", "ArrivalTesting",
        .product(name: "MetricsTestKit", package: "swift-metrics", condition: metrics),
        .product(name: "CoreMetrics", package: "swift-metrics", condition: metrics),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalTracingTests",
      dependencies: [
        "ArrivalTracing", "Arrival", "ArrivalTesting",
        .product(name: "Tracing", package: "swift-distributed-tracing", condition: tracing),
        .product(
          name: "InMemoryTracing", package: "swift-distributed-tracing", condition: tracing),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalLifecycleTests",
      dependencies: [
        "ArrivalLifecycle", "Arrival", "ArrivalDatastore", "ArrivalTesting", "DatastoreInMemory",
        "DatastoreSQLite",
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: lifecycle),
        .product(
          name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle",
          condition: lifecycle),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalNIOTests",
      dependencies: [
        "ArrivalNIO", "Arrival", "ArrivalTesting",
        .product(name: "NIOCore", package: "swift-nio", condition: nio),
        .product(name: "NIOPosix", package: "swift-nio", condition: nio),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalLoggingTests",
      dependencies: [
        "ArrivalLogging", "Arrival",
        .product(name: "Logging", package: "swift-log", condition: logging),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalHummingbirdTests",
      dependencies: [
        "ArrivalHummingbird", "Arrival", "ArrivalDatastore", "ArrivalTesting",
        "DatastoreInMemory",
        .product(name: "Hummingbird", package: "hummingbird", condition: hummingbird),
        .product(name: "HummingbirdTesting", package: "hummingbird", condition: hummingbird),
        .product(name: "InMemoryLogging", package: "swift-log", condition: hummingbird),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreModelTests", dependencies: ["DatastoreModel"], swiftSettings: settings),
    .testTarget(
      name: "DatastoreEngineTests",
      dependencies: ["Arrival", "DatastoreModel", "DatastoreEngine", "DatastoreContractTests"],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalDatastoreTests",
      dependencies: [
        "ArrivalDatastore", "DatastoreModel", "DatastoreEngine", "DatastoreInMemory",
        "ArrivalTesting",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreInMemoryTests",
      dependencies: [
        "Arrival", "DatastoreInMemory", "DatastoreModel", "DatastoreEngine", "ArrivalDatastore",
        "ArrivalTesting", "DatastoreContractTests",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreCompressionTests",
      dependencies: ["Arrival", "ArrivalDatastore", "DatastoreCompression", "DatastoreInMemory"],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreSQLiteTests",
      dependencies: [
        "DatastoreSQLite", "DatastoreModel", "DatastoreEngine", "ArrivalDatastore",
        "DatastoreContractTests", "sqlite-crash-helper", "TestPrograms",
        .product(name: "GRDB", package: "GRDB.swift", condition: sqlite),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreAddressesTests", dependencies: ["ArrivalDatastore", "DatastoreAddresses"],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreCloudTests",
      dependencies: [
        "DatastoreCloud", "DatastoreProtos", "DatastoreContractTests", "ArrivalTesting",
        "ArrivalTool", "TestPrograms", "quickstart",
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: cloud),
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: cloud),
        .product(
          name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
          condition: cloud),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: cloud),
        .product(name: "NIOCore", package: "swift-nio", condition: cloud),
        .product(name: "NIOPosix", package: "swift-nio", condition: cloud),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: cloud),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: cloud),
        .product(name: "AsyncHTTPClient", package: "async-http-client", condition: cloud),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreServerTests",
      dependencies: [
        "Arrival", "ArrivalDatastore", "DatastoreServer", "DatastoreCloud",
        "DatastoreContractTests", "DatastoreEngine", "DatastoreInMemory", "DatastoreModel",
        "DatastoreProtos", "DatastoreSQLite",
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: server),
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: server),
        .product(
          name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
          condition: server),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: server),
        .product(name: "NIOCore", package: "swift-nio", condition: server),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: server),
        .product(name: "NIOPosix", package: "swift-nio", condition: server),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: server),
        .product(name: "AsyncHTTPClient", package: "async-http-client", condition: server),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DatastoreMemcachedTests",
      dependencies: [
        "DatastoreMemcached", "DatastoreModel", "DatastoreEngine", "DatastoreInMemory",
        "TestPrograms", "shared-cache-helper",
        .product(name: "NIOCore", package: "swift-nio", condition: nio),
        .product(name: "NIOEmbedded", package: "swift-nio", condition: nio),
        .product(name: "NIOPosix", package: "swift-nio", condition: nio),
      ],
      swiftSettings: settings),
    .target(name: "TestPrograms", path: "Tests/Support/TestPrograms", swiftSettings: settings),
    // Processes that the tests start to kill them.
    .executableTarget(
      name: "shared-cache-helper",
      dependencies: [
        "DatastoreEngine", "DatastoreMemcached", "DatastoreModel", "DatastoreSQLite",
      ],
      path: "Tests/Support/shared-cache-helper", swiftSettings: settings),
    .executableTarget(
      name: "sqlite-crash-helper", dependencies: ["ArrivalDatastore", "DatastoreSQLite"],
      path: "Tests/Support/sqlite-crash-helper", swiftSettings: settings),
    .testTarget(
      name: "ArrivalFormatsTests", dependencies: ["Arrival", "ArrivalFormats", "ArrivalDatastore"],
      swiftSettings: settings),
    .testTarget(
      name: "ArrivalToolTests",
      dependencies: [
        "ArrivalTool", "Arrival", "ArrivalFormats", "ArrivalTesting", "ArrivalDatastore",
        "DatastoreSQLite", "TestPrograms",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "QuickstartTests",
      dependencies: [
        "quickstart", "Arrival", "ArrivalFormats", "ArrivalDatastore", "DatastoreSQLite",
      ],
      swiftSettings: settings),
  ]
)
