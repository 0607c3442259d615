// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats
  internal import ArrivalDatastore

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The failure of a command, with its exit code.
  struct ToolFailure: Error {
    enum Code: Int32 {
      case incomplete = 1
      case unreadableInput = 2
      case database = 3
      case output = 4
      case interrupted = 130
    }

    var code: Code
    /// The message to print; `nil` if everything was already reported.
    var message: String?

    init(_ code: Code, _ message: String?) {
      self.code = code
      self.message = message
    }
  }

  /// Nobody reads standard output any more, as after `| head`.
  struct BrokenOutput: Error {}

  /// Writes a line to standard error.
  func complain(_ text: String) { ProgressPrinter().log(text) }

  /// Runs a command and turns its error into a message on standard error and an exit code.
  func reporting(_ body: () throws -> Void) throws {
    let failure: ToolFailure
    do {
      return try body()
    } catch let error as ToolFailure {
      failure = error
    } catch let error as TextError {
      failure = ToolFailure(.unreadableInput, error.description)
    } catch let error as InputError {
      failure = ToolFailure(.unreadableInput, error.description)
    } catch let error as TableError {
      failure = ToolFailure(.unreadableInput, error.description)
    } catch let error as DatastoreError where error.code == .invalidArgument {
      failure = ToolFailure(.unreadableInput, text(of: error))
    } catch let error as DatastoreError {
      failure = ToolFailure(.database, text(of: error))
    } catch is BrokenOutput {
      // The exit code of a process that SIGPIPE ended.
      throw ExitCode(141)
    } catch let error as ValidationError {
      throw error
    } catch let code as ExitCode {
      // Everything was reported.
      throw code
    } catch {
      failure = ToolFailure(.database, "\(error)")
    }
    if let message = failure.message { complain("arrival: \(message)") }
    throw ExitCode(failure.code.rawValue)
  }

  /// The text of an error for people: what happened and where, without the error code.
  func text(of error: DatastoreError) -> String {
    let message = inWordsOfTheTool(error.message)
    return switch (error.key, error.property) {
    case (let key?, let property?): "\(key.text), property \"\(property)\": \(message)"
    case (let key?, nil): "\(key.text): \(message)"
    case (nil, let property?): "property \"\(property)\": \(message)"
    case (nil, nil): message
    }
  }

  /// Replaces advice for programs that use the library, which somebody at a terminal cannot follow.
  private func inWordsOfTheTool(_ message: String) -> String {
    [
      (
        "Try again, or set a longer busyTimeout in the configuration.",
        "Try again when the other process is done."
      ),
      ("Choose another port.", "Choose another with --port."),
      (" made by this library,", " that arrival made,"),
      ("a newer version of this library", "a newer version of arrival"),
      (", or the datastore was opened with isReadOnly", ""), (", or use inMemory()", ""),
      (", or set a smaller cacheBytes in the configuration", ""),
      (", or lower maxTransactions and maxReaders in the configuration", ""),
      (", or leave out isReadOnly to create one", ""),
    ].reduce(message) { $0.replacing($1.0, with: $1.1) }
  }
#endif
