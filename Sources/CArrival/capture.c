// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "capture.h"

#include <errno.h>
#include <pthread.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <mach/mach.h>
#endif

// Reads frames and contexts that may not be what they seem.
#define RAW __attribute__((no_sanitize("address", "thread", "undefined")))

static _Thread_local uintptr_t stack_low FAST_TLS;
static _Thread_local uintptr_t stack_high FAST_TLS;
// The readable part of the stack, if the system was not asked for its bounds.
static _Thread_local uintptr_t probed_low FAST_TLS;
static _Thread_local uintptr_t probed_high FAST_TLS;

enum {
  page_size = 4096, // or a part of a larger page, which does as well
  max_probed_pages = 64,
  max_async = 64,
  // Frames that are skipped on the way to the beginning of the job.
  max_passed = 1024,
};

// MARK: The stack's bounds

static void find_stack(void) {
#if defined(__APPLE__)
  pthread_t self = pthread_self();
  stack_high = (uintptr_t)pthread_get_stackaddr_np(self);
  stack_low = stack_high - pthread_get_stacksize_np(self);
#elif defined(__linux__)
  pthread_attr_t attributes;
  void *low = NULL;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
    stack_low = (uintptr_t)low;
    stack_high = stack_low + size;
  }
  pthread_attr_destroy(&attributes);
#endif
}

size_t arrival_stack_remaining(void) {
  if (stack_low == 0) find_stack();
  if (stack_low == 0) return SIZE_MAX;
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  return here > stack_low ? here - stack_low : 0;
}

// MARK: Readable memory

// A system call with an invalid first argument. The kernel reads the word before it looks at that
// argument: EINVAL means that the word could be read, EFAULT that it could not. Nothing is changed.
static bool is_readable(uintptr_t address) {
#if defined(__linux__)
  int before = errno;
  bool is = syscall(SYS_rt_sigprocmask, ~0L, address, NULL, 8) == -1 && errno == EINVAL;
  errno = before;
  return is;
#elif defined(__APPLE__)
  uintptr_t word = 0;
  vm_size_t size = 0;
  return vm_read_overwrite(mach_task_self(), address, sizeof(word), (vm_address_t)&word, &size) ==
         KERN_SUCCESS;
#else
  (void)address;
  return false;
#endif
}

// Pages that were readable. Asking each time would cost more than the rest of a capture.
static _Atomic(uintptr_t) known_pages[1024];

static bool is_known_readable(uintptr_t address) {
  uintptr_t page = address / page_size;
  if (page == 0) return false;
  _Atomic(uintptr_t) *entry = &known_pages[(page ^ (page >> 10)) % 1024];
  if (atomic_load_explicit(entry, memory_order_relaxed) == page) return true;
  if (!is_readable(address)) return false;
  atomic_store_explicit(entry, page, memory_order_relaxed);
  return true;
}

// Finds the readable part of the stack from `here` up, at most `max_probed_pages` pages.
static void probe_stack(uintptr_t here) {
  uintptr_t low = here / page_size * page_size;
  uintptr_t high = low;
  for (int i = 0; i < max_probed_pages && is_readable(high); i++) {
    high += page_size;
    if (high == probed_low) {
      high = probed_high;
      break;
    }
  }
  probed_low = low;
  probed_high = high;
}

// MARK: Walking

static _Atomic(uintptr_t) job_return;

// Some platforms mark the frames of async functions in the saved frame pointer.
static uintptr_t frame_address(uintptr_t word) {
  return word & ~((uintptr_t)1 << (sizeof(word) * 8 - 4));
}

// Some platforms sign return addresses in the upper bits.
static uintptr_t code_address(uintptr_t word) {
#if defined(__aarch64__)
  return word & (((uintptr_t)1 << 48) - 1);
#else
  return word;
#endif
}

RAW static size_t walk_contexts(uintptr_t context, uintptr_t *addresses, size_t capacity) {
  size_t count = 0;
  while (count < capacity && context != 0 && context % sizeof(uintptr_t) == 0 &&
         is_known_readable(context) && is_known_readable(context + sizeof(uintptr_t))) {
    const uintptr_t *words = (const uintptr_t *)context;
    uintptr_t resume = code_address(words[1]);
    if (resume == 0) break;
    addresses[count++] = resume;
    context = words[0];
  }
  return count;
}

// Writes the return addresses of at most `room` frames. Returns their number. `*context` is the
// context of the job's async function; 0 if that was not found.
RAW static size_t walk_frames(struct arrival_stack stack, uintptr_t *addresses, size_t room,
                              uintptr_t *context) {
  const size_t word = sizeof(uintptr_t);
  size_t count = 0;
  uintptr_t frame = stack.frame;
  for (int passed = 0; passed < max_passed;) {
    if (frame % word != 0 || frame < stack.low || frame > stack.high) break;
    if (stack.high - frame < 2 * word) break;
    const uintptr_t *words = (const uintptr_t *)frame;
    uintptr_t address = code_address(words[1]);
    if (address == 0) break;
    if (address == stack.job_return) {
      if (frame - word >= stack.low) *context = words[-1];
      break;
    }
    if (count < room) {
      addresses[count++] = address;
    } else if (stack.job_return) {
      passed++;
    } else {
      break;
    }
    uintptr_t next = frame_address(words[0]);
    if (next <= frame) break;
    frame = next;
  }
  return count;
}

RAW size_t arrival_walk(struct arrival_stack stack, uintptr_t *addresses, size_t capacity,
                        size_t *async_start) {
  size_t async_room = capacity / 2 < max_async ? capacity / 2 : max_async;
  size_t room = stack.job_return ? capacity - async_room : capacity;
  uintptr_t context = 0;
  size_t count = walk_frames(stack, addresses, room, &context);
  *async_start = count;
  size_t left = capacity - count < async_room ? capacity - count : async_room;
  return count + walk_contexts(context, addresses + count, left);
}

// The calling thread's stack from a frame up.
static struct arrival_stack stack_at(uintptr_t frame) {
  struct arrival_stack stack = {
      .frame = frame,
      .low = stack_low,
      .high = stack_high,
      .job_return = atomic_load_explicit(&job_return, memory_order_relaxed)};
  // The bounds are unknown, or the program has switched to a stack of its own.
  if (frame < stack_low || frame >= stack_high) {
    if (frame < probed_low || frame >= probed_high) probe_stack(frame);
    stack.low = probed_low;
    stack.high = probed_high;
  }
  return stack;
}

size_t arrival_capture_quietly(uintptr_t frame, uintptr_t *addresses, size_t capacity,
                               size_t *async_start) {
  return arrival_walk(stack_at(frame), addresses, capacity, async_start);
}

size_t arrival_capture(uintptr_t *addresses, size_t capacity, size_t *async_start) {
  if (stack_low == 0) find_stack();
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  return arrival_capture_quietly(frame, addresses, capacity, async_start);
}

struct arrival_site arrival_site_here(bool awaiting, size_t skipped) {
  // With room for Arrival's own frames. A debug build has more of them.
  uintptr_t addresses[2 * arrival_site_capacity + 8];
  const size_t capacity = sizeof(addresses) / sizeof(addresses[0]);
  if (stack_low == 0) find_stack();
  size_t async_start = 0;
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  size_t count = arrival_capture_quietly(frame, addresses, capacity, &async_start);
  struct arrival_site site = {.count = 0, .are_resumptions = awaiting && async_start < count};
  size_t first = site.are_resumptions ? async_start : skipped;
  size_t end = site.are_resumptions ? count : async_start;
  for (size_t i = first; i < end && site.count < arrival_site_capacity; i++)
    site.addresses[site.count++] = addresses[i];
  return site;
}

uintptr_t arrival_async_context(void) {
  if (stack_low == 0) find_stack();
  uintptr_t context = 0;
  walk_frames(stack_at((uintptr_t)__builtin_frame_address(0)), NULL, 0, &context);
  return context;
}

struct arrival_site arrival_site_at(uintptr_t context) {
  struct arrival_site site = {.are_resumptions = true};
  site.count = (uint8_t)walk_contexts(context, site.addresses, arrival_site_capacity);
  return site;
}

// MARK: Where a job begins

extern void *swift_task_getCurrent(void) __attribute__((swiftcall));

// The context of a task's first function is in the task's own block, behind the header.
enum { max_task_header = 2048 };

RAW static bool is_chain_of(uintptr_t task, uintptr_t context) {
  for (int depth = 0; depth < max_async; depth++) {
    if (context == 0 || context % sizeof(uintptr_t) != 0 || !is_readable(context)) return false;
    uintptr_t parent = *(const uintptr_t *)context;
    if (parent == 0) return context > task && context - task < max_task_header;
    context = parent;
  }
  return false;
}

RAW __attribute__((noinline)) void arrival_measure_job(void) {
  if (atomic_load_explicit(&job_return, memory_order_relaxed) != 0) return;
  if (stack_low == 0) find_stack();
  const size_t word = sizeof(uintptr_t);
  uintptr_t own = (uintptr_t)__builtin_frame_address(0);
  uintptr_t frame = frame_address(*(const uintptr_t *)own);
  if (frame % word != 0 || frame <= own || frame > stack_high) return;
  if (stack_high - frame < 2 * word) return;
  const uintptr_t *words = (const uintptr_t *)frame;
  if (!is_chain_of((uintptr_t)swift_task_getCurrent(), words[-1])) return;
  atomic_store_explicit(&job_return, code_address(words[1]), memory_order_relaxed);
}

uintptr_t arrival_job_return(void) {
  return atomic_load_explicit(&job_return, memory_order_relaxed);
}
