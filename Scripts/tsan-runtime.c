// SPDX-License-Identifier: Apache-2.0
// Tells the thread sanitizer two things about Swift's runtime on Linux; Scripts/check-sanitizers
// preloads it.
//
// The runtime's libraries are not instrumented. This library wraps a few of their functions and
// tells the sanitizer what they mean. So little has to be suppressed, and real races are still
// found.
//
// - Synchronization.Mutex. Its fast paths are compiled into the program, where the sanitizer sees
//   them. Its slow paths, which run under contention, are not. Without them the sanitizer does not
//   know the order of the locks, and reports everything that a contended mutex protects as a race.
// - A continuation that was resumed before its task suspended. The runtime reports the resumption,
//   but not that the task continues after it. It does report that for a task that continues on an
//   executor.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define SWIFT_CC __attribute__((swiftcall))
#define SWIFT_SELF __attribute__((swift_context))

typedef SWIFT_CC void (*LockSlow)(uint32_t id, SWIFT_SELF void *self);
typedef SWIFT_CC void (*UnlockSlow)(SWIFT_SELF void *self);

// Synchronization._MutexHandle._lockSlow(Swift.UInt32) -> ()
SWIFT_CC void lock_slow(uint32_t id, SWIFT_SELF void *self) __asm__(
    "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

SWIFT_CC void lock_slow(uint32_t id, SWIFT_SELF void *self) {
  static LockSlow real;
  LockSlow call = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (!call) {
    call = (LockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    __atomic_store_n(&real, call, __ATOMIC_RELAXED);
  }
  call(id, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

// Synchronization._MutexHandle._unlockSlow() -> ()
SWIFT_CC void unlock_slow(SWIFT_SELF void *self) __asm__(
    "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

SWIFT_CC void unlock_slow(SWIFT_SELF void *self) {
  static UnlockSlow real;
  UnlockSlow call = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (!call) {
    call = (UnlockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    __atomic_store_n(&real, call, __ATOMIC_RELAXED);
  }
  if (__tsan_release) __tsan_release(self);
  call(self);
}

#define SWIFT_ASYNC_CC __attribute__((swiftasynccall))

typedef SWIFT_ASYNC_CC void (*Await)(void *context);

extern SWIFT_CC void *swift_task_getCurrent(void) __attribute__((weak));

SWIFT_ASYNC_CC void swift_continuation_await(void *context) {
  static Await real;
  Await call = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (!call) {
    call = (Await)dlsym(RTLD_NEXT, "swift_continuation_await");
    __atomic_store_n(&real, call, __ATOMIC_RELAXED);
  }
  // The runtime's resumption releases the task. A resumption between this line and the next is not
  // covered; tsan-suppressions.txt covers it.
  if (__tsan_acquire && swift_task_getCurrent) __tsan_acquire(swift_task_getCurrent());
  __attribute__((musttail)) return call(context);
}
