// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import DatastoreCloud
  import DatastoreContractTests
  import Testing

  /// The contract of all backends, on Google's own servers.
  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct EmulatorContractTests {
    @Test(
      arguments: EmulatorKind.available,
      DatastoreContract.cases + DatastoreContract.pastCases)
    func `The contract holds on an emulator`(
      _ kind: EmulatorKind, _ contract: DatastoreContract.Case
    ) async throws {
      let emulator = try await Emulator.shared(kind)
      try await emulator.turns.take { try await run(contract, on: emulator, kind) }
    }

    private func run(
      _ contract: DatastoreContract.Case, on emulator: Emulator, _ kind: EmulatorKind
    ) async throws {
      if let departure = Departure.of(kind, from: contract.name) {
        await withKnownIssue(
          Comment(rawValue: departure.evidence), isIntermittent: departure.isIntermittent
        ) {
          try await contract.run { try emulator.backend() }
        }
      } else {
        try await contract.run { try emulator.backend() }
      }
    }
  }
#endif
