// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import DatastoreContractTests
  import DatastoreSQLite
  import Testing

  @Suite struct SQLiteContractTests {
    @Test(arguments: DatastoreContract.cases)
    func `The contract holds in memory`(_ contract: DatastoreContract.Case) async throws {
      try await contract.run { try SQLiteBackend.inMemory() }
    }

    @Test(arguments: DatastoreContract.cases)
    func `The contract holds in a file`(_ contract: DatastoreContract.Case) async throws {
      let folder = try TemporaryFolder()
      try await contract.run { try SQLiteBackend(path: folder.file("store")) }
    }

    private static let keepingHistory = SQLiteBackend.Configuration(historyTime: .seconds(3_600))

    @Test(
      arguments: DatastoreContract.cases + DatastoreContract.pastCases
        + DatastoreContract.explainCases)
    func `The contract holds in a file with history`(
      _ contract: DatastoreContract.Case
    ) async throws {
      let folder = try TemporaryFolder()
      try await contract.run {
        try SQLiteBackend(path: folder.file("store"), configuration: Self.keepingHistory)
      }
    }

    @Test(arguments: DatastoreContract.cases)
    func `The contract holds in a temporary file with a small cache`(
      _ contract: DatastoreContract.Case
    ) async throws {
      try await contract.run { try SQLiteBackend.temporary(configuration: .init(cacheBytes: 1)) }
    }

    @Test(arguments: DatastoreContract.pastCases)
    func `Earlier states can be read in memory`(
      _ contract: DatastoreContract.Case
    ) async throws {
      try await contract.run { try SQLiteBackend.inMemory(configuration: Self.keepingHistory) }
    }
  }
#endif
