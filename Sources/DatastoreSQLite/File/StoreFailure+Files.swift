// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  private import Foundation

  extension StoreFailure {
    static func notADatabaseText(_ name: String) -> String {
      """
      The file \(name) is not a database, and was not changed. Give the path of a datastore made \
      by this library, or of a file that does not exist yet.
      """
    }

    static func unusablePath(_ path: String) -> DatastoreError {
      let fault = path.isEmpty ? "is empty" : "has a zero byte"
      return DatastoreError(
        .invalidArgument,
        "The path \"\(path)\" of a datastore \(fault). Give the path of a file, or use inMemory().")
    }

    static func notADatabase(_ path: String) -> DatastoreError {
      DatastoreError(.failedPrecondition, notADatabaseText("\"\(path)\""))
    }

    static func foreign(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The file "\(path)" is an SQLite database of another program, and was not changed. Give the \
        path of a datastore made by this library, or of a file that does not exist yet.
        """)
    }

    static func newer(_ path: String, _ version: Int32, known: Int32) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The datastore "\(path)" has version \(version), and this program knows versions up to \
        \(known). It was not changed. Open it with a newer version of this library.
        """)
    }

    static func notAFile(_ path: String, isFolder: Bool) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        isFolder
          ? "The path \"\(path)\" is a folder. Give the path of a file in it."
          : "The path \"\(path)\" is a device, pipe or socket. Give the path of a file.")
    }

    /// A new file needs an existing folder. None is created, because a mistyped path must not
    /// create anything.
    static func requireFolder(of path: String) throws(DatastoreError) {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
      guard exists, isFolder.boolValue else {
        let reason = exists ? "\"\(folder)\" is not a folder" : "there is no folder \"\(folder)\""
        throw DatastoreError(
          .failedPrecondition,
          "The datastore \"\(path)\" cannot be created: \(reason). Create the folder first.")
      }
    }

    static func unreadable(_ path: String, _ code: Int32) -> DatastoreError {
      let reason = String(cString: strerror(code))
      return DatastoreError(
        code == EACCES || code == EPERM ? .permissionDenied : .failedPrecondition,
        "The datastore \"\(path)\" cannot be opened: \(reason). Check the path and its permissions."
      )
    }

    static func notWritable(_ path: String) -> DatastoreError {
      DatastoreError(
        .permissionDenied,
        """
        This process may not write the datastore "\(path)". Allow writing to the file and its \
        folder, or open it read-only.
        """)
    }

    static func notDurable(_ path: String, _ found: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        In the datastore "\(path)" commits would not survive a loss of power (\(found)). Put the \
        file on a local disk.
        """)
    }

    static func requireUserKind(_ kind: String?) throws(DatastoreError) {
      guard let kind, Limits.isReserved(kind), StoreMetadata.Sort(rawValue: kind) == nil else {
        return
      }
      throw DatastoreError(
        .invalidArgument,
        """
        The kind \(kind) is reserved, and this backend has only __namespace__, __kind__ and \
        __property__. Query one of these, or a kind of your own.
        """)
    }

    static func corruptIndex(_ blob: CorruptBlob) -> DatastoreError {
      DatastoreError(
        .dataLoss,
        """
        The index of the datastore is damaged: \(blob.reason). Restore a backup with "arrival \
        restore".
        """
      )
    }

    static func corrupt(_ key: Key, _ blob: CorruptBlob) -> DatastoreError {
      DatastoreError(
        .dataLoss,
        """
        The stored entity is damaged: \(blob.reason). Write it anew, or restore a backup with \
        "arrival restore".
        """, key: key)
    }
  }
#endif
