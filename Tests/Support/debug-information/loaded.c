// SPDX-License-Identifier: Apache-2.0
// Replaces the file of a loaded library and asks for its symbols: loaded LIBRARY OTHER, each with a
// function `called`. The file is replaced by OTHER, by a pipe, by a folder, and by a copy of
// itself.
#include "CDebugInformation.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failures;

static void expect(bool is_right, const char *what) {
  if (!is_right) failures++;
  printf("%s  %s\n", is_right ? "ok  " : "FAIL", what);
}

static void hang(int signal) {
  (void)signal;
  static const char text[] = "FAIL  reading a pipe did not end\n";
  _exit(write(2, text, sizeof text - 1) > 0 ? 3 : 4);
}

typedef struct {
  bool is_found, has_name, has_line;
} found;

static void note(void *context, size_t index, const arrival_resolved_address *resolved) {
  (void)index;
  found *found = context;
  const arrival_code_frame *last = &resolved->frames[resolved->count - 1];
  found->is_found = true;
  found->has_name = last->name != NULL && strcmp(last->name, "called") == 0;
  found->has_line = last->line > 0 && last->file != NULL;
}

static found look_up(const void *function) {
  const uintptr_t address = (uintptr_t)function + 4;
  found found = {false, false, false};
  alarm(60);
  arrival_resolve_addresses(&address, 1, note, &found);
  alarm(0);
  return found;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const char *path = arguments[1];
  char kept[4096];
  snprintf(kept, sizeof kept, "%s.kept", path);
  signal(SIGALRM, hang);
  void *library = dlopen(path, RTLD_NOW);
  const void *called = library == NULL ? NULL : dlsym(library, "called");
  if (called == NULL) return 2;
  found before = look_up(called);
  expect(before.has_name && before.has_line, "the loaded file has the name and the line");
  if (rename(path, kept) != 0 || rename(arguments[2], path) != 0) return 2;
  expect(!look_up(called).is_found, "another file in its place is not read");
  if (unlink(path) != 0 || mkfifo(path, 0600) != 0) return 2;
  expect(!look_up(called).is_found, "a pipe in its place is not waited for");
  if (unlink(path) != 0 || mkdir(path, 0700) != 0) return 2;
  expect(!look_up(called).is_found, "a folder in its place is not read");
  if (rmdir(path) != 0) return 2;
  expect(!look_up(called).is_found, "a missing file is not read");
  if (rename(kept, path) != 0) return 2;
  expect(look_up(called).has_line, "the file is read again when it is back");
  const char *symbol, *image;
  uintptr_t base;
  arrival_exported_symbol_at((uintptr_t)called + 4, &symbol, &image, &base);
  expect(symbol != NULL && strcmp(symbol, "called") == 0, "the dynamic linker knows the name");
  return failures == 0 ? 0 : 1;
}
