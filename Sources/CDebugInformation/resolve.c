// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Where results go.
typedef struct {
  arrival_resolved_handler call;
  void *context;
  const char *image;
  uintptr_t image_base;
} handler;

static void set_position(const arrival_unit *unit, const arrival_row *row,
                         arrival_code_frame *frame) {
  const char *directory, *name;
  frame->line = (uint32_t)row->line;
  frame->column = (uint32_t)row->column;
  if (!arrival_line_file(unit, row->file, &directory, &name)) return;
  frame->root = arrival_value_text(unit, &unit->directory);
  frame->directory = directory;
  frame->file = name;
}

// Reports the frames of one address: the inlined functions, the innermost first, then the function.
// `unit` is NULL if no unit contains the address.
static void report(const arrival_unit *unit, const arrival_lookup *lookup, size_t index,
                   const handler *handler) {
  arrival_code_frame frames[arrival_max_inlined + 1];
  memset(frames, 0, sizeof frames);
  arrival_row row;
  if (unit != NULL && arrival_line_find(unit, lookup->address, &row))
    set_position(unit, &row, &frames[0]);
  for (size_t inner = 0; inner < lookup->count; inner++) {
    const arrival_inlined *inlined = &lookup->inlined[lookup->count - 1 - inner];
    frames[inner].name = inlined->name;
    // The next frame's position is the call.
    set_position(unit, &inlined->call, &frames[inner + 1]);
  }
  frames[lookup->count].name = lookup->function;
  arrival_resolved_address resolved = {
      frames, lookup->count + 1, handler->image, handler->image_base};
  handler->call(handler->context, index, &resolved);
}

// Moves the lookups in the unit behind the others, and returns the number of the others.
static size_t partition(const arrival_unit *unit, arrival_lookup *lookups, size_t *indices,
                        size_t count) {
  size_t others = 0;
  for (size_t index = 0; index < count; index++) {
    if (arrival_contains(unit, &unit->low, &unit->high, &unit->ranges, lookups[index].address))
      continue;
    // Most units contain none, and lookups are large.
    if (others != index) {
      arrival_lookup lookup = lookups[others];
      lookups[others] = lookups[index];
      lookups[index] = lookup;
      size_t other = indices[others];
      indices[others] = indices[index];
      indices[index] = other;
    }
    others++;
  }
  return others;
}

static void resolve_in_file(arrival_elf *file, arrival_lookup *lookups, size_t *indices,
                            size_t count, const handler *handler) {
  arrival_unit unit;
  arrival_elf_functions(file, lookups, count);
  for (uint64_t next = 0; count > 0 && arrival_unit_read(&unit, file, next); next = unit.end) {
    if (unit.version == 0) continue;
    size_t others = partition(&unit, lookups, indices, count);
    if (others == count) continue;
    arrival_entries_find(&unit, lookups + others, count - others);
    while (count > others) {
      count--;
      report(&unit, &lookups[count], indices[count], handler);
    }
  }
  while (count > 0) {
    count--;
    report(NULL, &lookups[count], indices[count], handler);
  }
}

static void resolve_in_image(const arrival_image *image, arrival_lookup *lookups, size_t *indices,
                             size_t count, handler *handler) {
  arrival_elf file;
  if (!arrival_elf_open(&file, image->path, &image->identity)) return;
  char path[sizeof image->path];
  ssize_t length = image->is_program ? readlink(image->path, path, sizeof path - 1) : 0;
  if (length > 0) path[length] = 0;
  handler->image = length > 0 ? path : image->path;
  handler->image_base = image->start;
  resolve_in_file(&file, lookups, indices, count, handler);
  arrival_elf_close(&file);
}

void arrival_resolve_addresses(const uintptr_t *addresses, size_t count,
                               arrival_resolved_handler call, void *context) {
  handler handler = {call, context, NULL, 0};
  bool *is_done = calloc(count, sizeof *is_done);
  arrival_lookup *lookups = malloc(count * sizeof *lookups);
  size_t *indices = malloc(count * sizeof *indices);
  arrival_image *image = malloc(sizeof *image);
  bool has_memory = is_done != NULL && lookups != NULL && indices != NULL && image != NULL;
  for (size_t first = 0; has_memory && first < count; first++) {
    if (is_done[first] || !arrival_image_find(addresses[first], image)) continue;
    // All addresses in the same image.
    size_t found = 0;
    for (size_t index = first; index < count; index++) {
      if (addresses[index] < image->start || addresses[index] >= image->end) continue;
      lookups[found] = (arrival_lookup){.address = addresses[index] - image->bias};
      indices[found++] = index;
      is_done[index] = true;
    }
    resolve_in_image(image, lookups, indices, found, &handler);
  }
  free(is_done);
  free(lookups);
  free(indices);
  free(image);
}
