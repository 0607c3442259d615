// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  internal import SwiftProtobuf

  extension WireFormat {
    /// The partition of a namespace.
    package func partition(_ namespace: String) -> Google_Datastore_V1_PartitionId {
      .with {
        $0.projectID = project
        $0.databaseID = database
        $0.namespaceID = namespace
      }
    }

    /// The messages of keys. Adjacent keys of one namespace share one partition message.
    package func encode(_ keys: [Key]) -> [Wire.Key] {
      var last = (namespace: "", partition: partition(""))
      return keys.map { key in
        if key.namespace != last.namespace {
          last = (key.namespace, partition(key.namespace))
        }
        return encode(key, last.partition)
      }
    }

    /// The message of a key, complete or not.
    package func encode(_ key: Key) -> Wire.Key { encode(key, partition(key.namespace)) }

    private func encode(_ key: Key, _ partition: Google_Datastore_V1_PartitionId) -> Wire.Key {
      var message = Wire.Key()
      message.partitionID = partition
      message.path = key.path.map { step in
        var element = Wire.Key.PathElement()
        element.kind = step.kind
        switch step.identifier {
        case .id(let id): element.id = id
        case .name(let name): element.name = name
        case nil: break
        }
        return element
      }
      return message
    }

    /// The key of a message.
    ///
    /// - Throws: `DatastoreError` with the code `dataLoss` for a key without a path, with a gap in
    ///   its path, or of another project or database.
    package func decode(_ message: Wire.Key) throws(DatastoreError) -> Key {
      let path = message.path.map { element in
        let identifier: Key.Identifier? =
          switch element.idType {
          case .id(let id)?: .id(id)
          case .name(let name)?: .name(name)
          case nil: nil
          }
        return Key.PathElement(kind: element.kind, identifier: identifier)
      }
      let key: Key
      do throws(DatastoreError) {
        key = try Key(path: path, namespace: message.partitionID.namespaceID)
      } catch {
        throw unreadable("\(subject) an invalid key: \(error.message)")
      }
      let partition = message.partitionID
      // An empty project stands for the request's project, and an empty database beside it for the
      // request's database.
      let isProject = partition.projectID.isEmpty || partition.projectID == project
      let isDatabase =
        partition.databaseID == database
        || partition.projectID.isEmpty && partition.databaseID.isEmpty
      guard isProject, isDatabase else {
        throw unreadable(
          """
          The key belongs to project "\(partition.projectID.clipped())", database \
          "\(partition.databaseID.clipped())"; this is project "\(project)", database \
          "\(database)". \
          \(sender == .client
            ? "Use a key of this database."
            : "Keys here name no project, so this key cannot be represented.")
          """, key: key)
      }
      return key
    }
  }
#endif
