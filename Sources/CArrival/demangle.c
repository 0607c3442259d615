// SPDX-License-Identifier: Apache-2.0
#include "CArrival.h"

#include <string.h>

// Both are entry points of libswiftCore; the first shortens names as the runtime's crash reports
// do. They are weak, so that a program starts with a runtime that lacks them, and shows mangled
// names.
extern char *_swift_backtrace_demangle(const char *mangled, size_t length, char *buffer,
                                       size_t *size) __attribute__((weak));
extern char *swift_demangle(const char *mangled, size_t length, char *buffer, size_t *size,
                            uint32_t flags) __attribute__((weak));

char *arrival_demangle(const char *mangled) {
  size_t size = 0;
  if (_swift_backtrace_demangle == NULL) return NULL;
  return _swift_backtrace_demangle(mangled, strlen(mangled), NULL, &size);
}

char *arrival_demangle_fully(const char *mangled) {
  if (swift_demangle == NULL) return NULL;
  return swift_demangle(mangled, strlen(mangled), NULL, NULL, 0);
}
