// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// Finds the frames of HTTP/2 in the bytes of one direction of a connection, as they come.
  struct FrameScanner {
    struct Frame {
      enum Kind: UInt8 {
        case data = 0
        case headers = 1
      }

      var kind: Kind
      /// Where its payload begins in the bytes just scanned.
      var start: Int
      /// Of the payload.
      var length: Int
    }

    private static let preface = 24
    private static let headerLength = 9
    /// What is left of the preface or of a payload.
    private var skip: Int
    private var header: [UInt8] = []

    init(isReply: Bool) { skip = isReply ? 0 : Self.preface }

    /// The frames of calls whose headers end in these bytes. Those of the connection itself, such
    /// as pings, come when they like and are passed over.
    mutating func scan(_ bytes: [UInt8]) -> [Frame] {
      var frames: [Frame] = []
      var place = 0
      while place < bytes.count {
        let skipped = min(skip, bytes.count - place)
        skip -= skipped
        place += skipped
        let taken = min(Self.headerLength - header.count, bytes.count - place)
        header += bytes[place..<place + taken]
        place += taken
        guard header.count == Self.headerLength else { break }
        skip = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        let isOfCall = header[5...].contains { $0 != 0 }
        if isOfCall, let kind = Frame.Kind(rawValue: header[3]) {
          frames.append(Frame(kind: kind, start: place, length: skip))
        }
        header = []
      }
      return frames
    }
  }
#endif
