// Tells the thread sanitizer about Swift's Mutex on Linux, for Scripts/check-sanitizers.
//
// The fast paths of Synchronization.Mutex are compiled into the program, where the sanitizer sees
// them. Its slow paths, taken under contention, are functions of libswiftSynchronization, which is
// not instrumented: there the sanitizer misses who locked after whom and calls everything that a
// contended mutex protects a race. This library stands in front of the two functions, calls them,
// and says what they mean. So nothing has to be suppressed, and real races are still found.

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
