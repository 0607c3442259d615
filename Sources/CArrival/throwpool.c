// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "throws.h"

#include <sys/mman.h>

// The pool of records of throws. Blocks are never unmapped, so a thread may still read a block that
// another thread has just taken. They use only address space until something is thrown.
enum { chunk_blocks = 256, max_chunks = 64, spare_blocks = 128 };

static _Atomic(struct throws *) chunks[max_chunks];
static _Atomic(uint32_t) blocks_mapped;
static _Atomic(uint32_t) blocks_used;
static _Atomic(bool) is_growing;
// Returned blocks, the last one first. The lower half is the first block's index plus 1. The upper
// half counts changes, so that a list which has changed and changed back is recognised.
static _Atomic(uint64_t) free_list;

static struct throws *block(uint32_t index) {
  struct throws *chunk = atomic_load_explicit(&chunks[index / chunk_blocks], memory_order_acquire);
  return &chunk[index % chunk_blocks];
}

void arrival_throw_prepare(void) {
  uint32_t mapped = atomic_load_explicit(&blocks_mapped, memory_order_relaxed);
  uint32_t used = atomic_load_explicit(&blocks_used, memory_order_relaxed);
  if (mapped >= used + spare_blocks || mapped == chunk_blocks * max_chunks) return;
  if (atomic_exchange_explicit(&is_growing, true, memory_order_acquire)) return;
  mapped = atomic_load_explicit(&blocks_mapped, memory_order_relaxed);
  if (mapped < used + spare_blocks && mapped < chunk_blocks * max_chunks) {
    void *chunk = mmap(NULL, chunk_blocks * sizeof(struct throws), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk != MAP_FAILED) {
      atomic_store_explicit(&chunks[mapped / chunk_blocks], chunk, memory_order_release);
      atomic_store_explicit(&blocks_mapped, mapped + chunk_blocks, memory_order_release);
    }
  }
  atomic_store_explicit(&is_growing, false, memory_order_release);
}

struct throws *arrival_throws_take(void) {
  uint64_t head = atomic_load_explicit(&free_list, memory_order_acquire);
  while ((uint32_t)head != 0) {
    struct throws *first = block((uint32_t)head - 1);
    uint64_t next = atomic_load_explicit(&first->next_free, memory_order_relaxed);
    uint64_t changed = ((head >> 32) + 1) << 32 | next;
    if (atomic_compare_exchange_weak_explicit(&free_list, &head, changed, memory_order_acquire,
                                              memory_order_acquire))
      return first;
  }
  uint32_t used = atomic_load_explicit(&blocks_used, memory_order_relaxed);
  do {
    if (used >= atomic_load_explicit(&blocks_mapped, memory_order_acquire)) return NULL;
  } while (!atomic_compare_exchange_weak_explicit(&blocks_used, &used, used + 1,
                                                  memory_order_relaxed, memory_order_relaxed));
  struct throws *fresh = block(used);
  fresh->index = used;
  return fresh;
}

void arrival_throws_give_back(struct throws *throws) {
  uint64_t head = atomic_load_explicit(&free_list, memory_order_relaxed);
  uint64_t changed;
  do {
    atomic_store_explicit(&throws->next_free, (uint32_t)head, memory_order_relaxed);
    changed = ((head >> 32) + 1) << 32 | (throws->index + 1);
  } while (!atomic_compare_exchange_weak_explicit(&free_list, &head, changed, memory_order_release,
                                                  memory_order_relaxed));
}
