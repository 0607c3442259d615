// SPDX-License-Identifier: Apache-2.0
// The processor time of a get from a database file by SQLite used directly: direct FILE COUNT.
// Prints microseconds.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(sqlite3 *file, int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  fprintf(stderr, "%s\n", sqlite3_errmsg(file));
  exit(1);
}

static double processor_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int argc, char **arguments) {
  if (argc != 3) return 64;
  enum { most = 10000 };
  static struct { unsigned char bytes[256]; int length; } keys[most];
  int found = 0, count = atoi(arguments[2]);
  sqlite3 *file;
  sqlite3_stmt *all, *get;
  check(NULL, sqlite3_open_v2(arguments[1], &file, SQLITE_OPEN_READONLY, NULL));
  check(file, sqlite3_prepare_v2(file, "SELECT key FROM entity", -1, &all, NULL));
  while (found < most && sqlite3_step(all) == SQLITE_ROW) {
    int length = sqlite3_column_bytes(all, 0);
    if (length > (int)sizeof keys[found].bytes) continue;
    memcpy(keys[found].bytes, sqlite3_column_blob(all, 0), length);
    keys[found++].length = length;
  }
  sqlite3_finalize(all);
  if (found == 0) return 1;
  check(file, sqlite3_prepare_v2(file, "SELECT data FROM entity WHERE key = ?", -1, &get, NULL));
  long bytes = 0;
  double begin = processor_time();
  for (int number = 0; number < count; number++) {
    int index = number * 31L % found;
    check(file, sqlite3_bind_blob(get, 1, keys[index].bytes, keys[index].length, SQLITE_STATIC));
    // Each get is a transaction of its own, as a request of a client is.
    int code = sqlite3_step(get);
    check(file, code);
    if (code != SQLITE_ROW) return 1;
    bytes += sqlite3_column_bytes(get, 0);
    sqlite3_reset(get);
  }
  printf("%.2f µs a get, %ld bytes each\n", (processor_time() - begin) / count, bytes / count);
  return 0;
}
