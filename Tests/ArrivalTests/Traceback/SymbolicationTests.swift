// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

@inline(never)
private func innermost() -> (Traceback, UInt) { (Traceback.current(), #line) }

private struct Walker {
  @inline(never)
  func walk<T>(_ value: T) -> (Traceback, UInt) {
    let all = [value].map { _ in innermost() }
    return all[0]
  }
}

@Suite struct SymbolicationTests {
  @Test func `The last frame of the current stack is the caller`() throws {
    let (traceback, line) = Walker().walk(1)
    let frames = traceback.frames
    let last = try #require(frames.last)
    #expect(last.function == "innermost()")
    #expect(frames.dropLast().map(\.function).contains("Walker.walk(_:)"))
    #expect(frames.allSatisfy { !$0.isRuntime })
    #expect(frames.count { $0.function == "closure #1 in Walker.walk(_:)" } <= 1)
    #if os(Linux)
      #expect(last.line == Int(line))
      #expect(last.file?.hasSuffix("SymbolicationTests.swift") == true)
    #endif
  }

  @Test func `A limit below zero keeps the frames nearest to the caller`() {
    #expect(Traceback.current(limit: -1).frames.count == 1)
    #expect(Traceback.current(limit: 0).frames.isEmpty)
  }

  @Test func `Later look-ups find as much as the first, even after an image was loaded`() throws {
    let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "swift_task_create"))
    for step in 1...4 {
      if step == 3 { dlopen("libanl.so.1", RTLD_NOW) }
      let address = CodeAddress(value: UInt(bitPattern: symbol) + UInt(step), isResumption: false)
      let resolved = try #require(Symbolicator.resolve([address]).first)
      let last = try #require(resolved.functions.last)
      #expect(last.rawName?.contains("swift_task_create") == true, "step \(step)")
      #expect(last.image?.contains("libswift_Concurrency") == true, "step \(step)")
    }
  }

  @Test func `Addresses without code are harmless`() {
    let raw = RawFrames(addresses: [0, 1, 8, .max, .max - 1, 1 << 40], asyncStart: 3)
    let frames = FrameBuilder.frames(at: raw)
    #expect(frames.allSatisfy { $0.isRuntime && $0.line == nil })
    #expect(FrameBuilder.frames(at: RawFrames(addresses: [], asyncStart: 0)).isEmpty)
  }

  @Test func `Frames of async callers are distinguished from the others`() {
    var raw = RawFrames.current()
    raw.asyncStart = raw.addresses.count
    let sync = FrameBuilder.frames(at: raw).filter { !$0.isRuntime }
    #expect(sync.allSatisfy { $0.kind == .call })
    raw.asyncStart = 0
    #expect(FrameBuilder.frames(at: raw).allSatisfy { $0.kind == .asyncCall })
  }

  @Test func `A name is made once for an address`() throws {
    let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "swift_task_create"))
    let base = UInt(bitPattern: symbol) + 8
    let raw = RawFrames(addresses: [base, base], asyncStart: 2)
    let first = try #require(FrameBuilder.frames(at: raw).first)
    let resolved = Symbolicator.resolve(raw.codeAddresses)
    #expect(resolved.allSatisfy { $0.functions.last?.name?.function == first.function })
  }
}
