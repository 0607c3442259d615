// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#if defined(__linux__)

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// All errors, such as a changed word or a signal, mean that the caller has to look again.
void arrival_futex_wait(const void *word, uint32_t expected) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
  errno = saved;
}

void arrival_futex_wait_until(const void *word, uint32_t expected, uint64_t deadline) {
  int saved = errno;
  struct timespec time = {
      .tv_sec = (time_t)(deadline / 1000000000u), .tv_nsec = (long)(deadline % 1000000000u)};
  // Unlike FUTEX_WAIT, it takes a point in time, on the monotonic clock.
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, &time, NULL,
          FUTEX_BITSET_MATCH_ANY);
  errno = saved;
}

void arrival_futex_wake_one(const void *word) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  errno = saved;
}

#endif
