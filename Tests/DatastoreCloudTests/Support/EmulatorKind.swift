// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import DatastoreCloud
  import Foundation
  import Testing

  /// The servers of Google's that the tests run against.
  enum EmulatorKind: String, CaseIterable, CustomStringConvertible, Sendable {
    /// The one that `DATASTORE_EMULATOR_HOST` names.
    case given = "the server at DATASTORE_EMULATOR_HOST"
    /// The Datastore emulator with the rules of the old engine.
    case classic = "the Datastore emulator"
    /// The Datastore emulator with the rules of the newer one.
    case classicInFirestoreMode = "the Datastore emulator in Firestore mode"
    /// The Firestore emulator in Datastore mode.
    case firestore = "the Firestore emulator"

    var description: String { rawValue }

    /// The one given, or all that are installed.
    static let available: [EmulatorKind] =
      givenAddress != nil
      ? [.given]
      : [.classic, .classicInFirestoreMode, .firestore].filter {
        $0.jar != nil
      }

    /// The one whose rules are those of the documentation, as far as an emulator has them.
    static let newest: EmulatorKind = givenAddress != nil ? .given : .firestore

    static let howToInstall: Comment = """
      No emulator was found. Install Google's: \
      apt-get install google-cloud-cli-datastore-emulator google-cloud-cli-firestore-emulator \
      openjdk-17-jre-headless (https://cloud.google.com/sdk/docs/install#deb), or set \
      DATASTORE_EMULATOR_HOST.
      """

    static var givenAddress: String? {
      ProcessInfo.processInfo.environment["DATASTORE_EMULATOR_HOST"].flatMap {
        $0.isEmpty ? nil : $0
      }
    }

    private var file: String {
      switch self {
      case .given: ""
      case .classic, .classicInFirestoreMode: "cloud-datastore-emulator/CloudDatastore.jar"
      case .firestore: "cloud-firestore-emulator/cloud-firestore-emulator.jar"
      }
    }

    /// Where it is installed: the folders of the Debian packages, of the installer, and that of the
    /// `gcloud` in the path.
    var jar: String? {
      let environment = ProcessInfo.processInfo.environment
      var folders = ["/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk"]
      if let home = environment["HOME"] { folders.append("\(home)/google-cloud-sdk") }
      if let root = environment["CLOUDSDK_ROOT_DIR"] { folders.append(root) }
      for folder in (environment["PATH"] ?? "").split(separator: ":") {
        let program = URL(filePath: "\(folder)/gcloud").resolvingSymlinksInPath()
        folders.append(program.deletingLastPathComponent().deletingLastPathComponent().path)
      }
      return folders.map { "\($0)/platform/\(file)" }.first {
        FileManager.default.fileExists(atPath: $0)
      }
    }

    /// How `java` is called.
    func arguments(port: Int, folder: String) -> [String] {
      let memory = [
        "-Xmx512m", "-Djava.io.tmpdir=\(folder)", "-Duser.language=en", "-cp", jar ?? "",
      ]
      let listening = ["--host=127.0.0.1", "--port=\(port)"]
      switch self {
      case .given: return []
      case .classic, .classicInFirestoreMode:
        return memory + ["com.google.cloud.datastore.emulator.CloudDatastore", "start"] + listening
          + ["--testing"]
          + (self == .classic ? [] : ["--firestore_in_datastore_mode"])
      case .firestore:
        return memory + ["com.google.cloud.datastore.emulator.firestore.CloudFirestore"] + listening
          + ["--database-mode=datastore-mode"]
      }
    }
  }
#endif
