// SPDX-License-Identifier: Apache-2.0
public import ArrivalDatastore

/// The rules that every backend of a datastore must keep, as cases that a backend's tests run.
///
/// ```swift
/// @Test(arguments: DatastoreContract.cases)
/// func contract(_ contract: DatastoreContract.Case) async throws {
///   try await contract.run { try MyBackend() }
/// }
/// ```
///
/// The cases do not depend on a test framework: a case that fails throws a ``ContractViolation``.
/// Each case uses its own random namespace, so cases may run concurrently, and against a server
/// with other users.
public enum DatastoreContract {
  /// One rule, and its check.
  public struct Case: Sendable, CustomStringConvertible {
    /// The rule, as a sentence.
    public let name: String
    let check: @Sendable (ContractScene) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (ContractScene) async throws -> Void) {
      self.name = name
      self.check = check
    }

    /// The rule.
    public var description: String { name }

    /// Makes a backend, checks the rule on it, and closes it.
    ///
    /// - Parameter makeBackend: Makes a backend, which need not be empty.
    /// - Throws: ``ContractViolation`` if the rule does not hold, or an unexpected error of the
    ///   backend.
    public func run(_ makeBackend: () async throws -> any DatastoreBackend) async throws {
      let scene = ContractScene(try await makeBackend())
      do {
        try await check(scene)
      } catch {
        try? await scene.backend.close()
        throw error
      }
      try await scene.backend.close()
    }
  }

  /// All rules.
  public static let cases: [Case] =
    readingCases + writingCases + failingCases + valueCases + keyCases + identifierCases
    + nameCases + mutationCases + facadeCases + metadataCases + concurrencyCases + allQueryCases
    + transactionCases + contentionCases + queryContentionCases + serialisabilityCases
    + programTransactionCases + sequenceCases + allocationCases + contextCases + tenantCases
    + nearestCases + masksInTransactions

  /// The rules of queries. An engine with several access paths checks them on each path.
  package static let allQueryCases: [Case] = queryCases + refusedQueryCases + randomQueryCases
}
