// SPDX-License-Identifier: Apache-2.0
/// Reads the text of an ``InputSource`` as UTF-8: decompresses gzip, and converts the encoding.
///
/// A file in UTF-8 is passed on as it is, with its byte-order mark. Reads block as those of
/// ``ByteInput`` do.
final class TextInput {
  let source: InputSource
  private let input: ByteInput
  /// The encoding of the caller; `nil` for UTF-8, or UTF-16 if there is its byte-order mark.
  private let declared: TextEncoding?
  private var inflater: GzipInflater?
  private var decoder: TextDecoder?
  /// The first bytes, until there are enough to recognise the format.
  private var beginning: [UInt8] = []
  private var hasBegun = false
  private var hasEnded = false

  /// The encoding, once the first bytes have shown it.
  var encoding: TextEncoding { decoder?.encoding ?? declared ?? .utf8 }

  /// How much of the file was read, before it was decompressed; `nil` if its size is not known.
  var fractionRead: Double? { input.fractionRead }

  init(
    _ source: InputSource, encoding: TextEncoding? = nil, chunkSize: Int = 1 << 16
  ) throws(InputError) {
    self.source = source
    declared = encoding
    input = try ByteInput(source, chunkSize: chunkSize)
  }

  /// Passes the next text to `body`, perhaps in several pieces. Blocks until there are bytes.
  ///
  /// - Returns: `false` at the end of the input, after the last text.
  func nextChunk(_ body: (UnsafeRawBufferPointer) -> Void) throws(InputError) -> Bool {
    if hasEnded { return false }
    var failure: InputError?
    let goesOn = try input.nextChunk { chunk in
      do throws(InputError) {
        try self.receive(chunk, body)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    if !goesOn {
      hasEnded = true
      try finish(body)
    }
    return goesOn
  }

  private func receive(
    _ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(InputError) {
    if hasBegun { return try pass(chunk, body) }
    beginning.append(contentsOf: chunk)
    if beginning.count >= InputSignature.length { try begin(body) }
  }

  private func finish(_ body: (UnsafeRawBufferPointer) -> Void) throws(InputError) {
    if !hasBegun { try begin(body) }
    do throws(GzipInflater.Problem) { try inflater?.finish() } catch { throw problem(error) }
    // What is left of compressed text that was too short to recognise its encoding.
    if inflater != nil, decoder == nil { try decide(isLast: true, body) }
    if var decoder {
      var output: [UInt8] = []
      decoder.finish(into: &output)
      output.withUnsafeBytes(body)
    }
  }

  /// Decides by the first bytes whether the input is compressed, and passes them on.
  private func begin(_ body: (UnsafeRawBufferPointer) -> Void) throws(InputError) {
    hasBegun = true
    let bytes = beginning
    beginning = []
    if InputSignature.isGzip(bytes) { inflater = GzipInflater() }
    var failure: InputError?
    bytes.withUnsafeBytes { chunk in
      do throws(InputError) { try pass(chunk, body) } catch { failure = error }
    }
    if let failure { throw failure }
    if inflater == nil, decoder == nil { try decide(isLast: true, body) }
  }

  private func pass(
    _ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(InputError) {
    guard let inflater else { return try decode(chunk, body) }
    var failure: InputError?
    do throws(GzipInflater.Problem) {
      try inflater.inflate(chunk) { piece in
        guard failure == nil else { return }
        do throws(InputError) { try decode(piece, body) } catch { failure = error }
      }
    } catch {
      throw problem(error)
    }
    if let failure { throw failure }
  }

  private func decode(
    _ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(InputError) {
    guard decoder != nil else {
      beginning.append(contentsOf: chunk)
      if beginning.count >= InputSignature.length { try decide(isLast: false, body) }
      return
    }
    if decoder?.encoding == .utf8 { return body(chunk) }
    var output: [UInt8] = []
    output.reserveCapacity(chunk.count * 2)
    decoder?.decode(chunk, into: &output)
    output.withUnsafeBytes(body)
  }

  /// Decides about the encoding by the first bytes of the text, and passes them on.
  private func decide(
    isLast: Bool, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(InputError) {
    let bytes = beginning
    beginning = []
    let signature: InputSignature
    do throws(InputSignature.Problem) {
      signature = try InputSignature(bytes, declared: declared)
    } catch {
      throw InputError(code: error.code, message: error.message, source: source.description)
    }
    decoder = TextDecoder(signature.encoding)
    var failure: InputError?
    bytes.withUnsafeBytes { whole in
      let rest = UnsafeRawBufferPointer(rebasing: whole[signature.markLength...])
      do throws(InputError) { try decode(rest, body) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func problem(_ problem: GzipInflater.Problem) -> InputError {
    InputError(code: .damaged, message: problem.message, source: source.description)
  }
}
