// The parts of Arrival that Swift cannot say: a thread-local slot, the bounds of a stack.
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The calling thread's slot; NULL until it is set.
/// Not inline on purpose: an async function may go on on another thread, and a compiler that saw
/// the thread-local variable could keep its address across the suspension.
void *_Nullable arrival_thread_slot(void);

/// Sets the calling thread's slot. `destroy` is called with it when the thread ends; it has to be
/// the same function in every call.
void arrival_thread_slot_set(void *_Nonnull slot, void (*_Nonnull destroy)(void *_Nonnull));

/// The bytes left on the calling thread's stack; SIZE_MAX where the system does not tell.
size_t arrival_stack_remaining(void);

/// Nanoseconds on a clock that never goes backwards.
uint64_t arrival_monotonic_nanoseconds(void);

/// Names the calling thread, for debuggers and `top`.
void arrival_thread_set_name(const char *_Nonnull name);

/// Nanoseconds on a clock of its own that may be some milliseconds late and costs next to nothing
/// to read: for ages.
uint64_t arrival_coarse_nanoseconds(void);

/// The return addresses of the calling function and its callers, as far as frame pointers lead.
size_t arrival_return_addresses(uintptr_t *_Nonnull addresses, size_t capacity);

/// Where the value of the task-local with this key is stored; NULL if it has none.
///
/// A child task finds its parent's storage. An unstructured task has a copy at another place.
const void *_Nullable arrival_task_local(const void *_Nonnull key);

/// Whether the calling thread is the process's first.
bool arrival_is_main_thread(void);

/// Whether the calling code is a task's, on the executor that Swift uses for those that ask for
/// none.
bool arrival_is_on_cooperative_pool(void);

#if defined(__linux__)
/// Sleeps while the word of 32 bits has this value, until it is woken; may return for no reason.
void arrival_futex_wait(const void *_Nonnull word, uint32_t expected);

/// Wakes one thread that sleeps on the word.
void arrival_futex_wake_one(const void *_Nonnull word);
#endif

/// Tells the processor that the calling thread spins.
static inline void arrival_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

/// Starts the thread that calls `body` when a watched signal has come; 0 or the system's error
/// number. Once, and again after a failure.
int arrival_signal_start(void (*_Nonnull body)(void));

/// From now on the signal calls the body given to `arrival_signal_start`; 0 stands for SIGUSR1. 0 or
/// the system's error number.
int arrival_signal_watch(int signal);

#endif
