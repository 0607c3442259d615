// Reads damaged copies of an executable's debug information: main EXECUTABLE COPY COUNT.
//
// In each copy some bytes are others, mostly of the sections that are read, and some copies are cut short.
// The sanitizers say when something outside of the copy is read; a loop without end is one of the test.
#include "debuginfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

// Marsaglia's xorshift, 64 bits.
static uint64_t draw(uint64_t bound) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % bound;
}

enum { section_count = 11, site_count = 8 };

typedef struct {
  size_t offset, length;
} section;

static void find_sections(const arrival_elf *file, section *sections) {
  const arrival_bytes all[section_count] = {
      file->info,   file->abbrev, file->line,     file->str,     file->line_str, file->str_offsets,
      file->addr,   file->ranges, file->rnglists, file->symbols, file->names};
  for (int index = 0; index < section_count; index++) {
    sections[index].offset = (size_t)(all[index].start - file->mapping);
    sections[index].length = (size_t)(all[index].end - all[index].start);
  }
}

static void damage(uint8_t *bytes, size_t size, const section *sections) {
  for (uint64_t changes = 1 + draw(8); changes > 0; changes--) {
    section part = sections[draw(section_count)];
    // Now and then the headers, which are at both ends of the file.
    if (part.length == 0 || draw(12) == 0) part = (section){draw(2) ? 0 : size - 2000, 2000};
    const uint8_t values[] = {0, 0xff, (uint8_t)draw(256)};
    bytes[part.offset + draw(part.length)] = values[draw(3)];
  }
}

static size_t length(const char *text) { return text == NULL ? 0 : strlen(text); }

// Reads all that there is of some addresses, to the ends of all texts.
static size_t read_all(const arrival_elf *file, uint64_t start, uint64_t size) {
  arrival_site sites[site_count];
  size_t found = 0;
  memset(sites, 0, sizeof sites);
  for (int index = 0; index < site_count; index++) sites[index].address = start + draw(size);
  arrival_elf_functions(file, sites, site_count);
  arrival_unit unit;
  for (uint64_t next = 0; arrival_unit_read(&unit, file, next); next = unit.end) {
    if (unit.version == 0) continue;
    arrival_entries_find(&unit, sites, site_count);
    for (int index = 0; index < site_count; index++) {
      const arrival_site *site = &sites[index];
      const char *directory, *name;
      arrival_row row;
      found += arrival_covers(&unit, &unit.low, &unit.high, &unit.ranges, site->address);
      if (arrival_line_find(&unit, site->address, &row) &&
          arrival_line_file(&unit, row.file, &directory, &name))
        found += length(directory) + length(name);
      for (size_t inner = 0; inner < site->count; inner++) {
        found += length(site->inlined[inner].name);
        if (arrival_line_file(&unit, site->inlined[inner].call.file, &directory, &name))
          found += length(name);
      }
      found += length(site->function);
    }
  }
  return found;
}

static void write_copy(const char *path, const uint8_t *bytes, size_t size) {
  FILE *copy = fopen(path, "wb");
  if (copy == NULL || fwrite(bytes, 1, size, copy) != size || fclose(copy) != 0) exit(2);
}

int main(int count, char **arguments) {
  arrival_elf file;
  section sections[section_count];
  if (count != 4 || !arrival_elf_open(&file, arguments[1])) return 2;
  size_t size = file.size;
  uint8_t *original = malloc(size), *bytes = malloc(size);
  if (original == NULL || bytes == NULL || size < 4000) return 2;
  memcpy(original, file.mapping, size);
  find_sections(&file, sections);
  uint64_t start = 0, end = 0;
  // Where the function is that the others are inlined into.
  for (uint64_t address = 0; address < size; address++) {
    arrival_site site = {.address = address};
    arrival_elf_functions(&file, &site, 1);
    if (site.function == NULL || strcmp(site.function, "called") != 0) continue;
    if (start == 0) start = address;
    end = address + 1;
  }
  size_t whole = end > start ? read_all(&file, start, end - start) : 0;
  arrival_elf_close(&file);
  if (whole == 0) return fprintf(stderr, "nothing was found in the file that is whole\n"), 1;
  size_t found = 0;
  for (long copies = atol(arguments[3]); copies > 0; copies--) {
    memcpy(bytes, original, size);
    damage(bytes, size, sections);
    write_copy(arguments[2], bytes, draw(20) == 0 ? draw(size) : size);
    if (!arrival_elf_open(&file, arguments[2])) continue;
    found += read_all(&file, start, end - start + 16);
    arrival_elf_close(&file);
  }
  free(original);
  free(bytes);
  printf("ok    %s copies of %s, %zu bytes of names\n", arguments[3], arguments[1], found);
  return 0;
}
