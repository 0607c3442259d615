// SPDX-License-Identifier: Apache-2.0
import DatastoreContractTests
import DatastoreInMemory
import Testing

@Suite struct InMemoryContractTests {
  @Test(
    arguments: DatastoreContract.cases + DatastoreContract.pastCases
      + DatastoreContract.explainCases)
  func `The backend in memory keeps the contract`(_ contract: DatastoreContract.Case) async throws {
    try await contract.run { InMemoryBackend() }
  }
}
