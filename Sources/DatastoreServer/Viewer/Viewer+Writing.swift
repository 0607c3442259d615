// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import NIOCore
  internal import NIOHTTP1

  extension Viewer {
    /// Stores the entity of a form, or shows the form again with what is wrong.
    func save(
      _ place: ViewerPlace, _ fields: FormFields
    ) async throws(ViewerFailure) -> HTTPResponse {
      var form = EntityForm(fields)
      var stored: Entity?
      if !form.isNew {
        stored = try await find(try Self.key(fields), place)
        if stored == nil {
          throw ViewerFailure(.notFound, "The entity was deleted in the meantime: \(form.key).")
        }
      }
      if fields["action"] == "add" {
        form.rows.append(EntityForm.Row())
        return formPage(form, place, stored, nil)
      }
      guard let entity = form.entity(stored: stored) else {
        return formPage(form, place, stored, "Nothing was saved. See below.")
      }
      let backend = try await backend(place)
      do {
        let reply = try await backend.commit([Self.mutation(entity, form)])
        guard let result = reply.results.first, !result.conflictDetected else {
          return formPage(
            form, place, stored,
            "The entity was changed in the meantime, so nothing was saved. Open it again to see "
              + "what it is now.")
        }
        return Self.redirect(to: place.entityAddress(result.key).adding("saved", "1"))
      } catch {
        let failure = ServerFailure(error)
        if let logged = failure.logged { gate.log("viewer: \(logged)") }
        return formPage(form, place, stored, failure.message)
      }
    }

    private static func mutation(_ entity: Entity, _ form: EntityForm) -> Mutation {
      if form.isNew { return .insert(entity) }
      return Mutation(
        .update(entity), conflictDetection: form.version.map { .baseVersion($0) })
    }

    private func formPage(
      _ form: EntityForm, _ place: ViewerPlace, _ stored: Entity?, _ problem: String?
    ) -> HTTPResponse {
      Self.response(
        EntityPage(
          place: place, form: form, stored: stored, notice: problem.map { .failure($0) },
          token: token
        ).page, problem == nil ? .ok : .badRequest)
    }

    /// Deletes entities, after a page has asked whether to.
    func delete(
      _ place: ViewerPlace, _ fields: FormFields
    ) async throws(ViewerFailure) -> HTTPResponse {
      var keys: [Key] = []
      for text in fields.values("key") {
        keys.append(try Self.key(FormFields([.init("key", text)])))
      }
      let back = place.kind == nil ? place.kindsAddress : place.address("/data/entities")
      if keys.isEmpty { return Self.redirect(to: back) }
      if fields["confirmed"] == nil {
        return Self.response(DeletePage(place: place, keys: keys, token: token).page)
      }
      let backend = try await backend(place)
      try await write(keys.map { .delete($0) }, backend)
      return Self.redirect(
        to: back.adding("deleted", counted(keys.count, "entity", "entities")))
    }

    private func write(
      _ mutations: [Mutation], _ backend: any DatastoreBackend
    ) async throws(ViewerFailure) {
      try await calling {
        for start in stride(from: 0, to: mutations.count, by: Limits.commitMutations) {
          let end = min(start + Limits.commitMutations, mutations.count)
          _ = try await backend.commit(Array(mutations[start..<end]))
        }
      }
    }

    // MARK: Import

    func importForm(_ place: ViewerPlace, notice: ViewerPage.Notice? = nil) -> HTTPResponse {
      Self.response(
        ImportPage(place: place, notice: notice, maxBytes: maxBytes, token: token).page,
        notice == nil ? .ok : .badRequest)
    }

    func `import`(
      _ place: ViewerPlace, _ fields: FormFields
    ) async throws(ViewerFailure) -> HTTPResponse {
      let mutations: [Mutation]
      do throws(LineProblem) {
        mutations = try Self.mutations(ofLines: fields["file"] ?? "")
      } catch {
        return importForm(
          place, notice: .failure("Line \(error.line): \(error.sentence). Nothing was imported."))
      }
      if mutations.isEmpty {
        return importForm(place, notice: .failure("The file has no entities."))
      }
      try await write(mutations, try await backend(place))
      return try await kinds(
        ViewerPlace(place.database, namespace: place.namespace),
        notice: .success(
          "Imported \(counted(mutations.count, "entity", "entities")). Those of other namespaces "
            + "are there."))
    }

    private struct LineProblem: Error {
      var line: Int
      var sentence: String
    }

    private static func mutations(ofLines text: String) throws(LineProblem) -> [Mutation] {
      var mutations: [Mutation] = []
      for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        .enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 })
      {
        do {
          let entity = try EntityJSON.entity(of: try JSONReader.read(Array(line)))
          guard entity.key != nil else { throw JSONProblem("the entity has no \"key\"") }
          let mutation = Mutation.upsert(entity)
          try Limits.check(mutation)
          mutations.append(mutation)
        } catch let problem as JSONProblem {
          throw LineProblem(line: index + 1, sentence: problem.description)
        } catch {
          throw LineProblem(line: index + 1, sentence: ServerFailure(error).message)
        }
      }
      return mutations
    }
  }
#endif
