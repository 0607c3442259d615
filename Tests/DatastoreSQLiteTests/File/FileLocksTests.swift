// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  @Suite struct FileLocksTests {
    @Test func `A system without locks is noticed, and nothing is left behind`() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      #expect(!FileLocks.areUnavailable(besides: path))
      #expect(FileLocks.areUnavailable(besides: path) { _ in ENOLCK })
      #expect(!FileLocks.areUnavailable(besides: path) { _ in EAGAIN })
      #expect(!FileLocks.areUnavailable(besides: folder.file("missing/store")))
      #expect(try folder.contents().isEmpty)
    }

    @Test func `The message for a system without locks names the file and the reason`() {
      let text = StoreFailure.noLocksText("\"shop.db\"")
      #expect(text.contains("ENOLCK") && text.contains("shop.db"))
    }
  }
#endif
