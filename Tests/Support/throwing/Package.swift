// swift-tools-version: 6.2
import PackageDescription

// Built in several ways by `Scripts/check-tracebacks`, which reads what it prints.
let package = Package(
  name: "throwing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-arrival", path: "../../..")],
  targets: [
    .executableTarget(
      name: "throwing", dependencies: [.product(name: "Arrival", package: "swift-arrival")])
  ]
)
