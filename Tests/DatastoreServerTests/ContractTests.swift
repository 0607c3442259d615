// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreContractTests
  import Testing

  /// The contract of all backends, through a client and a server of the API.
  @Suite struct ContractTests {
    @Test(arguments: DatastoreContract.cases)
    func `A served backend keeps the contract`(_ contract: DatastoreContract.Case) async throws {
      try await withServer { server in
        try await contract.run {
          try server.backend(project: "contract-\(UInt32.random(in: 0...(.max)))")
        }
      }
    }
  }
#endif
