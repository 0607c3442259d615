// The records of a tasklet's throws.
#ifndef ARRIVAL_THROWS_H
#define ARRIVAL_THROWS_H

#include "capture.h"

enum {
  max_records = 8,
  // The first of those that are overwritten in turn.
  first_in_turn = 4,
  max_held = 24,
  max_addresses = 128,
  max_value = 32,
};

struct record {
  // What is known of the error's way, retained; NULL if nothing is.
  const void *_Nullable object;
  // The object is what `arrival_throw_keep` gave.
  bool is_kept;
  // What was thrown unboxed, as far as it is kept.
  size_t value_size;
  unsigned char value[max_value];
  uint64_t order;
  size_t count, async_start;
  uintptr_t addresses[max_addresses];
};

struct throws {
  _Atomic(uint32_t) next_free;
  uint32_t index;
  // How many objects `errors`, `records` and `garbage` retain; at most `max_held`.
  _Atomic(uint32_t) held;
  _Atomic(uint64_t) order;
  // What each record is of; see `error_word`. 0: of nothing.
  _Atomic(uintptr_t) errors[max_records];
  // Who sets this owns the record.
  _Atomic(bool) is_busy[max_records];
  // What is to be released outside of the hook.
  _Atomic(uintptr_t) garbage[max_held];
  struct record records[max_records];
};

/// Records for a tasklet that has none yet; NULL if there are none left.
struct throws *_Nullable arrival_throws_take(void);

/// Empty records that nobody uses any more.
void arrival_throws_give_back(struct throws *_Nonnull throws);

/// What the hook was installed with.
extern struct arrival_throw_layout arrival_throw_layout;

/// Records a throw in the current tasklet, whose word is given. Allocates nothing and takes no lock.
void arrival_record_boxed(uintptr_t *_Nonnull place, const void *_Nonnull error, uintptr_t frame);

/// As `arrival_record_boxed`, of an error that has no box.
void arrival_record_typed(uintptr_t *_Nonnull place, const void *_Nonnull type,
                          const void *_Nonnull value, uintptr_t frame);

#endif
