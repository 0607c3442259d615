// SPDX-License-Identifier: Apache-2.0
#include "throws.h"

#if defined(__APPLE__)
#include <dlfcn.h>
#endif

// The hook that the runtime calls at every throw of the program. It calls the hook that was
// installed before it.

#define SWIFT_CALL __attribute__((swiftcall))

extern void *swift_task_getCurrent(void) SWIFT_CALL;
extern void *swift_task_localValueGet(const void *key) SWIFT_CALL;
extern void swift_errorRelease(const void *error);
struct error_box {
  const void *object, *value;
};
extern struct error_box swift_allocError(const void *type, const void *conformance, void *value,
                                         bool is_taken) SWIFT_CALL;

// The current tasklet's word; NULL outside of tasklets.
static uintptr_t *current_slot(void) {
  if (swift_task_getCurrent() == NULL) return NULL;
  void *const *value = swift_task_localValueGet(arrival_throw_layout.key);
  if (value == NULL || *value == NULL) return NULL;
  return (uintptr_t *)((char *)*value + arrival_throw_layout.word_offset);
}

typedef void (*boxed_handler)(void *error);
typedef void (*typed_handler)(void *value, const void *type, const void *conformance);

static _Atomic(boxed_handler) earlier_boxed;
static _Atomic(typed_handler) earlier_typed;

static void will_throw(void *error) {
  uintptr_t *slot = current_slot();
  if (slot) arrival_record_boxed(slot, error, (uintptr_t)__builtin_frame_address(0));
  boxed_handler earlier = atomic_load_explicit(&earlier_boxed, memory_order_relaxed);
  if (earlier) earlier(error);
}

static void will_throw_typed(void *value, const void *type, const void *conformance) {
  uintptr_t *slot = current_slot();
  if (slot) {
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    // Code that is generic over the error's type throws boxed errors in this way too.
    if (type == arrival_throw_layout.any_error) {
      arrival_record_boxed(slot, *(void *const *)value, frame);
    } else {
      arrival_record_typed(slot, type, value, frame);
    }
  }
  typed_handler typed = atomic_load_explicit(&earlier_typed, memory_order_relaxed);
  if (typed) return typed(value, type, conformance);
  // Without a handler for typed throws the runtime boxes the error for the other one.
  boxed_handler boxed = atomic_load_explicit(&earlier_boxed, memory_order_relaxed);
  if (boxed) {
    const void *error = swift_allocError(type, conformance, value, false).object;
    boxed((void *)error);
    swift_errorRelease(error);
  }
}

#if defined(__APPLE__)
static void *hook(const char *name) { return dlsym(RTLD_DEFAULT, name); }
#define HOOK(name) hook(#name)
#else
// Weak references, not lookups by name: a program may link the standard library statically.
extern _Atomic(boxed_handler) _swift_willThrow __attribute__((weak));
extern _Atomic(typed_handler) _swift_willThrowTypedImpl __attribute__((weak));
#define HOOK(name) (&name)
#endif

bool arrival_throw_install(struct arrival_throw_layout layout) {
  _Atomic(boxed_handler) *boxed = HOOK(_swift_willThrow);
  _Atomic(typed_handler) *typed = HOOK(_swift_willThrowTypedImpl);
  if (boxed == NULL) return false;
  arrival_throw_layout = layout;
  atomic_store(&earlier_boxed, atomic_exchange(boxed, will_throw));
  if (typed) atomic_store(&earlier_typed, atomic_exchange(typed, will_throw_typed));
  return true;
}
