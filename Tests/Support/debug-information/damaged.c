// SPDX-License-Identifier: Apache-2.0
// Reads damaged copies of an executable's debug information: damaged EXECUTABLE COPY COUNT.
//
// In each copy some bytes are changed, mostly in the sections that are read, and some copies are
// cut short. The sanitizers report a read outside of the copy, and an alarm a loop that does not
// end.
#include "reader.h"

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static uint64_t state = 88172645463325252u;

// Marsaglia's xorshift, 64 bits.
static uint64_t draw(uint64_t bound) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % bound;
}

enum { max_sections = 64, lookup_count = 8, seconds = 20 };

typedef struct {
  size_t offset, length;
} section;

static section sections[max_sections];
static size_t section_count;

// The sections of symbols, names and debug information.
static void find_sections(const uint8_t *bytes) {
  Elf64_Ehdr header;
  Elf64_Shdr names, found;
  memcpy(&header, bytes, sizeof header);
  memcpy(&names, bytes + header.e_shoff + header.e_shstrndx * sizeof names, sizeof names);
  for (size_t index = 0; index < header.e_shnum && section_count < max_sections; index++) {
    memcpy(&found, bytes + header.e_shoff + index * sizeof found, sizeof found);
    const char *name = (const char *)bytes + names.sh_offset + found.sh_name;
    bool is_read = strncmp(name, ".debug_", 7) == 0 || found.sh_type == SHT_SYMTAB ||
                   found.sh_type == SHT_STRTAB || found.sh_type == SHT_NOTE;
    if (is_read && found.sh_size > 0)
      sections[section_count++] = (section){found.sh_offset, found.sh_size};
  }
}

// Writes the bytes of 2^64 - 1 as a variable-length number: a count without end.
static void write_huge(uint8_t *bytes, size_t room) {
  for (size_t index = 0; index < 10 && index < room; index++) bytes[index] = index < 9 ? 0xff : 1;
}

static void damage(uint8_t *bytes, size_t size) {
  for (uint64_t changes = 1 + draw(8); changes > 0; changes--) {
    section part = sections[draw(section_count)];
    // Sometimes the headers, which are at both ends of the file.
    if (draw(12) == 0) part = (section){draw(2) ? 0 : size - 2000, 2000};
    size_t offset = draw(part.length);
    if (draw(8) == 0) {
      write_huge(bytes + part.offset + offset, part.length - offset);
      continue;
    }
    // 0x19 and 0x21 are the forms without bytes in the entry.
    const uint8_t values[] = {0, 0xff, 0x19, 0x21, (uint8_t)draw(256)};
    bytes[part.offset + offset] = values[draw(sizeof values)];
  }
}

static size_t length(const char *text) { return text == NULL ? 0 : strlen(text); }

static size_t read_unit(const arrival_unit *unit, arrival_lookup *lookups) {
  const char *directory, *name;
  size_t found = 0;
  for (int index = 0; index < lookup_count; index++) {
    const arrival_lookup *lookup = &lookups[index];
    arrival_row row;
    found += arrival_contains(unit, &unit->low, &unit->high, &unit->ranges, lookup->address);
    if (arrival_line_find(unit, lookup->address, &row) &&
        arrival_line_file(unit, row.file, &directory, &name))
      found += length(directory) + length(name);
    for (size_t inner = 0; inner < lookup->count; inner++) {
      found += length(lookup->inlined[inner].name);
      if (arrival_line_file(unit, lookup->inlined[inner].call.file, &directory, &name))
        found += length(name);
    }
    found += length(lookup->function);
  }
  return found + length(arrival_value_text(unit, &unit->directory));
}

// Reads everything that is known of some addresses, to the ends of all texts.
static size_t read_all(arrival_elf *file, uint64_t start, uint64_t size) {
  arrival_lookup lookups[lookup_count];
  size_t found = 0;
  memset(lookups, 0, sizeof lookups);
  for (int index = 0; index < lookup_count; index++) lookups[index].address = start + draw(size);
  arrival_elf_functions(file, lookups, lookup_count);
  arrival_unit unit;
  for (uint64_t next = 0; arrival_unit_read(&unit, file, next); next = unit.end) {
    if (unit.version == 0) continue;
    arrival_entries_find(&unit, lookups, lookup_count);
    found += read_unit(&unit, lookups);
  }
  return found;
}

static void write_copy(const char *path, const uint8_t *bytes, size_t size) {
  FILE *copy = fopen(path, "wb");
  if (copy == NULL || fwrite(bytes, 1, size, copy) != size || fclose(copy) != 0) exit(2);
}

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(2);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*size);
  if (bytes == NULL || fread(bytes, 1, *size, file) != *size) exit(2);
  fclose(file);
  return bytes;
}

// Where the function is that the others are inlined into.
static void find_function(arrival_elf *file, uint64_t *start, uint64_t *end) {
  for (uint64_t address = 0; address < file->size; address++) {
    arrival_lookup lookup = {.address = address};
    arrival_elf_functions(file, &lookup, 1);
    if (lookup.function == NULL || strcmp(lookup.function, "called") != 0) continue;
    if (*start == 0) *start = address;
    *end = address + 1;
  }
}

static void hang(int signal) {
  (void)signal;
  static const char text[] = "FAIL  reading a damaged copy did not end\n";
  _exit(write(2, text, sizeof text - 1) > 0 ? 3 : 4);
}

int main(int count, char **arguments) {
  arrival_elf file;
  if (count != 4 || !arrival_elf_open(&file, arguments[1], NULL)) return 2;
  size_t size;
  uint8_t *original = read_file(arguments[1], &size), *bytes = malloc(size);
  if (bytes == NULL || size < 4000) return 2;
  find_sections(original);
  uint64_t start = 0, end = 0;
  find_function(&file, &start, &end);
  size_t all = end > start ? read_all(&file, start, end - start) : 0;
  arrival_elf_close(&file);
  if (all == 0) return fprintf(stderr, "FAIL  nothing was found in the undamaged file\n"), 1;
  signal(SIGPROF, hang);
  size_t found = 0;
  for (long copies = atol(arguments[3]); copies > 0; copies--) {
    memcpy(bytes, original, size);
    damage(bytes, size);
    write_copy(arguments[2], bytes, draw(20) == 0 ? draw(size) : size);
    if (!arrival_elf_open(&file, arguments[2], NULL)) continue;
    // Processor time: the machine may be busy.
    const struct itimerval limit = {{0, 0}, {seconds, 0}}, none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &limit, NULL);
    found += read_all(&file, start, end - start + 16);
    setitimer(ITIMER_PROF, &none, NULL);
    arrival_elf_close(&file);
  }
  free(original);
  free(bytes);
  printf("ok    %s copies of %s, %zu bytes of names\n", arguments[3], arguments[1], found);
  return 0;
}
