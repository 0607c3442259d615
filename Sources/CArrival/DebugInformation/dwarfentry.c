#include "debuginfo.h"

#include <stdlib.h>
#include <string.h>

// Names and numbers are those of the standard.
enum { DW_TAG_inlined_subroutine = 0x1d, DW_TAG_subprogram = 0x2e };
enum {
  DW_AT_name = 0x03, DW_AT_low_pc = 0x11, DW_AT_high_pc = 0x12, DW_AT_abstract_origin = 0x31,
  DW_AT_specification = 0x47, DW_AT_ranges = 0x55, DW_AT_call_column = 0x57, DW_AT_call_file = 0x58,
  DW_AT_call_line = 0x59, DW_AT_linkage_name = 0x6e, DW_AT_MIPS_linkage_name = 0x2007,
};
enum { DW_FORM_ref_addr = 0x10 };

// The kinds of entries of a unit by their numbers, which mostly are 1, 2, 3 and so on.
typedef struct {
  arrival_abbrev *all;
  size_t count;
} kinds;

static bool read_kinds(const arrival_unit *unit, kinds *kinds) {
  arrival_reader reader = arrival_unit_abbrevs(unit);
  arrival_abbrev abbrev;
  size_t capacity = 0;
  kinds->all = NULL;
  kinds->count = 0;
  while (arrival_abbrev_next(&reader, unit->version, &abbrev)) {
    if (kinds->count == capacity) {
      capacity = capacity == 0 ? 128 : 2 * capacity;
      arrival_abbrev *grown = realloc(kinds->all, capacity * sizeof *grown);
      if (grown == NULL) return false;
      kinds->all = grown;
    }
    kinds->all[kinds->count++] = abbrev;
  }
  return true;
}

static const arrival_abbrev *kind_of(const kinds *kinds, uint64_t code) {
  if (code - 1 < kinds->count && kinds->all[code - 1].code == code) return &kinds->all[code - 1];
  for (size_t index = 0; index < kinds->count; index++)
    if (kinds->all[index].code == code) return &kinds->all[index];
  return NULL;
}

// The entry that another points to.
static uint64_t target(const arrival_unit *unit, const arrival_value *value) {
  return value->form == DW_FORM_ref_addr ? value->number : unit->offset + value->number;
}

// The unit that has an entry; for names that are in another unit than the call.
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

// The name of the function that an entry describes, itself or through the entries it points to.
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

// The entry of a function, or of a call that was inlined, is of every address that it covers. Entries
// come in the order of the tree, so outer calls come first.
static void note(const arrival_unit *unit, const arrival_abbrev *kind, uint64_t offset,
                 arrival_reader *entry, arrival_site *sites, size_t count) {
  arrival_reader specification = kind->specification;
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
    arrival_site *site = &sites[index];
    if (!arrival_covers(unit, &low, &high, &ranges, site->address)) continue;
    if (kind->tag == DW_TAG_subprogram) {
      if (site->function == NULL) site->function = name_of(unit, offset);
      continue;
    }
    if (inlined.name == NULL && origin != 0) inlined.name = name_of(unit, origin);
    // Stands for a macro that the compiler knows no more of: what it has made was called where the
    // macro stands, and the macro nowhere.
    if (inlined.name != NULL && strcmp(inlined.name, "__unknown_macro__") == 0) return;
    if (site->count < arrival_max_inlined) site->inlined[site->count++] = inlined;
  }
}

void arrival_entries_find(const arrival_unit *unit, arrival_site *sites, size_t count) {
  kinds kinds;
  arrival_bytes bytes = unit->file->info;
  bytes.end = bytes.start + unit->end;
  arrival_reader entries = arrival_read_from(bytes, unit->first_entry);
  if (read_kinds(unit, &kinds)) {
    while (entries.at < entries.end && !entries.failed) {
      uint64_t offset = (uint64_t)(entries.at - bytes.start);
      uint64_t code = arrival_read_uleb(&entries);
      // The end of some entry's children.
      if (code == 0) continue;
      const arrival_abbrev *kind = kind_of(&kinds, code);
      if (kind == NULL) break;
      if (kind->tag == DW_TAG_subprogram || kind->tag == DW_TAG_inlined_subroutine) {
        note(unit, kind, offset, &entries, sites, count);
        continue;
      }
      arrival_reader specification = kind->specification;
      uint64_t attribute;
      arrival_value value;
      while (arrival_attribute_next(unit, &specification, &entries, &attribute, &value)) continue;
    }
  }
  free(kinds.all);
}
