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
        let mutation = Self.mutation(entity, form)
        try Limits.check(mutation)
        let reply = try await backend.commit([mutation])
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
      let backend = try await knownBackend(place)
      let mutations = Set(keys).map { Mutation.delete($0) }
      _ = try await calling { try await backend.commit(mutations) }
      return Self.redirect(
        to: back.adding("deleted", counted(mutations.count, "entity", "entities")))
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
      do throws(ImportProblem) {
        mutations = try ImportedLines(fields["file"] ?? "").mutations()
      } catch {
        return importForm(place, notice: .failure("\(error.sentence) Nothing was imported."))
      }
      let backend = try await backend(place)
      do {
        // One commit, so that nothing is imported if it fails.
        _ = try await backend.commit(mutations)
      } catch {
        let failure = ServerFailure(error)
        if let logged = failure.logged { gate.log("viewer: \(logged)") }
        return importForm(place, notice: .failure("\(failure.message) Nothing was imported."))
      }
      return try await kinds(
        ViewerPlace(place.database, namespace: place.namespace),
        notice: .success(
          "Imported \(counted(mutations.count, "entity", "entities")). Those of other namespaces "
            + "are there."))
    }
  }
#endif
