// SPDX-License-Identifier: Apache-2.0
// The runtime's hook for jobs of the global pool, and threads for loops of manual time.
#ifndef ARRIVAL_TESTING_H
#define ARRIVAL_TESTING_H

#include <stdbool.h>
#include <stdint.h>

/// Is asked about each job that is enqueued for the global pool; returns whether it takes the job.
///
/// `task_id` is zero if the job is not a step of a task.
typedef bool (*arrival_take_job)(void *_Nonnull job, uint64_t task_id);

/// Asks `take` from now on, until the program ends. Another hook that is set already is called with
/// the jobs that are not taken. Returns whether this runtime has the hook. To be called once.
bool arrival_hook_global_jobs(arrival_take_job _Nonnull take);

/// The number of the calling task; zero outside of tasks. Later tasks have greater numbers.
uint64_t arrival_current_task_id(void);

/// What the calling thread works for, or NULL; see `arrival_thread_start`.
void *_Nullable arrival_thread_owner(void);

/// Changes what the calling thread works for; returns what it was.
void *_Nullable arrival_thread_set_owner(void *_Nullable owner);

/// Calls `body` with `argument` on a new thread. Returns zero, or the system's error number.
int arrival_thread_start(void (*_Nonnull body)(void *_Nonnull), void *_Nonnull argument);

#endif
