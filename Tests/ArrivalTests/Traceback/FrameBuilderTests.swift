// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// Which frames a reader sees.
@Suite struct FrameBuilderTests {
  private static let function = "$s4main1CCyACSicfc"
  private static let forwarder = "$s4main1CCyACSicfC"
  private static let other = "$s4main4loadyySiF"

  /// The frames at addresses with these functions, the most recent last. Hidden frames are in
  /// parentheses.
  private func shown(_ functions: [[ResolvedAddress.Function]]) -> [String] {
    let addresses = functions.map { ResolvedAddress(isResumption: false, functions: $0) }
    return FrameBuilder.frames(at: addresses)
      .map { $0.isRuntime ? "(\($0.function))" : $0.function }
  }

  private func symbol(_ rawName: String?, line: Int? = nil) -> ResolvedAddress.Function {
    ResolvedAddress.Function(
      rawName: rawName, name: rawName.map(SymbolName.init), image: "/app/main", offset: 0x2a,
      line: line)
  }

  @Test func `A forwarder is hidden above the function that it calls`() {
    #expect(
      shown([[symbol(Self.function)], [symbol(Self.forwarder)], [symbol(Self.other)]])
        == ["load(_:)", "(C.init(_:))", "C.init(_:)"])
  }

  @Test func `A forwarder is shown where the function that it calls has no frame`() {
    #expect(
      shown([[symbol(Self.other)], [symbol(Self.forwarder)]]) == ["C.init(_:)", "load(_:)"])
    #expect(shown([[symbol(Self.forwarder)]]) == ["C.init(_:)"])
  }

  @Test func `Two forwarders to one function without a frame are shown as one`() {
    #expect(
      shown([[symbol(Self.forwarder)], [symbol(Self.forwarder)]])
        == ["(C.init(_:))", "C.init(_:)"])
  }

  @Test func `Hidden frames between a forwarder and its function change nothing`() {
    #expect(
      shown([[symbol(Self.function)], [symbol("swift_job_run")], [symbol(Self.forwarder)]])
        == ["(C.init(_:))", "(swift_job_run)", "C.init(_:)"])
  }

  @Test func `Parts of a function that were inlined into each other are one frame`() {
    let parts = [symbol("$s4main1cyS2iYaKFTY0_", line: 3), symbol("$s4main1cyS2iYaKF")]
    #expect(shown([parts]) == ["(c(_:))", "c(_:)"])
    // A function with a line was called there.
    let calls = [symbol("$s4main1cyS2iYaKFTY0_", line: 3), symbol("$s4main1cyS2iYaKF", line: 7)]
    #expect(shown([calls]) == ["c(_:)", "c(_:)"])
    // A function that was inlined into itself calls itself.
    let recursion = [symbol(Self.other), symbol(Self.other)]
    #expect(shown([recursion]) == ["load(_:)", "load(_:)"])
    let different = [symbol(Self.function), symbol(Self.other)]
    #expect(shown([different]) == ["load(_:)", "C.init(_:)"])
    // Frames of two addresses are two calls.
    #expect(shown([[parts[0]], [parts[1]]]) == ["c(_:)", "c(_:)"])
  }

  @Test func `Glue and code of the system are hidden`() {
    let glue = shown([[symbol("$sIetH_yts5Error_pIegHrzo_TR")]])
    #expect(glue.count == 1 && glue[0].hasPrefix("("))
    var system = symbol(Self.other)
    system.image = "/usr/lib/swift/linux/libswiftCore.so"
    #expect(shown([[system]]) == ["(load(_:))"])
    system.image = nil
    #expect(shown([[system]]) == ["(load(_:))"])
  }

  @Test func `Code without a name is named after its file and its offset`() {
    #expect(shown([[symbol(nil)]]) == ["main+0x2a"])
  }

  @Test func `A frame that awaits is distinguished from one that calls`() {
    let symbols = [symbol(Self.other)]
    let frames = FrameBuilder.frames(at: [
      ResolvedAddress(isResumption: false, functions: symbols),
      ResolvedAddress(isResumption: true, functions: symbols),
    ])
    #expect(frames.map(\.kind) == [.asyncCall, .call])
  }
}
