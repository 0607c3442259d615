#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#if defined(__linux__)
#include <link.h>
#endif

// Both are entry points of libswiftCore. The first shortens names as the runtime's own crash reports
// do. Weak: a runtime without them gives mangled names, not a program that does not start.
extern char *_swift_backtrace_demangle(const char *mangled, size_t length, char *buffer,
                                       size_t *size) __attribute__((weak));
extern char *swift_demangle(const char *mangled, size_t length, char *buffer, size_t *size,
                            uint32_t flags) __attribute__((weak));

void arrival_symbol_at(uintptr_t address, const char **symbol, const char **image,
                       uintptr_t *image_base) {
  Dl_info info;
  memset(&info, 0, sizeof info);
  if (dladdr((const void *)address, &info) == 0) memset(&info, 0, sizeof info);
  *symbol = info.dli_sname;
  *image = info.dli_fname;
  *image_base = (uintptr_t)info.dli_fbase;
}

char *arrival_demangle(const char *mangled) {
  size_t size = 0;
  if (_swift_backtrace_demangle == NULL) return NULL;
  return _swift_backtrace_demangle(mangled, strlen(mangled), NULL, &size);
}

char *arrival_demangle_fully(const char *mangled) {
  if (swift_demangle == NULL) return NULL;
  return swift_demangle(mangled, strlen(mangled), NULL, NULL, 0);
}

#if defined(__linux__)
static int read_generation(struct dl_phdr_info *info, size_t size, void *generation) {
  (void)size;
  *(uint64_t *)generation = (uint64_t)info->dlpi_adds + (uint64_t)info->dlpi_subs;
  return 1;
}

uint64_t arrival_image_generation(void) {
  uint64_t generation = 0;
  dl_iterate_phdr(read_generation, &generation);
  return generation;
}
#else
uint64_t arrival_image_generation(void) { return 0; }
#endif
