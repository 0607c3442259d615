// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "capture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <link.h>
#endif

// The runtime keeps the task-local values of a task, or of a thread outside of tasks, in a list of
// items. Swift can bind, read and copy to a new task, but it can neither keep the values of one
// moment nor hide them for a while. Both need the form of an item, which all releases share:
//
//     next and flags | key | type of the value | value, aligned as its type asks for
//
// Nothing relies on that before it has been measured with values of our own. What is not as
// expected stays unused: then callbacks see the values of the code that completes their future.
struct item {
  uintptr_t next;
  const void *key;
  const void *type;
};

enum { FLAGS = 7, NO_VALUE = 4, STOP = 6 };

// Entry points of the runtime, which code calls that Swift has compiled. So they are stable.
#define SWIFT_CALL __attribute__((swiftcall))
extern void *swift_task_localValueGet(const void *key) SWIFT_CALL;
extern void swift_task_localValuePush(const void *key, void *value, const void *type) SWIFT_CALL;
extern void swift_task_localValuePop(void) SWIFT_CALL;
extern void *swift_task_getCurrent(void) SWIFT_CALL;

// The head of a type's value witness table, which is stable too.
struct witnesses {
  void *copy_buffer;
  void (*destroy)(void *value, const void *type);
  void *(*copy)(void *to, const void *from, const void *type);
  void *others[5];
  size_t size, stride;
  uint32_t flags;
};

static const struct witnesses *witnesses(const void *type) {
  return ((const struct witnesses *const *)type)[-1];
}

static size_t value_offset(const void *type) {
  size_t mask = witnesses(type)->flags & 0xff;
  return (sizeof(struct item) + mask) & ~mask;
}

static void *value_of(struct item *item) { return (char *)item + value_offset(item->type); }

static struct item *next_of(const struct item *item) {
  return (struct item *)(item->next & ~(uintptr_t)FLAGS);
}

static bool has_value(const struct item *item) {
  return !(item->next & NO_VALUE) && item->type != NULL;
}

// Whether items behind this one cannot be seen.
static bool is_stop(const struct item *item) {
  if (item->next & NO_VALUE) return (item->next & STOP) == STOP;
  return item->type == NULL && item->key == (const void *)1;
}

// MARK: Our own values

// The key of the owner of waits, whose value is one reference or NULL, and its type.
static const void *owner_key, *owner_type;
// A second key that callbacks see as the completing code does.
static const void *_Atomic call_key, *_Atomic call_type;

static bool is_own(const void *key) {
  return key == owner_key || key == atomic_load_explicit(&call_key, memory_order_relaxed);
}

// MARK: Measuring

static bool is_known;
// The offset in a task of the pointer to its first item; 0 until it is known, -1 if it is not
// found.
static _Atomic ptrdiff_t task_offset;
// Enough for all releases, and less than any task has.
enum { TASK_BYTES = 0xc0 };

static struct item *push_owner(void *value) {
  swift_task_localValuePush(owner_key, &value, owner_type);
  void *place = swift_task_localValueGet(owner_key);
  return (struct item *)((char *)place - sizeof(struct item));
}

static bool is_item(const struct item *item, const struct item *next) {
  return next_of(item) == next && item->key == owner_key && item->type == owner_type;
}

#if defined(__linux__)
// The thread-local variable that refers to the values of a thread outside of tasks: its library
// and its place there.
static bool has_variable;
static uintptr_t library;
static size_t variable_offset;
static _Thread_local struct item ***variable FAST_TLS;

struct tls {
  uintptr_t code;
  uintptr_t library;
  uintptr_t *words;
  size_t count;
};

static int find_tls(struct dl_phdr_info *info, size_t size, void *argument) {
  struct tls *tls = argument;
  (void)size;
  size_t bytes = 0;
  bool is_it = tls->library != 0 && info->dlpi_addr == tls->library;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_TLS) bytes = segment->p_memsz;
    if (segment->p_type == PT_LOAD && tls->code - start < segment->p_memsz) is_it = true;
  }
  if (!is_it) return 0;
  tls->library = info->dlpi_addr;
  tls->words = info->dlpi_tls_data;
  tls->count = tls->words == NULL ? 0 : bytes / sizeof(uintptr_t);
  return 1;
}

enum { MAX_WORDS = 4096 };

// The word that was zero and refers to what refers to the item.
static void measure_variable(const struct tls *tls, const uintptr_t *before, struct item *first) {
  for (size_t i = 0; i < tls->count && i < MAX_WORDS; i++) {
    uintptr_t word = tls->words[i];
    if (before[i] != 0 || word < 4096 || word % sizeof(void *) != 0) continue;
    if (*(struct item **)word != first) continue;
    library = tls->library;
    variable_offset = i;
    has_variable = true;
    return;
  }
}

static void forget_variable(const struct tls *tls) {
  if (has_variable && tls->words[variable_offset] != 0) has_variable = false;
}

static struct item ***thread_variable(void) {
  if (variable == NULL) {
    // Lets the thread have the library's variables, if it has none yet.
    swift_task_localValueGet(owner_key);
    struct tls tls = {.library = library};
    if (dl_iterate_phdr(find_tls, &tls) == 0 || tls.words == NULL) return NULL;
    variable = (struct item ***)&tls.words[variable_offset];
  }
  return variable;
}
#endif

// On a thread of its own, which runs no task and has no values.
static void *measure(void *argument) {
  (void)argument;
  swift_task_localValueGet(owner_key);
#if defined(__linux__)
  struct tls tls = {.code = (uintptr_t)&swift_task_localValueGet};
  uintptr_t *before = NULL;
  // The address may be that of a stub, in which case nothing is found.
  dl_iterate_phdr(find_tls, &tls);
  if (tls.count > 0 && (before = calloc(MAX_WORDS, sizeof(uintptr_t))) != NULL) {
    size_t count = tls.count < MAX_WORDS ? tls.count : MAX_WORDS;
    memcpy(before, tls.words, count * sizeof(uintptr_t));
  }
#endif
  struct item *first = push_owner(NULL);
#if defined(__linux__)
  if (before != NULL) measure_variable(&tls, before, first);
  free(before);
#endif
  struct item *second = push_owner(NULL);
  is_known = witnesses(owner_type)->size == sizeof(void *) &&
             value_offset(owner_type) == sizeof(struct item) && is_item(first, NULL) &&
             is_item(second, first) && (second->next & NO_VALUE) == 0;
  swift_task_localValuePop();
  swift_task_localValuePop();
#if defined(__linux__)
  forget_variable(&tls);
#endif
  return NULL;
}

bool arrival_locals_install(const void *key, const void *type) {
  owner_key = key;
  owner_type = type;
  pthread_t thread;
  if (pthread_create(&thread, NULL, measure, NULL) != 0) return false;
  pthread_join(thread, NULL);
  return is_known;
}

void arrival_locals_pass(const void *key, const void *type) {
  atomic_store_explicit(&call_type, type, memory_order_relaxed);
  atomic_store_explicit(&call_key, key, memory_order_release);
}

// MARK: Reading

// The first item, found by putting one before it.
static struct item *head_by_pushing(void) {
  struct item *head = next_of(push_owner(NULL));
  swift_task_localValuePop();
  return head;
}

__attribute__((noinline)) static struct item *measure_task(char *task) {
  struct item *head = head_by_pushing();
  struct item *first = push_owner(NULL);
  ptrdiff_t found = -1;
  for (ptrdiff_t i = 0; i < TASK_BYTES; i += sizeof(void *)) {
    if (*(struct item **)(task + i) == first) found = i;
  }
  struct item *second = push_owner(NULL);
  if (found > 0 && *(struct item **)(task + found) != second) found = -1;
  swift_task_localValuePop();
  swift_task_localValuePop();
  if (found > 0 && *(struct item **)(task + found) != head) found = -1;
  atomic_store_explicit(&task_offset, found > 0 ? found : -1, memory_order_relaxed);
  return head;
}

static struct item *head(void) {
  char *task = swift_task_getCurrent();
  if (task != NULL) {
    ptrdiff_t offset = atomic_load_explicit(&task_offset, memory_order_relaxed);
    if (offset > 0) return *(struct item **)(task + offset);
    return offset == 0 ? measure_task(task) : head_by_pushing();
  }
#if defined(__linux__)
  if (has_variable) {
    struct item ***place = variable != NULL ? variable : thread_variable();
    if (place != NULL) return *place == NULL ? NULL : **place;
  }
#endif
  return head_by_pushing();
}

static bool are_foreign(const struct item *item) {
  for (; item != NULL && !is_stop(item); item = next_of(item)) {
    if (has_value(item) && !is_own(item->key)) return true;
  }
  return false;
}

bool arrival_locals_are_foreign(void) { return is_known && are_foreign(head()); }

bool arrival_locals_are_inherited(void) {
  if (!is_known) return true;
  for (const struct item *item = head(); item != NULL && !is_stop(item); item = next_of(item)) {
    if (has_value(item) && item->key != owner_key) return true;
  }
  return false;
}

// MARK: Keeping

static bool contains(const struct item *first, const void *key) {
  for (; first != NULL; first = next_of(first)) {
    if (first->key == key) return true;
  }
  return false;
}

static struct item *copy_of(struct item *item) {
  const struct witnesses *table = witnesses(item->type);
  size_t alignment = (table->flags & 0xff) + 1;
  if (alignment < sizeof(void *)) alignment = sizeof(void *);
  void *memory;
  if (posix_memalign(&memory, alignment, value_offset(item->type) + table->size) != 0) return NULL;
  struct item *copy = memory;
  *copy = (struct item){.key = item->key, .type = item->type};
  table->copy(value_of(copy), value_of(item), item->type);
  return copy;
}

void *arrival_locals_capture(void) {
  if (!is_known) return NULL;
  struct item *item = head();
  // The common case costs no call.
  if (item == NULL) return NULL;
  struct item *first = NULL;
  uintptr_t *link = (uintptr_t *)&first;
  for (; item != NULL && !is_stop(item); item = next_of(item)) {
    // Of each key only the value bound last can be seen.
    if (!has_value(item) || is_own(item->key) || contains(first, item->key)) continue;
    struct item *copy = copy_of(item);
    if (copy == NULL) break;
    *link = (uintptr_t)copy;
    link = &copy->next;
  }
  return first;
}

void arrival_locals_release(void *values) {
  struct item *item = values;
  while (item != NULL) {
    struct item *next = next_of(item);
    witnesses(item->type)->destroy(value_of(item), item->type);
    free(item);
    item = next;
  }
}

// MARK: Showing

static void push_copy(const void *key, const void *type, const void *value) {
  const struct witnesses *table = witnesses(type);
  size_t alignment = (table->flags & 0xff) + 1;
  char buffer[table->size + alignment];
  void *copy = (void *)(((uintptr_t)buffer + alignment - 1) & ~(uintptr_t)(alignment - 1));
  table->copy(copy, value, type);
  swift_task_localValuePush(key, copy, type);
}

struct arrival_locals_scope arrival_locals_enter(void *values) {
  void *nobody = NULL;
  const void *key = atomic_load_explicit(&call_key, memory_order_acquire);
  const void *call = key == NULL ? NULL : swift_task_localValueGet(key);
  const void *owner = swift_task_localValueGet(owner_key);
  // The lowest item stays in its place, but leads to other values.
  push_copy(owner_key, owner_type, owner == NULL ? &nobody : owner);
  void *place = swift_task_localValueGet(owner_key);
  struct item *lowest = (struct item *)((char *)place - sizeof(struct item));
  struct arrival_locals_scope scope = {.item = lowest, .next = lowest->next, .owner = place};
  lowest->next = (lowest->next & FLAGS) | (uintptr_t)values;
  if (call != NULL) {
    push_copy(key, atomic_load_explicit(&call_type, memory_order_relaxed), call);
    scope.has_call = true;
  }
  return scope;
}

void arrival_locals_leave(struct arrival_locals_scope scope) {
  if (scope.has_call) swift_task_localValuePop();
  ((struct item *)scope.item)->next = scope.next;
  swift_task_localValuePop();
}
