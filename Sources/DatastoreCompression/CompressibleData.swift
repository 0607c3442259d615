// SPDX-License-Identifier: Apache-2.0
public import FoundationEssentials

extension Data: CompressibleValue {
  public init?(decompressed bytes: [UInt8]?) {
    guard let bytes else { return nil }
    self.init(bytes)
  }
  public var decompressedBytes: [UInt8]? { Array(self) }
}
