#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#include <pthread.h>
#include <time.h>

// Read on every wait and load; this model saves a call of the dynamic linker each time.
#if defined(__ELF__)
#define FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define FAST_TLS
#endif

static _Thread_local void *thread_slot FAST_TLS;
static _Thread_local uintptr_t stack_low FAST_TLS;
static _Thread_local uintptr_t stack_high FAST_TLS;
static pthread_key_t slot_key;
static pthread_once_t slot_key_once = PTHREAD_ONCE_INIT;
static void (*slot_destroy)(void *);

// The variable is cleared first: what `destroy` runs may ask for a slot again.
static void slot_key_destroy(void *slot) {
  thread_slot = NULL;
  __atomic_load_n(&slot_destroy, __ATOMIC_RELAXED)(slot);
}

static void slot_key_create(void) { pthread_key_create(&slot_key, slot_key_destroy); }

void *arrival_thread_slot(void) { return thread_slot; }

void arrival_thread_slot_set(void *slot, void (*destroy)(void *)) {
  __atomic_store_n(&slot_destroy, destroy, __ATOMIC_RELAXED);
  pthread_once(&slot_key_once, slot_key_create);
  pthread_setspecific(slot_key, slot);
  thread_slot = slot;
}

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

// Follows frame pointers only upwards and only within the stack, so what is no frame does no harm.
size_t arrival_return_addresses(uintptr_t *addresses, size_t capacity) {
  if (stack_low == 0) find_stack();
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  size_t count = 0;
  while (count < capacity && frame >= stack_low && frame + 2 * sizeof(uintptr_t) <= stack_high &&
         frame % sizeof(uintptr_t) == 0) {
    const uintptr_t *words = (const uintptr_t *)frame;
    if (words[1] == 0) break;
    addresses[count++] = words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
  return count;
}

uint64_t arrival_coarse_nanoseconds(void) {
  struct timespec now;
#if defined(__APPLE__)
  clock_gettime(CLOCK_MONOTONIC_RAW_APPROX, &now);
#elif defined(CLOCK_MONOTONIC_COARSE)
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
  clock_gettime(CLOCK_MONOTONIC, &now);
#endif
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t arrival_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void arrival_thread_set_name(const char *name) {
#if defined(__APPLE__)
  pthread_setname_np(name);
#elif defined(__linux__)
  pthread_setname_np(pthread_self(), name);
#else
  (void)name;
#endif
}
