// SPDX-License-Identifier: Apache-2.0
#if SQLite && NIO
  import Foundation
  import Synchronization

  /// What processes print, read as it comes, so that no process waits for a reader.
  final class PrintedLines: Sendable {
    private struct State {
      /// The output of each process.
      var outputs: [Data] = []
      var lines = 0
      /// The only task that waits, and for which number of lines.
      var waiting: (lines: Int, task: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    /// A pipe for the output of one more process.
    func pipe() -> Pipe {
      let pipe = Pipe()
      let index = state.withLock { state in
        state.outputs.append(Data())
        return state.outputs.count - 1
      }
      pipe.fileHandleForReading.readabilityHandler = { [self] handle in
        let data = handle.availableData
        if data.isEmpty { handle.readabilityHandler = nil } else { add(data, index) }
      }
      return pipe
    }

    /// Suspends until so many more lines were printed.
    func wait(for count: Int) async {
      await withCheckedContinuation { task in
        state.withLock { $0.waiting = ($0.lines + count, task) }
      }
    }

    var texts: [String] {
      state.withLock { $0.outputs }.map { String(decoding: $0, as: UTF8.self) }
    }

    private func add(_ data: Data, _ index: Int) {
      let task = state.withLock { state -> CheckedContinuation<Void, Never>? in
        state.outputs[index].append(data)
        state.lines += data.count { $0 == UInt8(ascii: "\n") }
        guard let waiting = state.waiting, state.lines >= waiting.lines else { return nil }
        state.waiting = nil
        return waiting.task
      }
      task?.resume()
    }
  }
#endif
