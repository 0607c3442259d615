// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// What is wrong with a file to import.
  struct ImportProblem: Error, Hashable {
    var sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// A file of entities, one in each line.
  struct ImportedLines: Sendable {
    private let text: String

    init(_ text: String) {
      // Some editors put this mark in front of a file.
      self.text =
        text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// The writes of all lines, for one commit.
    func mutations() throws(ImportProblem) -> [Mutation] {
      var mutations: [Mutation] = []
      var lineOfKey: [Key: Int] = [:]
      var number = 0
      for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
        number += 1
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
        let (key, mutation) = try Self.mutation(Array(line), number)
        if key.isComplete, let first = lineOfKey.updateValue(number, forKey: key) {
          throw ImportProblem("Lines \(first) and \(number) have the same key, \(key.text).")
        }
        mutations.append(mutation)
      }
      if mutations.isEmpty { throw ImportProblem("The file has no entities.") }
      guard mutations.count <= Limits.acceptedMutations else {
        throw ImportProblem(
          """
          The file has \(grouped(mutations.count)) entities, and this page imports up to \
          \(grouped(Limits.acceptedMutations)). The command "arrival import" imports more.
          """)
      }
      return mutations
    }

    private static func mutation(
      _ line: [UInt8], _ number: Int
    ) throws(ImportProblem) -> (Key, Mutation) {
      do {
        let entity = try EntityJSON.entity(of: try JSONReader.read(line))
        guard let key = entity.key else { throw JSONProblem("the entity has no \"key\"") }
        let mutation = Mutation.upsert(entity)
        try Limits.check(mutation)
        return (key, mutation)
      } catch let problem as JSONProblem {
        throw ImportProblem("Line \(number): \(problem.description).")
      } catch {
        throw ImportProblem("Line \(number): \(ServerFailure(error).message)")
      }
    }
  }
#endif
