public import ArrivalDatastore

/// What every backend of a datastore must do, as cases that a backend's tests run.
///
/// ```swift
/// @Test(arguments: DatastoreContract.cases)
/// func contract(_ contract: DatastoreContract.Case) async throws {
///   try await contract.run { try MyBackend() }
/// }
/// ```
///
/// The cases know no test framework: one that fails throws a ``ContractViolation``. Each keeps to a
/// namespace of its own, so they may run at once and against a server that others use too.
public enum DatastoreContract {
  /// One rule, and how to see that it holds.
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
    /// - Parameter makeBackend: Makes a backend; it need not be empty.
    /// - Throws: ``ContractViolation`` if the rule does not hold, or what the backend threw where
    ///   it should not.
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
    + concurrencyCases + allQueryCases
    + transactionCases + contentionCases + queryContentionCases + serialisabilityCases
    + programTransactionCases + allocationCases + contextCases

  /// Those about queries, which an engine with several ways to a result runs on each.
  package static let allQueryCases: [Case] = queryCases + refusedQueryCases + randomQueryCases
}
