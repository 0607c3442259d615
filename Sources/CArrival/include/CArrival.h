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

/// The return addresses of the calling thread's frames, the most recent first, then, if the thread
/// runs a task, the resume addresses of the async functions that await the running one.
/// `*async_start` is the index of the first of those, or the count if there are none.
///
/// The frames of a task end where its job began: what lies below is the thread's, not the task's.
size_t arrival_capture(uintptr_t *_Nonnull addresses, size_t capacity,
                       size_t *_Nonnull async_start);

/// A stack to be walked.
struct arrival_stack {
  /// The frame pointer of the first frame.
  uintptr_t frame;
  /// The memory of the stack.
  uintptr_t low, high;
  /// Where the function that a job begins with returns to; 0 if that is not known.
  uintptr_t job_return;
};

enum { arrival_site_capacity = 8 };

/// A few addresses that tell where the calling code is: of the functions that called it, without the
/// first `skipped`, or if `awaiting` is set and the thread runs a task, of the async functions that await.
struct arrival_site {
  uintptr_t addresses[arrival_site_capacity];
  uint8_t count;
  bool are_resumptions;
};
struct arrival_site arrival_site_here(bool awaiting, size_t skipped);

/// As `arrival_capture`, of a stack that is given. It may hold anything.
size_t arrival_walk(struct arrival_stack stack, uintptr_t *_Nonnull addresses, size_t capacity,
                    size_t *_Nonnull async_start);

/// Finds where the first function of a job returns to, so that captures can tell async functions.
/// To be called directly by an async function that runs in a task. Once is enough.
void arrival_measure_job(void);

/// Where the first function of a job returns to; 0 if that is not known.
uintptr_t arrival_job_return(void);

/// What is called at throws, and how a tasklet is found and written to.
struct arrival_throw_layout {
  /// What the current tasklet is looked up by among task-locals.
  const void *_Nonnull key;
  /// Where a tasklet keeps the word of its throws.
  size_t word_offset;
  /// The types `any Error` and `CancellationError`.
  const void *_Nonnull any_error, *_Nonnull cancellation;
};

/// From now on throws in tasklets are recorded. Once; false if the runtime has no hook.
bool arrival_throw_install(struct arrival_throw_layout layout);

/// Makes room for the records of tasklets that will throw; throws themselves never allocate.
void arrival_throw_prepare(void);

/// Records the throw of an error that a future failed with. `object` stands for what is known of the
/// error's way and is retained. It must not retain the error, which is freed when only records have it.
void arrival_throw_raise(uintptr_t *_Nonnull word, const void *_Nonnull error,
                         const void *_Nonnull object);

/// What a look-up in a tasklet's records found.
struct arrival_throw_found {
  /// How many addresses there are; 0 if the throw was not recorded.
  size_t count;
  size_t async_start;
  /// What the record holds, retained for the caller.
  const void *_Nullable object;
  /// The object is what `arrival_throw_keep` gave, and not what `arrival_throw_raise` did.
  bool is_kept;
};

/// The frames of the throw of an error, and what `arrival_throw_raise` or `arrival_throw_keep` gave.
/// `boxed_anew`: the error may have been thrown without its box, as an equal value of its type.
struct arrival_throw_found arrival_throw_find(uintptr_t *_Nonnull word, const void *_Nonnull error,
                                              bool boxed_anew, uintptr_t *_Nonnull addresses,
                                              size_t capacity);

/// Has the record of an error hold an object in place of the one before; it is retained.
void arrival_throw_keep(uintptr_t *_Nonnull word, const void *_Nonnull error,
                        const void *_Nonnull object);

/// Releases the errors that only the records of the calling thread's last throw still hold.
void arrival_throw_sweep(void);

/// Gives the records of a tasklet back. Nobody else may use the word any more.
void arrival_throw_end(uintptr_t *_Nonnull word);

/// What the dynamic linker knows of an address: the symbol before it and the image, each NULL if
/// unknown. The strings live as long as the image.
void arrival_symbol_at(uintptr_t address, const char *_Nullable *_Nonnull symbol,
                       const char *_Nullable *_Nonnull image, uintptr_t *_Nonnull image_base);

/// A mangled name of Swift or C++ as a person would write it, to be freed; NULL if it is none.
char *_Nullable arrival_demangle(const char *_Nonnull mangled);

/// The same with all modules and types.
char *_Nullable arrival_demangle_fully(const char *_Nonnull mangled);

/// Changes when an image has been loaded or unloaded; constant where the system does not tell.
uint64_t arrival_image_generation(void);

/// A function that a code address is in. What is unknown is NULL or 0.
typedef struct {
  /// As the linker knows it.
  const char *_Nullable name;
  /// The file of its source: a name that may be relative to `directory`, which may be so to `root`.
  const char *_Nullable root;
  const char *_Nullable directory;
  const char *_Nullable file;
  uint32_t line;
  uint32_t column;
} arrival_code_frame;

/// What is at a code address.
typedef struct {
  /// Functions each of which was inlined into the next, and the one that was not.
  const arrival_code_frame *_Nonnull frames;
  size_t count;
  /// The file of the code, and where that begins in memory.
  const char *_Nonnull image;
  uintptr_t image_base;
} arrival_code_place;

typedef void (*arrival_place_body)(void *_Nonnull argument, size_t index,
                                   const arrival_code_place *_Nonnull place);

/// Calls the function with the place of each address for which the symbols or the debug information
/// of its image, an ELF file, can be read; in no order. Strings last as long as the call.
///
/// Files are mapped for the time of this call, and nothing is kept.
void arrival_code_places(const uintptr_t *_Nonnull addresses, size_t count,
                         arrival_place_body _Nonnull body, void *_Nonnull argument);

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
