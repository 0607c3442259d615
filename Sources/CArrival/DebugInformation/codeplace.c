#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"
#include "debuginfo.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <link.h>
#include <unistd.h>

typedef struct {
  uintptr_t address;
  bool is_found;
  uintptr_t bias, start, end;
  char path[4096];
} image;

static int has_address(struct dl_phdr_info *info, size_t size, void *argument) {
  (void)size;
  image *image = argument;
  uintptr_t low = UINTPTR_MAX, high = 0;
  bool is_here = false;
  for (size_t index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[index];
    if (part->p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
    if (start < low) low = start;
    if (end > high) high = end;
    if (start <= image->address && image->address < end) is_here = true;
  }
  if (!is_here) return 0;
  image->is_found = true;
  image->bias = info->dlpi_addr;
  image->start = low;
  image->end = high;
  // The program itself has no name there.
  const char *name = info->dlpi_name != NULL ? info->dlpi_name : "";
  if (*name == 0) name = "/proc/self/exe";
  strncpy(image->path, name, sizeof image->path - 1);
  return 1;
}

static bool find_image(uintptr_t address, image *image) {
  memset(image, 0, sizeof *image);
  image->address = address;
  dl_iterate_phdr(has_address, image);
  return image->is_found;
}

static void fill(const arrival_unit *unit, const arrival_row *row, arrival_code_frame *frame) {
  const char *directory, *name;
  frame->line = (uint32_t)row->line;
  frame->column = (uint32_t)row->column;
  if (!arrival_line_file(unit, row->file, &directory, &name)) return;
  frame->root = unit->directory;
  frame->directory = directory;
  frame->file = name;
}

// Gives the frames of one address: what was inlined, the innermost first, and the function.
static void give(const arrival_unit *unit, const arrival_site *site, size_t index,
                 arrival_code_place *place, arrival_place_body body, void *argument) {
  arrival_code_frame frames[arrival_max_inlined + 1];
  memset(frames, 0, sizeof frames);
  arrival_row row;
  if (unit != NULL && arrival_line_find(unit, site->address, &row)) fill(unit, &row, &frames[0]);
  for (size_t inner = 0; inner < site->count; inner++) {
    const arrival_inlined *inlined = &site->inlined[site->count - 1 - inner];
    frames[inner].name = inlined->name;
    // The next one out is at the call.
    fill(unit, &inlined->call, &frames[inner + 1]);
  }
  frames[site->count].name = site->function;
  place->frames = frames;
  place->count = site->count + 1;
  body(argument, index, place);
}

// Swaps the sites that the unit covers behind the others, of which it gives the count.
static size_t split(const arrival_unit *unit, arrival_site *sites, size_t *indices, size_t count) {
  size_t others = 0;
  for (size_t index = 0; index < count; index++) {
    if (arrival_covers(unit, &unit->low, &unit->high, &unit->ranges, sites[index].address)) continue;
    // Most units cover none, and sites are large.
    if (others != index) {
      arrival_site site = sites[others];
      sites[others] = sites[index];
      sites[index] = site;
      size_t other = indices[others];
      indices[others] = indices[index];
      indices[index] = other;
    }
    others++;
  }
  return others;
}

static void look_up(const arrival_elf *file, arrival_site *sites, size_t *indices, size_t count,
                    arrival_code_place *place, arrival_place_body body, void *argument) {
  arrival_unit unit;
  arrival_elf_functions(file, sites, count);
  for (uint64_t next = 0; count > 0 && arrival_unit_read(&unit, file, next); next = unit.end) {
    if (unit.version == 0) continue;
    size_t others = split(&unit, sites, indices, count);
    if (others == count) continue;
    arrival_entries_find(&unit, sites + others, count - others);
    while (count > others) {
      count--;
      give(&unit, &sites[count], indices[count], place, body, argument);
    }
  }
  while (count > 0) {
    count--;
    give(NULL, &sites[count], indices[count], place, body, argument);
  }
}

void arrival_code_places(const uintptr_t *addresses, size_t count, arrival_place_body body,
                         void *argument) {
  bool *is_done = calloc(count, sizeof *is_done);
  arrival_site *sites = malloc(count * sizeof *sites);
  size_t *indices = malloc(count * sizeof *indices);
  image image;
  for (size_t first = 0; first < count; first++) {
    if (is_done == NULL || sites == NULL || indices == NULL) break;
    if (is_done[first] || !find_image(addresses[first], &image)) continue;
    // All that are in the same image.
    size_t found = 0;
    for (size_t index = first; index < count; index++) {
      if (addresses[index] < image.start || addresses[index] >= image.end) continue;
      sites[found] = (arrival_site){.address = addresses[index] - image.bias};
      indices[found++] = index;
      is_done[index] = true;
    }
    arrival_elf file;
    if (!arrival_elf_open(&file, image.path)) continue;
    // Its name, now that the file is open.
    char path[sizeof image.path];
    bool is_program = strcmp(image.path, "/proc/self/exe") == 0;
    ssize_t length = is_program ? readlink(image.path, path, sizeof path - 1) : 0;
    if (length > 0) path[length] = 0;
    arrival_code_place place = {
        .image = length > 0 ? path : image.path, .image_base = image.start};
    look_up(&file, sites, indices, found, &place, body, argument);
    arrival_elf_close(&file);
  }
  free(is_done);
  free(sites);
  free(indices);
}

#else

void arrival_code_places(const uintptr_t *addresses, size_t count, arrival_place_body body,
                         void *argument) {
  (void)addresses;
  (void)count;
  (void)body;
  (void)argument;
}

#endif
