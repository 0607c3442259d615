import Testing

@testable import Arrival

/// Which of the frames that were found a reader sees.
@Suite struct FrameFoldingTests {
  private static let function = "$s4main1CCyACSicfc"
  private static let forwarder = "$s4main1CCyACSicfC"
  private static let other = "$s4main4loadyySiF"

  /// The functions of the frames, the most recent last. Hidden ones are in parentheses.
  private func shown(_ places: [[Place.Symbol]], isResumption: Bool = false) -> [String] {
    let places = places.map { Place(isResumption: isResumption, symbols: $0) }
    return FrameFolding.frames(of: places).map { $0.isRuntime ? "(\($0.function))" : $0.function }
  }

  private func symbol(_ rawName: String?, line: Int? = nil) -> Place.Symbol {
    Place.Symbol(rawName: rawName, image: "/app/main", offset: 0x2a, line: line)
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

  @Test func `Of two forwarders to one function without a frame one is shown`() {
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

  @Test func `Code without a name goes by its place in its file`() {
    #expect(shown([[symbol(nil)]]) == ["main+0x2a"])
  }

  @Test func `A frame that awaits is told from one that calls`() {
    let symbols = [symbol(Self.other)]
    let frames = FrameFolding.frames(of: [
      Place(isResumption: false, symbols: symbols), Place(isResumption: true, symbols: symbols),
    ])
    #expect(frames.map(\.kind) == [.asyncCall, .call])
  }
}
