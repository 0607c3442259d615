#if SQLite
  import DatastoreContractTests
  import DatastoreSQLite
  import Testing

  @Suite struct SQLiteContractTests {
    @Test("In memory:", arguments: DatastoreContract.cases)
    func inMemory(_ contract: DatastoreContract.Case) async throws {
      try await contract.run { try SQLiteBackend.inMemory() }
    }

    @Test("In a file:", arguments: DatastoreContract.cases)
    func inAFile(_ contract: DatastoreContract.Case) async throws {
      let folder = try TemporaryFolder()
      try await contract.run { try SQLiteBackend(path: folder.file("store")) }
    }
  }
#endif
