// SPDX-License-Identifier: Apache-2.0
// The parts of Arrival that Swift cannot express: thread-local memory, walks of the stack, the
// runtime's hook for throws, futexes, and signals.
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The calling thread's slot; NULL until it is set.
///
/// Not inline: an async function may continue on another thread, and a compiler that saw the
/// thread-local variable could keep its address across the suspension.
void *_Nullable arrival_thread_slot(void);

/// Sets the calling thread's slot. When the thread ends, `destroy` is called with it. `destroy`
/// must be the same function in every call.
void arrival_thread_slot_set(void *_Nonnull slot, void (*_Nonnull destroy)(void *_Nonnull));

/// The bytes left on the calling thread's stack; SIZE_MAX if the system does not say.
size_t arrival_stack_remaining(void);

/// Nanoseconds on a clock that never goes backwards.
uint64_t arrival_monotonic_nanoseconds(void);

/// Names the calling thread, for debuggers and `top`.
void arrival_thread_set_name(const char *_Nonnull name);

/// The number of cores that the process may use, at least 1. `taskset` and a container's CPU set
/// reduce it.
int arrival_core_count(void);

/// Asks the system to end the calling thread's sleeps without delay. By default Linux may add 50
/// µs, to wake several threads at once.
void arrival_thread_wakes_exactly(void);

/// The same until `arrival_thread_wakes_as_before` is called with what this returns.
int arrival_thread_wakes_exactly_now(void);

void arrival_thread_wakes_as_before(int slack);

/// Nanoseconds on another monotonic clock, which may be some milliseconds late but is much cheaper
/// to read. For ages.
uint64_t arrival_coarse_nanoseconds(void);

/// Writes the return addresses of the calling thread's frames, the most recent first. If the thread
/// runs a task, the resume addresses of the async functions that await the running one follow.
///
/// Returns the number of addresses. `*async_start` is the index of the first resume address, or
/// that number if there is none. The frames of a task end where its job began: the frames below
/// belong to the thread.
size_t arrival_capture(uintptr_t *_Nonnull addresses, size_t capacity,
                       size_t *_Nonnull async_start);

/// A stack to walk.
struct arrival_stack {
  /// The frame pointer of the first frame.
  uintptr_t frame;
  /// The memory of the stack.
  uintptr_t low, high;
  /// The return address of the function that a job begins with; 0 if it is not known.
  uintptr_t job_return;
};

enum { arrival_site_capacity = 8 };

/// A few addresses that identify the calling code's position.
struct arrival_site {
  uintptr_t addresses[arrival_site_capacity];
  uint8_t count;
  bool are_resumptions;
};

/// The calling code's position. If `awaiting` is set and the thread runs a task, the addresses are
/// those of the async functions that await; otherwise those of the calling functions without the
/// first `skipped`.
struct arrival_site arrival_site_here(bool awaiting, size_t skipped);

/// The context of the async function that runs on this thread; 0 if it is not known.
uintptr_t arrival_async_context(void);

/// The position of the async functions that await the one with this context. The context must be
/// alive, or its memory at least readable.
struct arrival_site arrival_site_at(uintptr_t context);

/// As `arrival_capture`, for a given stack. The stack may contain anything.
size_t arrival_walk(struct arrival_stack stack, uintptr_t *_Nonnull addresses, size_t capacity,
                    size_t *_Nonnull async_start);

/// Finds the return address of the first function of a job. Captures recognise async functions by
/// it.
///
/// Call it directly in an async function that runs in a task. Once is enough.
void arrival_measure_job(void);

/// The return address of the first function of a job; 0 if it is not known.
uintptr_t arrival_job_return(void);

/// How the hook finds the current tasklet and recognises errors.
struct arrival_throw_layout {
  /// The key of the task-local value that is the current tasklet.
  const void *_Nonnull key;
  /// The offset of the word in a tasklet that refers to the records of its throws.
  size_t word_offset;
  /// The types `any Error` and `CancellationError`.
  const void *_Nonnull any_error, *_Nonnull cancellation;
};

/// Begins to record throws in tasklets. Call it once. False if the runtime has no hook.
bool arrival_throw_install(struct arrival_throw_layout layout);

/// Makes room for the records of tasklets that will throw. Throws themselves never allocate.
void arrival_throw_prepare(void);

/// Records the throw of an error that a future failed with. `object` describes where the error came
/// from, and is retained. It must not retain the error, which is freed when only records have it.
void arrival_throw_raise(uintptr_t *_Nonnull word, const void *_Nonnull error,
                         const void *_Nonnull object);

/// The result of a lookup in a tasklet's records.
struct arrival_throw_found {
  /// The number of addresses; 0 if the throw was not recorded.
  size_t count;
  size_t async_start;
  /// The record's object, retained for the caller.
  const void *_Nullable object;
  /// Whether the object was given to `arrival_throw_keep`, and not to `arrival_throw_raise`.
  bool is_kept;
};

/// Finds the frames of the throw of an error, and the object given to `arrival_throw_raise` or
/// `arrival_throw_keep`. `boxed_anew`: the error may have been thrown without its box, so an equal
/// value of its type is accepted.
struct arrival_throw_found arrival_throw_find(uintptr_t *_Nonnull word, const void *_Nonnull error,
                                              bool boxed_anew, uintptr_t *_Nonnull addresses,
                                              size_t capacity);

/// Replaces the object of an error's record. The new one is retained.
void arrival_throw_keep(uintptr_t *_Nonnull word, const void *_Nonnull error,
                        const void *_Nonnull object);

/// Releases the errors that only the records of the calling thread's last throw still hold.
void arrival_throw_sweep(void);

/// Returns the records of a tasklet to the pool. No other thread may use the word any more.
void arrival_throw_end(uintptr_t *_Nonnull word);

/// The short form of a mangled name of Swift or C++. The caller frees it. NULL if the name is not
/// mangled.
char *_Nullable arrival_demangle(const char *_Nonnull mangled);

/// As `arrival_demangle`, with all modules and types.
char *_Nullable arrival_demangle_fully(const char *_Nonnull mangled);

/// The address of the task-local value with this key; NULL if there is none.
///
/// A child task finds its parent's storage. An unstructured task has a copy at another address.
const void *_Nullable arrival_task_local(const void *_Nonnull key);

/// Binds a task-local value, which is a reference of the caller's that the binding takes over.
/// Returns the value's address.
///
/// The runtime keeps the binding in the task's own memory, which is a stack. The function that
/// binds must call nothing before that, and `arrival_task_local_unbind` as the last thing it does.
const void *_Nonnull arrival_task_local_bind(const void *_Nonnull key, const void *_Nonnull type,
                                             void *_Nonnull value);

/// Ends the binding that was made last.
void arrival_task_local_unbind(void);

/// The calling task; NULL outside of tasks.
const void *_Nullable arrival_task(void);

/// Measures how the runtime keeps task-local values. Call it once, before the functions below.
///
/// - `owner_key`, `owner_type`: a task-local whose value is an optional reference. Callbacks see it
///   as the code does that completes their future.
/// Returns false if the runtime keeps them in a way that is not known. Then nothing is captured.
bool arrival_locals_install(const void *_Nonnull owner_key, const void *_Nonnull owner_type);

/// Whether the calling task has task-local values that a task which it starts has to inherit: any
/// but that with `owner_key`, which each tasklet binds anew. True if it is not known.
bool arrival_locals_are_inherited(void);

/// Names a second task-local that callbacks see as the code does that completes their future.
void arrival_locals_pass(const void *_Nonnull key, const void *_Nonnull type);

/// Copies the task-local values of the calling code. NULL if there are none but the two above.
void *_Nullable arrival_locals_capture(void);

/// Frees values that were captured.
void arrival_locals_release(void *_Nonnull values);

/// Whether the calling code has other task-local values than the two above.
bool arrival_locals_are_foreign(void);

/// What `arrival_locals_leave` needs.
struct arrival_locals_scope {
  void *_Nonnull item;
  uintptr_t next;
  /// Where the value of the first of the two task-locals is.
  const void *_Nonnull owner;
  bool has_call;
};

/// Shows the calling code the captured values, or none, instead of its own. The code must not
/// suspend before it leaves. Scopes nest.
struct arrival_locals_scope arrival_locals_enter(void *_Nullable values);

void arrival_locals_leave(struct arrival_locals_scope scope);

/// Whether the calling thread is the process's first.
bool arrival_is_main_thread(void);

/// Whether the calling code runs on the main thread or on the main actor.
bool arrival_is_on_main_actor(void);

/// Whether the calling code runs on an actor. `*actor` is the actor's object, if it has no executor
/// of its own, and otherwise NULL.
bool arrival_is_on_actor(const void *_Nullable *_Nonnull actor);

/// Whether the calling code runs in a task on Swift's default executor.
bool arrival_is_on_cooperative_pool(void);

/// The executors of the calling task, each in the two words of Swift's references to executors.
/// Both are zero on Swift's default executor.
struct arrival_place {
  const void *_Nullable serial_identity;
  const void *_Nullable serial_implementation;
  const void *_Nullable task_identity;
  const void *_Nullable task_implementation;
  bool is_in_task;
};

/// Where the calling code runs.
struct arrival_place arrival_current_place(void);

#if defined(__linux__)
/// Sleeps until it is woken, if the word of 32 bits has this value. May return for no reason.
void arrival_futex_wait(const void *_Nonnull word, uint32_t expected);

/// The same, but at most until the monotonic clock shows `deadline` nanoseconds.
void arrival_futex_wait_until(const void *_Nonnull word, uint32_t expected, uint64_t deadline);

/// Wakes one thread that sleeps on the word.
void arrival_futex_wake_one(const void *_Nonnull word);
#endif

/// Tells the processor that the calling thread is spinning.
static inline void arrival_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

/// Starts the thread that calls `body` after a watched signal has arrived. Returns 0 or the
/// system's error number. Call it once, or again after a failure.
int arrival_signal_start(void (*_Nonnull body)(void));

/// Watches a signal, for the body given to `arrival_signal_start`. 0 means SIGUSR1. Returns 0 or
/// the system's error number.
int arrival_signal_watch(int signal);

#endif
