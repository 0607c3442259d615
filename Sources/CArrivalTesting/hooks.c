// SPDX-License-Identifier: Apache-2.0
#include "CArrivalTesting.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

typedef __attribute__((swiftcall)) void (*enqueue)(void *job);
typedef __attribute__((swiftcall)) void (*enqueue_hook)(void *job, enqueue original);

// Of the Swift runtime. Weak, so that a runtime without the hook is no error of the linker.
extern enqueue_hook swift_task_enqueueGlobal_hook __attribute__((weak));
extern __attribute__((swiftcall)) uint64_t swift_task_getJobTaskId(void *job);
extern __attribute__((swiftcall)) void *swift_task_getCurrent(void);

static arrival_take_job take_job;
static enqueue_hook next_hook;

static __attribute__((swiftcall)) void on_enqueue(void *job, enqueue original) {
  // The kind of the job: its flags follow the object's header and the two links. Zero is a task.
  uint32_t flags = *(uint32_t *)((char *)job + 4 * sizeof(void *));
  uint64_t id = (flags & 0xff) == 0 ? swift_task_getJobTaskId(job) : 0;
  if (take_job(job, id)) return;
  if (next_hook) {
    next_hook(job, original);
  } else {
    original(job);
  }
}

bool arrival_hook_global_jobs(arrival_take_job take) {
  if (&swift_task_enqueueGlobal_hook == NULL) return false;
  take_job = take;
  next_hook = swift_task_enqueueGlobal_hook;
  __atomic_store_n(&swift_task_enqueueGlobal_hook, on_enqueue, __ATOMIC_RELEASE);
  return true;
}

uint64_t arrival_current_task_id(void) {
  void *task = swift_task_getCurrent();
  return task ? swift_task_getJobTaskId(task) : 0;
}

static _Thread_local void *owner;

void *arrival_thread_owner(void) { return owner; }

void *arrival_thread_set_owner(void *new) {
  void *old = owner;
  owner = new;
  return old;
}

struct start {
  void (*body)(void *);
  void *argument;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  start.body(start.argument);
  return NULL;
}

int arrival_thread_start(void (*body)(void *), void *argument) {
  struct start *start = malloc(sizeof *start);
  if (!start) return 12;
  *start = (struct start){body, argument};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  pthread_t thread;
  int code = pthread_create(&thread, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  if (code) free(start);
  return code;
}
