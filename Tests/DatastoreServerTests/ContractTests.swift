// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreContractTests
  import DatastoreSQLite
  import Testing

  @testable import DatastoreServer

  /// The contract of all backends, through a client and a server of the API.
  @Suite struct ContractTests {
    @Test(arguments: DatastoreContract.cases + DatastoreContract.pastCases)
    func `A served backend keeps the contract`(_ contract: DatastoreContract.Case) async throws {
      let databases = OpenedDatabases { _ in
        try SQLiteBackend.inMemory(configuration: .init(historyTime: .seconds(3_600)))
      }
      try await withServer(.init(), databases) { server in
        try await contract.run {
          try server.backend(project: "contract-\(UInt32.random(in: 0...(.max)))")
        }
      }
    }
  }
#endif
