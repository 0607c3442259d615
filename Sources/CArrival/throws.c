// SPDX-License-Identifier: Apache-2.0
#include "throws.h"

#include <sched.h>
#include <string.h>

// The thread that throws records the throw in the current tasklet. Child tasks may do so at the
// same time. A thread owns a record after setting its `is_busy`. The hook never waits for a record.
//
// A record retains its error. As long as the record exists, no other error has the address, so a
// throw at that address throws the same error again, and the first throw's frames stay. Releasing
// runs foreign code, so the hook only moves objects into `garbage`, and a sweep at the end of the
// job releases them. After `max_held` errors thrown in one job, records retain nothing, and the
// latest throw at an address wins.

extern void *swift_retain(const void *object);
extern void swift_release(const void *object);
extern void *swift_errorRetain(const void *error);
extern void swift_errorRelease(const void *error);
extern bool swift_isUniquelyReferenced_nonNull(const void *object);
struct error_value {
  const void *value, *type, *conformance;
};
extern void swift_getErrorValue(const void *error, void **scratch, struct error_value *value);
struct arrival_throw_layout arrival_throw_layout;

// The records that the calling thread wrote to last.
static _Thread_local struct throws *thrown_in FAST_TLS;

// MARK: The error of a record

// A record's word is its error's address. The lowest bit is set if the record does not retain the
// error. If the second bit is set, the word is the type of an error that was thrown without a box.
enum { is_unretained = 1, is_typed = 2, kind_mask = 3 };

static bool is_error_retained(uintptr_t word) { return word != 0 && (word & kind_mask) == 0; }

static struct error_value value_of(const void *error) {
  void *scratch;
  struct error_value value;
  swift_getErrorValue(error, &scratch, &value);
  return value;
}

// The size of a type's values is the ninth word of its witness table.
static size_t size_of(const void *type) { return ((const size_t *const *)type)[-1][8]; }

static bool is_value_of(const struct record *record, struct error_value value) {
  size_t size = size_of(value.type);
  return record->value_size == size &&
         memcmp(record->value, value.value, size < max_value ? size : max_value) == 0;
}

static void copy_value(struct record *record, const void *type, const void *value) {
  record->value_size = size_of(type);
  memcpy(record->value, value, record->value_size < max_value ? record->value_size : max_value);
}

// MARK: Holding and releasing

static bool may_hold(struct throws *throws) {
  if (atomic_fetch_add_explicit(&throws->held, 1, memory_order_relaxed) < max_held) return true;
  atomic_fetch_sub_explicit(&throws->held, 1, memory_order_relaxed);
  return false;
}

// Moves an object into `garbage`, which has room for everything that is held.
static void discard(struct throws *throws, uintptr_t object) {
  for (int i = 0; i < max_held; i++) {
    uintptr_t none = 0;
    if (atomic_load_explicit(&throws->garbage[i], memory_order_relaxed) == 0 &&
        atomic_compare_exchange_strong_explicit(&throws->garbage[i], &none, object,
                                                memory_order_release, memory_order_relaxed))
      return;
  }
}

static void release_garbage(struct throws *throws) {
  if (atomic_load_explicit(&throws->held, memory_order_relaxed) == 0) return;
  for (int i = 0; i < max_held; i++) {
    if (atomic_load_explicit(&throws->garbage[i], memory_order_relaxed) == 0) continue;
    uintptr_t object = atomic_exchange_explicit(&throws->garbage[i], 0, memory_order_acquire);
    if (object == 0) continue;
    atomic_fetch_sub_explicit(&throws->held, 1, memory_order_relaxed);
    if (object & 1) {
      swift_release((const void *)(object & ~(uintptr_t)1));
    } else {
      swift_errorRelease((const void *)object);
    }
  }
}

// MARK: Records

static bool claim(struct throws *throws, int i) {
  return !atomic_load_explicit(&throws->is_busy[i], memory_order_relaxed) &&
         !atomic_exchange_explicit(&throws->is_busy[i], true, memory_order_acquire);
}

static void unclaim(struct throws *throws, int i) {
  atomic_store_explicit(&throws->is_busy[i], false, memory_order_release);
}

static uintptr_t word_at(struct throws *throws, int i) {
  return atomic_load_explicit(&throws->errors[i], memory_order_relaxed);
}

// Empties a claimed record.
static void empty(struct throws *throws, int i) {
  uintptr_t word = word_at(throws, i);
  if (word == 0) return;
  atomic_store_explicit(&throws->errors[i], 0, memory_order_relaxed);
  if (is_error_retained(word)) discard(throws, word);
  if (throws->records[i].object) discard(throws, (uintptr_t)throws->records[i].object | 1);
  throws->records[i].object = NULL;
}

// Whether only the record has the error, so that it will not be looked up any more.
static bool is_abandoned(uintptr_t word) {
  return is_error_retained(word) && swift_isUniquelyReferenced_nonNull((const void *)word);
}

static bool is_cancellation(uintptr_t word) {
  return is_error_retained(word) &&
         value_of((const void *)word).type == arrival_throw_layout.cancellation;
}

// Claims a record for a new throw; -1 if there is none. Abandoned errors go first, then
// cancellations: a task group whose child has failed cancels the others, and their throws must not
// displace the child's. Of the rest, the first `first_in_turn` records stay, and the others are
// overwritten in turn.
static int claim_any(struct throws *throws, uint64_t order, uintptr_t incoming) {
  for (int i = 0; i < max_records; i++) {
    if (!claim(throws, i)) continue;
    uintptr_t word = word_at(throws, i);
    if (word == 0 || is_abandoned(word)) return i;
    unclaim(throws, i);
  }
  for (int i = 0; i < max_records; i++) {
    if (!claim(throws, i)) continue;
    if (is_cancellation(word_at(throws, i))) return i;
    unclaim(throws, i);
  }
  if (is_cancellation(incoming)) return -1;
  const int in_turn = max_records - first_in_turn;
  for (int i = 0; i < in_turn; i++) {
    int next = first_in_turn + (int)((order + (uint64_t)i) % in_turn);
    if (claim(throws, next)) return next;
  }
  return -1;
}

static struct throws *throws_of(uintptr_t word) {
  return word & 1 ? (struct throws *)(word & ~(uintptr_t)1) : NULL;
}

// The tasklet's records. If it has none, it gets some; NULL if none are left.
static struct throws *throws_at(uintptr_t *slot) {
  uintptr_t word = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
  if (word != 0) return throws_of(word);
  struct throws *fresh = arrival_throws_take();
  if (fresh == NULL) return NULL;
  if (__atomic_compare_exchange_n(slot, &word, (uintptr_t)fresh | 1, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE))
    return fresh;
  arrival_throws_give_back(fresh);
  return throws_of(word);
}

// Fills a claimed record.
static void fill(struct throws *throws, int i, uintptr_t word, uint64_t order, uintptr_t frame) {
  struct record *record = &throws->records[i];
  record->order = order;
  record->count =
      arrival_capture_quietly(frame, record->addresses, max_addresses, &record->async_start);
  atomic_store_explicit(&throws->errors[i], word, memory_order_relaxed);
  unclaim(throws, i);
}

// MARK: Recording

void arrival_record_boxed(uintptr_t *slot, const void *error, uintptr_t frame) {
  struct throws *throws = throws_at(slot);
  if (throws == NULL) return;
  uintptr_t word = (uintptr_t)error;
  int i = -1;
  for (int j = 0; j < max_records; j++) {
    uintptr_t other = word_at(throws, j);
    if (other == word) return;
    if (other == (word | is_unretained) && i < 0 && claim(throws, j)) i = j;
  }
  thrown_in = throws;
  uint64_t order = atomic_fetch_add_explicit(&throws->order, 1, memory_order_relaxed);
  if (i < 0) i = claim_any(throws, order, word);
  if (i < 0) return;
  empty(throws, i);
  if (may_hold(throws)) {
    swift_errorRetain(error);
  } else {
    struct error_value value = value_of(error);
    copy_value(&throws->records[i], value.type, value.value);
    word |= is_unretained;
  }
  fill(throws, i, word, order, frame);
}

void arrival_record_typed(uintptr_t *slot, const void *type, const void *value, uintptr_t frame) {
  struct throws *throws = throws_at(slot);
  if (throws == NULL) return;
  uintptr_t word = (uintptr_t)type | is_typed;
  uint64_t order = atomic_fetch_add_explicit(&throws->order, 1, memory_order_relaxed);
  int i = -1;
  for (int j = 0; j < max_records && i < 0; j++)
    if (word_at(throws, j) == word && claim(throws, j)) i = j;
  if (i < 0) i = claim_any(throws, order, 0);
  if (i < 0) return;
  empty(throws, i);
  copy_value(&throws->records[i], type, value);
  fill(throws, i, word, order, frame);
}

void arrival_throw_raise(uintptr_t *slot, const void *error, const void *object) {
  arrival_throw_prepare();
  struct throws *throws = throws_at(slot);
  if (throws == NULL) return;
  release_garbage(throws);
  uintptr_t word = (uintptr_t)error;
  uint64_t order = atomic_fetch_add_explicit(&throws->order, 1, memory_order_relaxed);
  int i = -1;
  for (int j = 0; j < max_records && i < 0; j++)
    if (word_at(throws, j) == word && claim(throws, j)) i = j;
  if (i < 0) i = claim_any(throws, order, word);
  if (i < 0) return;
  empty(throws, i);
  thrown_in = throws;
  if (!may_hold(throws)) return unclaim(throws, i);
  if (!may_hold(throws)) {
    atomic_fetch_sub_explicit(&throws->held, 1, memory_order_relaxed);
    return unclaim(throws, i);
  }
  swift_errorRetain(error);
  throws->records[i].object = swift_retain(object);
  throws->records[i].is_kept = false;
  fill(throws, i, word, order, (uintptr_t)__builtin_frame_address(0));
}

// MARK: Lookup and cleanup

// Claims a record, and waits for it if necessary. For use outside of the hook only: another thread
// owns it for the duration of a capture.
static void claim_waiting(struct throws *throws, int i) {
  while (!claim(throws, i)) sched_yield();
}

struct arrival_throw_found arrival_throw_find(uintptr_t *slot, const void *error, bool boxed_anew,
                                              uintptr_t *addresses, size_t capacity) {
  struct arrival_throw_found found = {0, 0, NULL, false};
  struct throws *throws = throws_of(__atomic_load_n(slot, __ATOMIC_ACQUIRE));
  if (throws == NULL) return found;
  arrival_throw_prepare();
  struct error_value value = value_of(error);
  uint64_t latest = 0;
  bool is_exact = false;
  for (int i = 0; i < max_records; i++) {
    if (word_at(throws, i) == 0) continue;
    claim_waiting(throws, i);
    const struct record *record = &throws->records[i];
    uintptr_t word = word_at(throws, i);
    bool is_same = word == (uintptr_t)error ||
                   (word == ((uintptr_t)error | is_unretained) && is_value_of(record, value));
    bool is_equal = boxed_anew && !is_exact && word == ((uintptr_t)value.type | is_typed) &&
                    is_value_of(record, value);
    bool is_better = found.count == 0 || is_same > is_exact || record->order > latest;
    if ((is_same || is_equal) && is_better && record->count <= capacity) {
      is_exact = is_same;
      latest = record->order;
      memcpy(addresses, record->addresses, record->count * sizeof(uintptr_t));
      if (found.object) swift_release(found.object);
      found.object = record->object ? swift_retain(record->object) : NULL;
      found.is_kept = record->is_kept;
      found.count = record->count;
      found.async_start = record->async_start;
    }
    unclaim(throws, i);
  }
  return found;
}

void arrival_throw_keep(uintptr_t *slot, const void *error, const void *object) {
  struct throws *throws = throws_of(__atomic_load_n(slot, __ATOMIC_ACQUIRE));
  if (throws == NULL) return;
  for (int i = 0; i < max_records; i++) {
    if (word_at(throws, i) != (uintptr_t)error) continue;
    claim_waiting(throws, i);
    const void *before = NULL;
    if (word_at(throws, i) == (uintptr_t)error) {
      struct record *record = &throws->records[i];
      if (record->object || may_hold(throws)) {
        before = record->object;
        record->object = swift_retain(object);
        record->is_kept = true;
      }
    }
    unclaim(throws, i);
    if (before) swift_release(before);
  }
}

void arrival_throw_sweep(void) {
  struct throws *throws = thrown_in;
  if (throws == NULL) return;
  thrown_in = NULL;
  arrival_throw_prepare();
  for (int i = 0; i < max_records; i++) {
    if (word_at(throws, i) == 0 || !claim(throws, i)) continue;
    if (is_abandoned(word_at(throws, i))) empty(throws, i);
    unclaim(throws, i);
  }
  release_garbage(throws);
}

void arrival_throw_end(uintptr_t *slot) {
  struct throws *throws = throws_of(__atomic_exchange_n(slot, 0, __ATOMIC_ACQUIRE));
  if (throws == NULL) return;
  // Another tasklet may have the records before this thread's job ends and sweeps.
  if (thrown_in == throws) thrown_in = NULL;
  for (int i = 0; i < max_records; i++) {
    // A thread that threw here may still be sweeping.
    claim_waiting(throws, i);
    empty(throws, i);
    unclaim(throws, i);
  }
  release_garbage(throws);
  arrival_throws_give_back(throws);
}
