// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#include <pthread.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Entry points of Swift's concurrency library. Compiled Swift code calls them too, so they are
// stable.
#define SWIFT_CALL __attribute__((swiftcall))

struct executor {
  const void *identity;
  const void *implementation;
};

extern void *swift_task_localValueGet(const void *key) SWIFT_CALL;
extern void swift_task_localValuePush(const void *key, void *value, const void *type) SWIFT_CALL;
extern void swift_task_localValuePop(void) SWIFT_CALL;
extern void *swift_task_getCurrent(void) SWIFT_CALL;
extern struct executor swift_task_getCurrentExecutor(void) SWIFT_CALL;
extern struct executor swift_task_getPreferredTaskExecutor(void) SWIFT_CALL;
extern struct executor swift_task_getMainExecutor(void) SWIFT_CALL;

const void *arrival_task_local(const void *key) { return swift_task_localValueGet(key); }

const void *arrival_task_local_bind(const void *key, const void *type, void *value) {
  swift_task_localValuePush(key, &value, type);
  return swift_task_localValueGet(key);
}

void arrival_task_local_unbind(void) { swift_task_localValuePop(); }

const void *arrival_task(void) { return swift_task_getCurrent(); }

bool arrival_is_main_thread(void) {
#if defined(__APPLE__)
  return pthread_main_np() != 0;
#elif defined(__linux__)
  return syscall(SYS_gettid) == getpid();
#else
  return false;
#endif
}

// On Linux a program may let the main thread end, and then other threads run the main actor.
bool arrival_is_on_main_actor(void) {
  if (arrival_is_main_thread()) return true;
  return swift_task_getCurrent() != NULL &&
         swift_task_getCurrentExecutor().identity == swift_task_getMainExecutor().identity;
}

bool arrival_is_on_actor(const void **actor) {
  *actor = NULL;
  if (swift_task_getCurrent() == NULL) return false;
  struct executor executor = swift_task_getCurrentExecutor();
  // An actor without an executor of its own stands for itself.
  if (executor.implementation == NULL) *actor = executor.identity;
  return executor.identity != NULL;
}

// An actor without an executor of its own has no implementation either, and runs on the pool.
bool arrival_is_on_cooperative_pool(void) {
  return swift_task_getCurrent() != NULL &&
         swift_task_getCurrentExecutor().implementation == NULL &&
         swift_task_getPreferredTaskExecutor().identity == NULL && !arrival_is_main_thread();
}

struct arrival_place arrival_current_place(void) {
  struct arrival_place place = {0};
  if (swift_task_getCurrent() == NULL) return place;
  place.is_in_task = true;
  struct executor serial = swift_task_getCurrentExecutor();
  place.serial_identity = serial.identity;
  place.serial_implementation = serial.implementation;
  struct executor task = swift_task_getPreferredTaskExecutor();
  place.task_identity = task.identity;
  place.task_implementation = task.implementation;
  return place;
}
