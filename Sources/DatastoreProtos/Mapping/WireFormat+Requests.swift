// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  private import FoundationEssentials
  private import SwiftProtobuf

  // What a server reads from requests. Everything that the model cannot represent is refused with
  // `invalidArgument`, because the client can change it.

  extension WireFormat {
    /// The keys of a request.
    package func decode(_ keys: [Wire.Key]) throws(DatastoreError) -> [Key] {
      var decoded: [Key] = []
      decoded.reserveCapacity(keys.count)
      for key in keys { decoded.append(try decode(key)) }
      return decoded
    }

    /// The mutation of a message.
    package func decode(_ message: Wire.Mutation) throws(DatastoreError) -> Mutation {
      let operation: Mutation.Operation
      switch message.operation {
      case .insert(let entity)?: operation = .insert(try keyed(entity))
      case .update(let entity)?: operation = .update(try keyed(entity))
      case .upsert(let entity)?: operation = .upsert(try keyed(entity))
      case .delete(let key)?: operation = .delete(try decode(key))
      case nil:
        throw unreadable(
          "A mutation has no operation. Set one of insert, update, upsert and delete.")
      }
      var mutation = Mutation(operation)
      if message.hasPropertyMask { mutation.propertyMask = message.propertyMask.paths }
      for transform in message.propertyTransforms {
        mutation.propertyTransforms.append(try decode(transform))
      }
      switch message.conflictDetectionStrategy {
      case .baseVersion(let version)?: mutation.conflictDetection = .baseVersion(version)
      case .updateTime(let time)?: mutation.conflictDetection = .updateTime(try decode(time))
      case nil: break
      }
      switch message.conflictResolutionStrategy {
      case .strategyUnspecified: break
      case .serverValue: mutation.conflictResolutionStrategy = .serverValue
      case .fail: mutation.conflictResolutionStrategy = .fail
      case .UNRECOGNIZED:
        throw unreadable("A mutation has a conflict resolution strategy that is not known.")
      }
      return mutation
    }

    private func decode(
      _ message: Wire.PropertyTransform
    ) throws(DatastoreError) -> PropertyTransform {
      let operation: PropertyTransform.Operation
      switch message.transformType {
      case .setToServerValue(.requestTime)?: operation = .setToServerTime
      case .increment(let value)?: operation = .increment(try decode(value))
      case .maximum(let value)?: operation = .maximum(try decode(value))
      case .minimum(let value)?: operation = .minimum(try decode(value))
      case .appendMissingElements(let array)?:
        operation = .appendMissingElements(try elements(array))
      case .removeAllFromArray(let array)?: operation = .removeAllFromArray(try elements(array))
      case .setToServerValue?, nil:
        throw unreadable(
          "The transform of \"\(message.property.clipped())\" has no type that this server knows.")
      }
      return PropertyTransform(message.property, operation)
    }

    private func elements(
      _ message: Google_Datastore_V1_ArrayValue
    ) throws(DatastoreError) -> [Value] {
      var values: [Value] = []
      for value in message.values { values.append(try decode(value)) }
      return values
    }

    private func keyed(_ message: Wire.Entity) throws(DatastoreError) -> Entity {
      guard message.hasKey else {
        throw unreadable("An entity to write has no key. Give it one, which may lack its ID.")
      }
      return try decode(message)
    }

    /// What a read sees.
    package func consistency(
      of options: Wire.ReadOptions
    ) throws(DatastoreError) -> ReadOptions.Consistency {
      switch options.consistencyType {
      case .transaction(let bytes)?:
        guard let id = transaction(bytes) else {
          throw unreadable("The read option \"transaction\" is empty. Leave it out.")
        }
        return .transaction(.running(id))
      case .newTransaction(let options)?: return .transaction(.begin(try decode(options)))
      case .readTime(let time)?: return .readTime(try decode(time))
      case .readConsistency(.eventual)?: return .eventual
      case .readConsistency(.UNRECOGNIZED)?:
        throw unreadable("The read options have a consistency that is not known.")
      case .readConsistency?, nil: return .strong
      }
    }

    /// The mode of a new transaction.
    package func decode(_ options: Wire.TransactionOptions) throws(DatastoreError)
      -> TransactionMode
    {
      switch options.mode {
      case .readOnly(let options)?:
        .readOnly(asOf: options.hasReadTime ? try decode(options.readTime) : nil)
      case .readWrite(let options)?: .readWrite(retrying: transaction(options.previousTransaction))
      case nil: .readWrite()
      }
    }

    /// The namespace of a query.
    package func namespace(of partition: Wire.PartitionID) throws(DatastoreError) -> String {
      if !partition.projectID.isEmpty, partition.projectID != project {
        throw unreadable(
          """
          The query's partition is of project "\(partition.projectID.clipped())", and the request \
          of project "\(project)".
          """)
      }
      if !partition.databaseID.isEmpty, partition.databaseID != database {
        throw unreadable(
          """
          The query's partition is of database "\(partition.databaseID.clipped())", and the \
          request of database "\(database)".
          """)
      }
      return partition.namespaceID
    }

    /// The query of a message.
    package func decode(
      _ message: Wire.Query, namespace: String
    ) throws(DatastoreError) -> QueryRequest {
      guard message.kind.count <= 1 else {
        throw unreadable("A query has at most one kind; this one has \(message.kind.count).")
      }
      var request = QueryRequest(kind: message.kind.first?.name, namespace: namespace)
      guard request.kind?.isEmpty != true else {
        throw unreadable("The kind of the query is empty. Leave the kind out for all kinds.")
      }
      if message.hasFilter { request.filter = try decode(message.filter) }
      for order in message.order {
        if case .UNRECOGNIZED = order.direction {
          throw unreadable(
            "The order by \"\(order.property.name.clipped())\" has a direction that is not known.")
        }
        request.orders.append(
          QueryOrder(
            order.property.name, order.direction == .descending ? .descending : .ascending))
      }
      request.projection = message.projection.map(\.property.name)
      request.distinctOn = message.distinctOn.map(\.name)
      request.startCursor = cursor(message.startCursor)
      request.endCursor = cursor(message.endCursor)
      guard message.offset >= 0 else {
        throw unreadable("The offset is \(message.offset); it must not be negative.")
      }
      request.offset = Int(message.offset)
      if message.hasLimit {
        guard message.limit.value >= 0 else {
          throw unreadable("The limit is \(message.limit.value); it must not be negative.")
        }
        request.limit = Int(message.limit.value)
      }
      if message.hasFindNearest { request.findNearest = try decode(message.findNearest) }
      return request
    }

    private func decode(
      _ message: Google_Datastore_V1_FindNearest
    ) throws(DatastoreError) -> FindNearest {
      guard case .array(let elements) = try decode(message.queryVector) else {
        throw unreadable("The query vector of find_nearest is no array of numbers.")
      }
      var vector: [Double] = []
      for element in elements {
        switch element {
        case .double(let number): vector.append(number)
        case .integer(let number): vector.append(Double(number))
        default: throw unreadable("The query vector of find_nearest has a value that is no number.")
        }
      }
      let measure: FindNearest.DistanceMeasure
      switch message.distanceMeasure {
      case .euclidean: measure = .euclidean
      case .cosine: measure = .cosine
      case .dotProduct: measure = .dotProduct
      case .unspecified, .UNRECOGNIZED:
        throw unreadable("find_nearest has no distance measure that this server knows.")
      }
      return FindNearest(
        message.vectorProperty.name, to: vector, measure, limit: Int(message.limit.value),
        distanceResultProperty: message.distanceResultProperty.isEmpty
          ? nil : message.distanceResultProperty,
        distanceThreshold: message.hasDistanceThreshold ? message.distanceThreshold.value : nil)
    }

    private func cursor(_ bytes: Data) -> QueryCursor? {
      bytes.isEmpty ? nil : QueryCursor(bytes: [UInt8](bytes))
    }

    /// The filter of a message; `nil` for an empty one.
    private func decode(_ message: Wire.Filter) throws(DatastoreError) -> QueryFilter? {
      switch message.filterType {
      case .propertyFilter(let filter)?: return try decode(filter)
      case .compositeFilter(let filter)?:
        var parts: [QueryFilter] = []
        for part in filter.filters {
          guard let part = try decode(part) else {
            throw unreadable("A part of a composite filter is empty. Leave it out.")
          }
          parts.append(part)
        }
        guard !parts.isEmpty else {
          throw unreadable("A composite filter has no parts. Leave it out.")
        }
        switch filter.op {
        case .and: return .and(parts)
        case .or: return .or(parts)
        case .unspecified, .UNRECOGNIZED:
          throw unreadable("A composite filter has no operator. Use AND or OR.")
        }
      case nil: return nil
      }
    }

    private func decode(_ message: Wire.PropertyFilter) throws(DatastoreError) -> QueryFilter {
      let name = message.property.name
      let comparison: QueryFilter.Comparison
      switch message.op {
      case .lessThan: comparison = .lessThan
      case .lessThanOrEqual: comparison = .lessThanOrEqual
      case .greaterThan: comparison = .greaterThan
      case .greaterThanOrEqual: comparison = .greaterThanOrEqual
      case .equal: comparison = .equal
      case .notEqual: comparison = .notEqual
      case .in: comparison = .isIn
      case .notIn: comparison = .isNotIn
      case .hasAncestor:
        guard name == QueryRequest.keyProperty, case .key(let key) = try decode(message.value)
        else {
          throw unreadable("HAS_ANCESTOR compares __key__ with a key, and nothing else.")
        }
        return .ancestor(key)
      case .unspecified, .UNRECOGNIZED:
        throw unreadable(
          "The filter on \"\(name.clipped())\" has no operator that this server knows.")
      }
      return .property(name, comparison, try decode(message.value))
    }
  }
#endif
