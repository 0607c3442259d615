// SPDX-License-Identifier: Apache-2.0
/// Distinguishes the code of this package's libraries, of Swift's runtime and of the start of
/// threads from the program's.
///
/// It looks at names, because all of that may be linked into the executable, and at images, because
/// functions in a library may have no names.
enum RuntimeCode {
  private static let modules: Set<Substring> = [
    "Swift", "_Concurrency", "Synchronization", "Dispatch", "Runtime",
    "Arrival", "ArrivalDatastore", "ArrivalLifecycle", "ArrivalMetrics", "ArrivalTesting",
    "ArrivalTracing",
    "DatastoreAddresses", "DatastoreCloud", "DatastoreEngine", "DatastoreInMemory",
    "DatastoreModel", "DatastoreProtos", "DatastoreSQLite", "DatastoreServer",
  ]

  /// Prefixes of the names of C and C++ functions.
  private static let prefixes = [
    "arrival_", "swift_", "_swift_", "__swift_", "swift::", "_dispatch_", "dispatch_",
    "__libc_start", "__clone",
    "_pthread_", "thread_start",
  ]
  private static let names: Set<String> = [
    "clone", "clone3", "start_thread", "_start", "start_wqthread",
  ]

  private static let images = [
    "libswiftCore.", "libswift_Concurrency.", "libswiftSynchronization.", "libswiftDispatch.",
    "libswiftRuntime.", "libdispatch.", "libc.so", "libpthread.", "libsystem_pthread.", "dyld",
  ]

  static func contains(image: String) -> Bool {
    let name = image.lastIndex(of: "/").map { image[image.index(after: $0)...] } ?? image[...]
    return images.contains(where: name.hasPrefix)
  }

  static func contains(rawName: String, demangled: String) -> Bool {
    if let module = module(of: rawName) { return modules.contains(module) }
    return names.contains(demangled) || prefixes.contains(where: demangled.hasPrefix)
      || demangled.contains(" swift::") || demangled.contains("(swift::")
  }

  /// The module of a Swift function; `nil` if the function is not written in Swift.
  static func module(of rawName: String) -> Substring? {
    guard let mangled = mangledPart(of: rawName) else { return nil }
    // Nearly all names look like `$s4main…`.
    if let length = mangled.prefix(while: \.isNumber).nonEmpty, !length.hasPrefix("0"),
      let count = Int(length), count <= mangled.utf8.count
    {
      return mangled.dropFirst(length.count).prefix(count)
    }
    // The name begins with a type of the standard library. The function may be an extension of that
    // type in any module.
    guard let text = Demangler.full(rawName) else { return "Swift" }
    guard let start = text.firstRange(of: "(extension in ")?.upperBound else { return "Swift" }
    return text[start...].prefix { $0 != ")" }
  }

  private static func mangledPart(of rawName: String) -> Substring? {
    for prefix in ["$s", "_$s", "$S", "$e"] where rawName.hasPrefix(prefix) {
      return rawName.dropFirst(prefix.count)
    }
    return nil
  }
}

extension Substring {
  fileprivate var nonEmpty: Substring? { isEmpty ? nil : self }
}
