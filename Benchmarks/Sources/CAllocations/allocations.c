// SPDX-License-Identifier: Apache-2.0
#include "CAllocations.h"


#if defined(__linux__)

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Atomic int64_t made;
static _Atomic int64_t live;

static void *count(void *block) {
  if (block) {
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&live, malloc_usable_size(block), memory_order_relaxed);
  }
  return block;
}

static void uncount(void *block) {
  if (block) {
    atomic_fetch_sub_explicit(&live, malloc_usable_size(block), memory_order_relaxed);
  }
}

int64_t allocations_made(void) { return made; }
int64_t allocations_live_bytes(void) { return live; }

void *malloc(size_t size) { return count(__libc_malloc(size)); }
void *calloc(size_t n, size_t size) { return count(__libc_calloc(n, size)); }
void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

void *realloc(void *block, size_t size) {
  uncount(block);
  return count(__libc_realloc(block, size));
}

void free(void *block) {
  uncount(block);
  __libc_free(block);
}

#else

int64_t allocations_made(void) { return -1; }
int64_t allocations_live_bytes(void) { return -1; }

#endif
