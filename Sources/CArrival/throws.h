// SPDX-License-Identifier: Apache-2.0
// The records of a tasklet's throws.
#ifndef ARRIVAL_THROWS_H
#define ARRIVAL_THROWS_H

#include "capture.h"

enum {
  max_records = 8,
  // The first of the records that are overwritten in turn.
  first_in_turn = 4,
  max_held = 24,
  max_addresses = 128,
  max_value = 32,
};

struct record {
  // Describes where the error came from, retained; NULL if that is not known.
  const void *_Nullable object;
  // Whether the object was given to `arrival_throw_keep`.
  bool is_kept;
  // The beginning of an error's value: if the error was thrown without a box, or is not retained.
  size_t value_size;
  unsigned char value[max_value];
  uint64_t order;
  size_t count, async_start;
  uintptr_t addresses[max_addresses];
};

struct throws {
  _Atomic(uint32_t) next_free;
  uint32_t index;
  // The number of objects that `errors`, `records` and `garbage` retain; at most `max_held`.
  _Atomic(uint32_t) held;
  _Atomic(uint64_t) order;
  // The error of each record, see `throws.c`; 0 if the record is empty.
  _Atomic(uintptr_t) errors[max_records];
  // The thread that sets this owns the record.
  _Atomic(bool) is_busy[max_records];
  // Objects to release outside of the hook.
  _Atomic(uintptr_t) garbage[max_held];
  struct record records[max_records];
};

/// Takes records for a tasklet from the pool; NULL if none are left.
struct throws *_Nullable arrival_throws_take(void);

/// Returns records to the pool. They must be empty.
void arrival_throws_give_back(struct throws *_Nonnull throws);

/// The layout that the hook was installed with.
extern struct arrival_throw_layout arrival_throw_layout;

/// Records a throw in the tasklet with this word. Allocates nothing and takes no lock.
void arrival_record_boxed(uintptr_t *_Nonnull slot, const void *_Nonnull error, uintptr_t frame);

/// As `arrival_record_boxed`, for an error without a box.
void arrival_record_typed(uintptr_t *_Nonnull slot, const void *_Nonnull type,
                          const void *_Nonnull value, uintptr_t frame);

#endif
