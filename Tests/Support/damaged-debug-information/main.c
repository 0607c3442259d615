// Reads damaged copies of an executable's debug information: main EXECUTABLE COUNT.
//
// In each copy some bytes are others, mostly of the sections that are read, and some copies are cut short.
// Each copy is in a heap block of its exact size, and so is each of its sections when it is read: the
// sanitizers then see the first byte that is read outside. A loop without end is one of the test.
#include "checks.h"

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

static void sections_of(arrival_elf *file, arrival_bytes *sections[section_count]) {
  arrival_bytes *all[section_count] = {
      &file->info, &file->abbrev, &file->line,     &file->str,     &file->line_str, &file->str_offsets,
      &file->addr, &file->ranges, &file->rnglists, &file->symbols, &file->names};
  memcpy(sections, all, sizeof all);
}

typedef struct {
  size_t offset, length;
} place;

static void find_places(arrival_elf *file, place *places) {
  arrival_bytes *sections[section_count];
  sections_of(file, sections);
  for (int index = 0; index < section_count; index++) {
    places[index].offset = (size_t)(sections[index]->start - file->mapping);
    places[index].length = (size_t)(sections[index]->end - sections[index]->start);
  }
}

static void damage(uint8_t *bytes, size_t size, const place *places) {
  for (uint64_t changes = 1 + draw(8); changes > 0; changes--) {
    place part = places[draw(section_count)];
    // Now and then the headers, which are at both ends of the file.
    if (part.length == 0 || draw(12) == 0) part = (place){draw(2) ? 0 : size - 2000, 2000};
    const uint8_t values[] = {0, 0xff, (uint8_t)draw(256)};
    bytes[part.offset + draw(part.length)] = values[draw(3)];
  }
}

// Gives each section a block of its own.
static void separate(arrival_elf *file, uint8_t *blocks[section_count]) {
  arrival_bytes *sections[section_count];
  sections_of(file, sections);
  for (int index = 0; index < section_count; index++) {
    size_t length = (size_t)(sections[index]->end - sections[index]->start);
    blocks[index] = copy_of(sections[index]->start, length);
    *sections[index] = (arrival_bytes){blocks[index], blocks[index] + length};
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

static size_t read_copy(const uint8_t *original, size_t size, uint64_t start, uint64_t count) {
  arrival_elf file;
  uint8_t *bytes = copy_of(original, size), *blocks[section_count];
  size_t found = 0;
  if (arrival_elf_read(&file, bytes, size)) {
    separate(&file, blocks);
    found = read_all(&file, start, count);
    for (int index = 0; index < section_count; index++) free(blocks[index]);
  }
  free(bytes);
  return found;
}

int main(int count, char **arguments) {
  check_readers();
  arrival_elf file;
  place places[section_count];
  if (count != 3 || !arrival_elf_open(&file, arguments[1])) return 2;
  check_ends_of(&file);
  size_t size = file.size;
  uint8_t *original = copy_of(file.mapping, size), *bytes = copy_of(file.mapping, size);
  if (size < 4000) return 2;
  find_places(&file, places);
  uint64_t start = 0, end = 0;
  // Where the function is that the others are inlined into.
  for (uint64_t address = 0; address < size; address++) {
    arrival_site site = {.address = address};
    arrival_elf_functions(&file, &site, 1);
    if (site.function == NULL || strcmp(site.function, "called") != 0) continue;
    if (start == 0) start = address;
    end = address + 1;
  }
  arrival_elf_close(&file);
  if (end <= start || read_copy(original, size, start, end - start) == 0)
    return fprintf(stderr, "nothing was found in the file that is whole\n"), 1;
  size_t found = 0;
  for (long copies = atol(arguments[2]); copies > 0; copies--) {
    memcpy(bytes, original, size);
    damage(bytes, size, places);
    found += read_copy(bytes, draw(20) == 0 ? draw(size) : size, start, end - start + 16);
  }
  free(original);
  free(bytes);
  printf("ok    %s copies of %s, %zu bytes of names\n", arguments[2], arguments[1], found);
  return 0;
}
