// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <stdlib.h>
#include <string.h>

// Names and numbers are those of the DWARF standard.
enum { DW_TAG_inlined_subroutine = 0x1d, DW_TAG_subprogram = 0x2e };
enum {
  DW_AT_name = 0x03, DW_AT_low_pc = 0x11, DW_AT_high_pc = 0x12, DW_AT_abstract_origin = 0x31,
  DW_AT_specification = 0x47, DW_AT_ranges = 0x55, DW_AT_call_column = 0x57, DW_AT_call_file = 0x58,
  DW_AT_call_line = 0x59, DW_AT_linkage_name = 0x6e, DW_AT_MIPS_linkage_name = 0x2007,
};
enum { DW_FORM_ref_addr = 0x10 };

// A unit's abbreviations. Their codes are usually 1, 2, 3 and so on.
typedef struct {
  arrival_abbrev *all;
  size_t count;
} abbrevs;

static bool read_abbrevs(const arrival_unit *unit, abbrevs *abbrevs) {
  arrival_reader reader = arrival_unit_abbrevs(unit);
  arrival_abbrev abbrev;
  size_t capacity = 0;
  abbrevs->all = NULL;
  abbrevs->count = 0;
  while (arrival_abbrev_next(&reader, unit->version, &abbrev)) {
    if (abbrevs->count == capacity) {
      capacity = capacity == 0 ? 128 : 2 * capacity;
      arrival_abbrev *grown = realloc(abbrevs->all, capacity * sizeof *grown);
      if (grown == NULL) return false;
      abbrevs->all = grown;
    }
    abbrevs->all[abbrevs->count++] = abbrev;
  }
  return true;
}

static const arrival_abbrev *abbrev_with_code(const arrival_unit *unit, const abbrevs *abbrevs,
                                              uint64_t code) {
  const arrival_abbrev *all = abbrevs->all;
  if (code - 1 < abbrevs->count && all[code - 1].code == code) return &all[code - 1];
  if (!arrival_take_steps(unit->file, abbrevs->count)) return NULL;
  for (size_t index = 0; index < abbrevs->count; index++)
    if (all[index].code == code) return &all[index];
  return NULL;
}

// The offset of the entry that a reference points to.
static uint64_t target(const arrival_unit *unit, const arrival_value *value) {
  return value->form == DW_FORM_ref_addr ? value->number : unit->offset + value->number;
}

// Finds the unit of an entry. The name of an inlined function may be in another unit than the call.
static bool unit_of(const arrival_unit *unit, uint64_t offset, arrival_unit *found) {
  *found = *unit;
  if (unit->offset <= offset && offset < unit->end) return true;
  uint64_t next = 0;
  while (arrival_unit_read(found, unit->file, next)) {
    if (offset < found->end) return found->version != 0;
    next = found->end;
  }
  return false;
}

// The name of the function that an entry describes, directly or through the entries it refers to.
// The linker's name is preferred.
static const char *name_of(const arrival_unit *from, uint64_t offset) {
  const char *plain = NULL;
  for (int hops = 0; hops < 4; hops++) {
    arrival_unit unit;
    arrival_reader entry;
    arrival_abbrev abbrev;
    if (!unit_of(from, offset, &unit)) return plain;
    if (!arrival_entry_begin(&unit, offset, &entry, &abbrev)) return plain;
    uint64_t attribute, next = 0;
    arrival_value value;
    while (arrival_attribute_next(&unit, &abbrev.specification, &entry, &attribute, &value)) {
      switch (attribute) {
      case DW_AT_linkage_name: case DW_AT_MIPS_linkage_name: {
        const char *name = arrival_value_text(&unit, &value);
        if (name != NULL) return name;
        break;
      }
      case DW_AT_name:
        if (plain == NULL) plain = arrival_value_text(&unit, &value);
        break;
      case DW_AT_abstract_origin: case DW_AT_specification:
        next = target(&unit, &value);
        break;
      default: break;
      }
    }
    if (next == 0) return plain;
    offset = next;
  }
  return plain;
}

// Reads the entry of a function or of an inlined call, and adds it to the lookups whose address it
// contains. Entries come in the order of the tree, so outer calls come first.
static void match_entry(const arrival_unit *unit, const arrival_abbrev *abbrev, uint64_t offset,
                        arrival_reader *entry, arrival_lookup *lookups, size_t count) {
  arrival_reader specification = abbrev->specification;
  arrival_value low = {0}, high = {0}, ranges = {0}, value;
  arrival_inlined inlined = {0};
  uint64_t attribute, origin = 0;
  while (arrival_attribute_next(unit, &specification, entry, &attribute, &value)) {
    switch (attribute) {
    case DW_AT_low_pc: low = value; break;
    case DW_AT_high_pc: high = value; break;
    case DW_AT_ranges: ranges = value; break;
    case DW_AT_call_file: inlined.call.file = value.number; break;
    case DW_AT_call_line: inlined.call.line = value.number; break;
    case DW_AT_call_column: inlined.call.column = value.number; break;
    case DW_AT_abstract_origin: origin = target(unit, &value); break;
    default: break;
    }
  }
  for (size_t index = 0; index < count; index++) {
    arrival_lookup *lookup = &lookups[index];
    if (!arrival_contains(unit, &low, &high, &ranges, lookup->address)) continue;
    if (abbrev->tag == DW_TAG_subprogram) {
      if (lookup->function == NULL) lookup->function = name_of(unit, offset);
      continue;
    }
    if (inlined.name == NULL && origin != 0) inlined.name = name_of(unit, origin);
    // The compiler's entry for a macro it has lost track of. The macro's code has entries of its
    // own, with the call where the macro was used.
    if (inlined.name != NULL && strcmp(inlined.name, "__unknown_macro__") == 0) return;
    if (lookup->count < arrival_max_inlined) lookup->inlined[lookup->count++] = inlined;
  }
}

void arrival_entries_find(const arrival_unit *unit, arrival_lookup *lookups, size_t count) {
  abbrevs abbrevs;
  arrival_bytes bytes = unit->file->info;
  bytes.end = bytes.start + unit->end;
  arrival_reader entries = arrival_read_from(bytes, unit->first_entry);
  bool is_usable = read_abbrevs(unit, &abbrevs);
  while (is_usable && entries.at < entries.end && !entries.failed) {
    uint64_t offset = (uint64_t)(entries.at - bytes.start);
    uint64_t code = arrival_read_uleb(&entries);
    // The end of an entry's children.
    if (code == 0) continue;
    const arrival_abbrev *abbrev = abbrev_with_code(unit, &abbrevs, code);
    if (abbrev == NULL) break;
    if (abbrev->tag == DW_TAG_subprogram || abbrev->tag == DW_TAG_inlined_subroutine) {
      match_entry(unit, abbrev, offset, &entries, lookups, count);
      continue;
    }
    arrival_reader specification = abbrev->specification;
    uint64_t attribute;
    arrival_value value;
    while (arrival_attribute_next(unit, &specification, &entries, &attribute, &value)) continue;
  }
  free(abbrevs.all);
}
