// SPDX-License-Identifier: Apache-2.0
// Reads debug information that is made to read for ever: crafted COPY.
#include "reader.h"

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { seconds = 20 };

static const char *what = "";

static void hang(int signal) {
  (void)signal;
  char text[128];
  int size = snprintf(text, sizeof text, "FAIL  %s did not end\n", what);
  _exit(write(2, text, (size_t)size) > 0 ? 3 : 4);
}

static void begin(const char *name) {
  what = name;
  // Processor time: the machine may be busy.
  const struct itimerval limit = {{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &limit, NULL);
}

static size_t put_huge(uint8_t *bytes) {
  memset(bytes, 0xff, 9);
  bytes[9] = 1;
  return 10;
}

// A line table of version 5 with 2^64 - 1 folders, each of one value in the form.
static void read_folders(uint8_t form) {
  uint8_t bytes[64] = {0, 0, 0, 0, 5, 0, 8, 0};
  size_t size = 12;
  const uint8_t rest[] = {1, 1, 1, (uint8_t)-5, 14, 1, /* formats: */ 1, 1, form};
  memcpy(bytes + size, rest, sizeof rest);
  size += sizeof rest;
  size += put_huge(bytes + size);
  bytes[0] = (uint8_t)(size - 4);
  bytes[8] = (uint8_t)(size - 12);
  arrival_elf file = {.descriptor = -1, .steps_left = UINT64_MAX};
  file.line = (arrival_bytes){bytes, bytes + size};
  arrival_unit unit = {.file = &file, .has_lines = true, .version = 5, .address_size = 8};
  const char *directory, *name;
  arrival_line_file(&unit, 1, &directory, &name);
}

// Entries without bytes, of an abbreviation with many attributes. Each byte of `info` costs as many
// steps as `abbrev` has bytes.
static void read_entries(void) {
  enum { attributes = 100 * 1000, entries = 100 * 1000 };
  static uint8_t abbrev[2 * attributes + 5], info[entries + 11];
  abbrev[0] = 1;
  abbrev[1] = 0x2e;
  for (size_t index = 0; index < attributes; index++) {
    abbrev[3 + 2 * index] = 1;
    abbrev[4 + 2 * index] = 0x19;
  }
  memset(info, 1, sizeof info);
  const uint32_t length = sizeof info - 4;
  const uint8_t header[7] = {4, 0, 0, 0, 0, 0, 8};
  memcpy(info, &length, 4);
  memcpy(info + 4, header, sizeof header);
  arrival_elf file = {.descriptor = -1, .steps_left = 64 * (sizeof abbrev + sizeof info)};
  file.info = (arrival_bytes){info, info + sizeof info};
  file.abbrev = (arrival_bytes){abbrev, abbrev + sizeof abbrev};
  arrival_unit unit;
  arrival_lookup lookup = {.address = 1};
  if (arrival_unit_read(&unit, &file, 0)) arrival_entries_find(&unit, &lookup, 1);
}

// A file that becomes shorter while it is open.
static bool read_truncated(const char *path) {
  arrival_elf file;
  if (!arrival_elf_open(&file, path, NULL) || truncate(path, 0) != 0) return false;
  arrival_unit unit;
  arrival_lookup lookup = {.address = 1};
  arrival_elf_functions(&file, &lookup, 1);
  for (uint64_t next = 0; arrival_unit_read(&unit, &file, next); next = unit.end) {
    const char *directory, *name;
    if (unit.version == 0) continue;
    arrival_entries_find(&unit, &lookup, 1);
    arrival_line_file(&unit, 1, &directory, &name);
    arrival_value_text(&unit, &unit.directory);
  }
  arrival_elf_close(&file);
  return true;
}

// A file with 65,535 segments of notes, each of which is the whole file.
static bool read_notes(const char *path) {
  enum { segments = 65535 };
  static Elf64_Phdr table[segments];
  Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB}};
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof *table;
  header.e_phnum = segments;
  for (size_t index = 0; index < segments; index++)
    table[index] = (Elf64_Phdr){.p_type = PT_NOTE, .p_filesz = sizeof header + sizeof table};
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(&header, sizeof header, 1, file) != 1 ||
      fwrite(table, sizeof table, 1, file) != 1 || fclose(file) != 0)
    return false;
  arrival_identity expected = {.build_id = {1}, .build_id_size = 1};
  arrival_elf elf;
  return !arrival_elf_open(&elf, path, &expected);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  signal(SIGPROF, hang);
  begin("a line table with folders of no bytes");
  for (unsigned form = 0; form < 256; form++) read_folders((uint8_t)form);
  begin("a unit of entries of no bytes");
  read_entries();
  begin("a file that is truncated while it is open");
  if (!read_truncated(arguments[1])) return fprintf(stderr, "FAIL  no file to truncate\n"), 1;
  begin("a file with many segments of notes");
  if (!read_notes(arguments[1])) return fprintf(stderr, "FAIL  no file of notes\n"), 1;
  printf("ok    crafted tables, and a truncated file\n");
  return 0;
}
