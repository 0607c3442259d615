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

static uintptr_t find_stack_low(void) {
#if defined(__APPLE__)
  pthread_t self = pthread_self();
  return (uintptr_t)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
#elif defined(__linux__)
  pthread_attr_t attributes;
  void *low = NULL;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  if (pthread_attr_getstack(&attributes, &low, &size) != 0) low = NULL;
  pthread_attr_destroy(&attributes);
  return (uintptr_t)low;
#else
  return 0;
#endif
}

size_t arrival_stack_remaining(void) {
  if (stack_low == 0) stack_low = find_stack_low();
  if (stack_low == 0) return SIZE_MAX;
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  return here > stack_low ? here - stack_low : 0;
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
