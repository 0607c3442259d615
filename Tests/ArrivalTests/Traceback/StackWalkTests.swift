// SPDX-License-Identifier: Apache-2.0
import CArrival
import Foundation
import Testing

/// Walks of artificial stacks and chains of async functions.
@Suite struct StackWalkTests {
  /// Walks a stack of these words, lowest address first. The words at `isAddress` are indices of
  /// words, and become their addresses.
  private func walk(
    _ words: [UInt], from first: Int = 0, jobReturn: UInt = 0, capacity: Int = 128,
    relocating isAddress: [Int] = []
  ) -> (addresses: [UInt], asyncStart: Int) {
    let memory = UnsafeMutablePointer<UInt>.allocate(capacity: words.count)
    defer { memory.deallocate() }
    memory.initialize(from: words, count: words.count)
    let low = UInt(bitPattern: memory)
    for index in isAddress { memory[index] = low + 8 * memory[index] }
    let stack = arrival_stack(
      frame: low + 8 * UInt(first), low: low, high: low + 8 * UInt(words.count),
      job_return: jobReturn)
    var asyncStart = 0
    let addresses = [UInt](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = arrival_walk(stack, buffer.baseAddress!, capacity, &asyncStart)
    }
    return (addresses, asyncStart)
  }

  @Test func `Frames are followed upwards, to the end of the stack`() {
    let (addresses, asyncStart) = walk([2, 100, 5, 200, 0, 0, 300], relocating: [0, 2])
    #expect(addresses == [100, 200, 300])
    #expect(asyncStart == 3)
  }

  @Test func `A frame that points down, to itself or between words is the last one`() {
    #expect(walk([2, 100, 0, 200, 0], relocating: [0, 2]).addresses == [100, 200])
    #expect(walk([0, 100], relocating: [0]).addresses == [100])
    #expect(walk([17, 100, 0, 0]).addresses == [100])
  }

  @Test func `The async functions follow the frame where the job began`() {
    // The job's first function has its context at 6, below its frame at 3.
    let words: [UInt] = [3, 100, 6, 9, 999, 0, 8, 201, 0, 202, 400]
    let (addresses, asyncStart) = walk(words, jobReturn: 999, relocating: [0, 2, 3, 6])
    #expect(addresses == [100, 201, 202])
    #expect(asyncStart == 1)
  }

  @Test func `The walk of a circular or broken chain of async functions ends`() {
    let round: [UInt] = [3, 100, 6, 0, 999, 0, 6, 201]
    let (addresses, asyncStart) = walk(round, jobReturn: 999, relocating: [0, 2, 6])
    #expect(asyncStart == 1 && addresses.count == 65)
    let page = sysconf(Int32(_SC_PAGESIZE))
    let mapped = mmap(nil, page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)!
    for nowhere in [8, 1001, UInt(bitPattern: mapped), UInt.max - 7, 1 << 62] as [UInt] {
      let words: [UInt] = [3, 100, nowhere, 0, 999]
      #expect(walk(words, jobReturn: 999, relocating: [0]).addresses == [100])
    }
    munmap(mapped, page)
  }

  @Test func `The walk writes no more addresses than there is room for`() {
    for capacity in [1, 2, 3, 7] {
      let words: [UInt] = [2, 100, 4, 200, 7, 300, 10, 0, 999, 0, 10, 400]
      let (addresses, asyncStart) = walk(
        words, jobReturn: 999, capacity: capacity, relocating: [0, 2, 4, 6, 10])
      #expect(addresses.count <= capacity && asyncStart <= addresses.count)
    }
  }

  /// In a process of its own, because a wrong walk would crash it.
  @Test func `Walks of random stacks and chains are harmless`() async {
    await #expect(processExitsWith: .success) {
      var random = SystemRandomNumberGenerator()
      let page = sysconf(Int32(_SC_PAGESIZE))
      let pages = 64
      for _ in 0..<30 {
        let memory = mmap(
          nil, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)!
        let words = memory.assumingMemoryBound(to: UInt.self)
        let low = UInt(bitPattern: memory)
        let count = UInt(pages * page / 8)
        for index in 0..<Int(count) {
          words[index] =
            switch Int.random(in: 0..<8, using: &random) {
            case 0: UInt.random(in: .min ... .max, using: &random)
            case 1: UInt.random(in: 0..<10, using: &random)
            case 2: 999
            case 3: low &+ UInt.random(in: 0..<count * 16, using: &random)
            default: low + 8 * UInt.random(in: 0..<count, using: &random)
            }
        }
        // The stack is the lower half. Chains may lead into the upper half, which has unreadable
        // pages.
        for hole in pages / 2..<pages where Bool.random(using: &random) {
          mprotect(memory + hole * page, page, PROT_NONE)
        }
        var asyncStart = 0
        for _ in 0..<20_000 {
          let stack = arrival_stack(
            frame: low &+ UInt.random(in: 0..<count * 4 + 64, using: &random), low: low,
            high: low + count * 4, job_return: Bool.random(using: &random) ? 999 : 0)
          let capacity = Int.random(in: 1...128, using: &random)
          withUnsafeTemporaryAllocation(of: UInt.self, capacity: capacity) {
            let found = arrival_walk(stack, $0.baseAddress!, capacity, &asyncStart)
            precondition(found <= capacity && asyncStart <= found)
          }
        }
        // The memory stays mapped: a page that was readable is assumed to stay readable.
      }
      exit(EXIT_SUCCESS)
    }
  }
}
