// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "capture.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/prctl.h>
#endif

static _Thread_local void *thread_slot FAST_TLS;
static pthread_key_t slot_key;
static pthread_once_t slot_key_once = PTHREAD_ONCE_INIT;
static void (*slot_destroy)(void *);

// The variable is cleared first, because `destroy` may run code that asks for a slot again.
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

int arrival_core_count(void) {
#if defined(__linux__)
  cpu_set_t set;
  // Fails on a machine with more cores than a set has room for.
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
  }
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
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

void arrival_thread_wakes_exactly(void) {
#if defined(__linux__)
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
#endif
}

int arrival_thread_wakes_exactly_now(void) {
#if defined(__linux__)
  int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (slack > 1) prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  return slack;
#else
  return 0;
#endif
}

void arrival_thread_wakes_as_before(int slack) {
#if defined(__linux__)
  if (slack > 1) prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0, 0, 0);
#else
  (void)slack;
#endif
}
