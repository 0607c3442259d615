// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalNIO
import NIOCore

struct User: Sendable { let name: String }
let id = 7
let users = Batcher<Int, User>("users") { (ids: [Int]) -> [Int: User] in [:] }
func connect() throws -> any Channel { throw ChannelError.eof }
let channel = try! connect()
let eventLoop = channel.eventLoop
func greet(_ id: Int) async throws -> String { "" }
let request = ByteBuffer()
