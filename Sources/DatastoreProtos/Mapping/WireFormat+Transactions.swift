// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  package import FoundationEssentials
  internal import SwiftProtobuf

  extension WireFormat {
    /// The options of a read inside a transaction.
    package func encode(_ selector: TransactionSelector) -> Wire.ReadOptions {
      .with {
        switch selector {
        case .running(let transaction): $0.transaction = Data(transaction.bytes)
        case .begin(let mode): $0.newTransaction = encode(mode)
        }
      }
    }

    /// What a read sees. `nil` for the newest state.
    package func encode(_ consistency: ReadOptions.Consistency) -> Wire.ReadOptions? {
      switch consistency {
      case .strong: nil
      case .eventual: .with { $0.readConsistency = .eventual }
      case .readTime(let time): .with { $0.readTime = encode(time) }
      case .transaction(let selector): encode(selector)
      }
    }

    /// The options of a new transaction.
    package func encode(_ mode: TransactionMode) -> Wire.TransactionOptions {
      .with {
        switch mode {
        case .readWrite(let previous):
          $0.readWrite = .with {
            if let previous { $0.previousTransaction = Data(previous.bytes) }
          }
        case .readOnly(let time):
          $0.readOnly = .with { if let time { $0.readTime = encode(time) } }
        }
      }
    }

    /// The transaction that a reply names; `nil` if it names none.
    package func transaction(_ bytes: Data) -> TransactionID? {
      bytes.isEmpty ? nil : TransactionID(bytes: [UInt8](bytes))
    }
  }
#endif
