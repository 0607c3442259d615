// The parts of Arrival that Swift cannot say: a thread-local slot, the bounds of a stack.
#ifndef ARRIVAL_H
#define ARRIVAL_H

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

#endif
