// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import DatastoreModel

  extension QueryReply {
    /// The reply with the same word for all ends, because not every access path knows whether
    /// something is left after the limit.
    var withoutEnding: QueryReply {
      var reply = self
      if reply.more == .none { reply.more = .afterLimit }
      return reply
    }
  }
#endif
