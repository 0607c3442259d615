// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import GRPCCore
  internal import NIOCore

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Why a server cannot listen, in a sentence.
  enum ListenFailure {
    static func error(_ error: any Error, address: String, port: Int) -> DatastoreError {
      // gRPC wraps what the system says.
      let cause = (error as? RuntimeError)?.cause ?? error
      return DatastoreError(.unavailable, sentence(about: cause, address, port), cause: error)
    }

    private static func sentence(
      about error: any Error, _ address: String, _ port: Int
    ) -> String {
      switch (error as? IOError)?.errnoCode {
      case EADDRINUSE?: "Port \(port) is in use. Choose another port."
      case EACCES?: "This process may not listen on port \(port). Choose another port."
      case EADDRNOTAVAIL?:
        "The server cannot listen on \(address), because this machine does not have the address."
      default: "The server cannot listen on \(address): \(error)"
      }
    }
  }
#endif
