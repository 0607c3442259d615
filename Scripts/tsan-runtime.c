// Tells the thread sanitizer about two things of Swift's runtime on Linux, for Scripts/check-sanitizers.
//
// The runtime's libraries are not instrumented. This one stands in front of a few of their functions,
// calls them, and says what they mean. So little has to be suppressed, and real races are still found.
//
// - Synchronization.Mutex: its fast paths are compiled into the program, where the sanitizer sees them;
//   its slow paths, taken under contention, are not, and without them the sanitizer misses who locked
//   after whom and calls everything that a contended mutex protects a race.
// - A continuation that was resumed before its task came to suspend: the runtime says that the resumption
//   was, but of the way on says nothing, unlike of the one through an executor.

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
  // The runtime's resumption releases the task. One that comes between this line and the next is what
  // is left to tsan-suppressions.txt.
  if (__tsan_acquire && swift_task_getCurrent) __tsan_acquire(swift_task_getCurrent());
  __attribute__((musttail)) return call(context);
}
