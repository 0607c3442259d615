// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <string.h>

// Names and numbers are those of the DWARF standard.
enum {
  DW_UT_type = 2, DW_UT_skeleton = 4, DW_UT_split_compile = 5, DW_UT_split_type = 6,
};
enum {
  DW_AT_low_pc = 0x11, DW_AT_high_pc = 0x12, DW_AT_stmt_list = 0x10, DW_AT_comp_dir = 0x1b,
  DW_AT_ranges = 0x55, DW_AT_str_offsets_base = 0x72, DW_AT_addr_base = 0x73,
  DW_AT_rnglists_base = 0x74,
};
enum {
  DW_FORM_addr = 0x01, DW_FORM_block2 = 0x03, DW_FORM_block4 = 0x04, DW_FORM_data2 = 0x05,
  DW_FORM_data4 = 0x06, DW_FORM_data8 = 0x07, DW_FORM_string = 0x08, DW_FORM_block = 0x09,
  DW_FORM_block1 = 0x0a, DW_FORM_data1 = 0x0b, DW_FORM_flag = 0x0c, DW_FORM_sdata = 0x0d,
  DW_FORM_strp = 0x0e, DW_FORM_udata = 0x0f, DW_FORM_ref_addr = 0x10, DW_FORM_ref1 = 0x11,
  DW_FORM_ref2 = 0x12, DW_FORM_ref4 = 0x13, DW_FORM_ref8 = 0x14, DW_FORM_ref_udata = 0x15,
  DW_FORM_indirect = 0x16, DW_FORM_sec_offset = 0x17, DW_FORM_exprloc = 0x18,
  DW_FORM_flag_present = 0x19, DW_FORM_strx = 0x1a, DW_FORM_addrx = 0x1b, DW_FORM_ref_sup4 = 0x1c,
  DW_FORM_strp_sup = 0x1d, DW_FORM_data16 = 0x1e, DW_FORM_line_strp = 0x1f,
  DW_FORM_ref_sig8 = 0x20, DW_FORM_implicit_const = 0x21, DW_FORM_loclistx = 0x22,
  DW_FORM_rnglistx = 0x23, DW_FORM_ref_sup8 = 0x24, DW_FORM_strx1 = 0x25, DW_FORM_strx2 = 0x26,
  DW_FORM_strx3 = 0x27, DW_FORM_strx4 = 0x28, DW_FORM_addrx1 = 0x29, DW_FORM_addrx2 = 0x2a,
  DW_FORM_addrx3 = 0x2b, DW_FORM_addrx4 = 0x2c,
};
enum {
  DW_RLE_end_of_list, DW_RLE_base_addressx, DW_RLE_startx_endx, DW_RLE_startx_length,
  DW_RLE_offset_pair, DW_RLE_base_address, DW_RLE_start_end, DW_RLE_start_length,
};

static size_t offset_size(const arrival_unit *unit) { return unit->has_wide_offsets ? 8 : 4; }

// MARK: Entries

bool arrival_abbrev_next(arrival_reader *reader, unsigned version, arrival_abbrev *abbrev) {
  abbrev->code = arrival_read_uleb(reader);
  if (abbrev->code == 0 || reader->failed) return false;
  abbrev->tag = arrival_read_uleb(reader);
  arrival_skip(reader, 1);
  abbrev->specification = *reader;
  uint64_t attribute, form;
  do {
    attribute = arrival_read_uleb(reader);
    form = arrival_read_uleb(reader);
    if (form == DW_FORM_implicit_const && version >= 5) arrival_read_sleb(reader);
  } while ((attribute != 0 || form != 0) && !reader->failed);
  return !reader->failed;
}

arrival_reader arrival_unit_abbrevs(const arrival_unit *unit) {
  return arrival_read_from(unit->file->abbrev, unit->abbrevs);
}

static bool read_value(const arrival_unit *unit, arrival_reader *reader, uint64_t form,
                       arrival_value *value) {
  value->form = form;
  value->number = 0;
  value->text = NULL;
  switch (form) {
  case DW_FORM_addr: value->number = arrival_read_number(reader, unit->address_size); break;
  case DW_FORM_data1: case DW_FORM_flag: case DW_FORM_ref1: case DW_FORM_strx1: case DW_FORM_addrx1:
    value->number = arrival_read_number(reader, 1);
    break;
  case DW_FORM_data2: case DW_FORM_ref2: case DW_FORM_strx2: case DW_FORM_addrx2:
    value->number = arrival_read_number(reader, 2);
    break;
  case DW_FORM_strx3: case DW_FORM_addrx3: value->number = arrival_read_number(reader, 3); break;
  case DW_FORM_data4: case DW_FORM_ref4: case DW_FORM_strx4: case DW_FORM_addrx4:
  case DW_FORM_ref_sup4:
    value->number = arrival_read_number(reader, 4);
    break;
  case DW_FORM_data8: case DW_FORM_ref8: case DW_FORM_ref_sig8: case DW_FORM_ref_sup8:
    value->number = arrival_read_number(reader, 8);
    break;
  case DW_FORM_data16: arrival_skip(reader, 16); break;
  case DW_FORM_sdata: value->number = (uint64_t)arrival_read_sleb(reader); break;
  case DW_FORM_udata: case DW_FORM_ref_udata: case DW_FORM_strx: case DW_FORM_addrx:
  case DW_FORM_loclistx: case DW_FORM_rnglistx:
    value->number = arrival_read_uleb(reader);
    break;
  case DW_FORM_strp: case DW_FORM_line_strp: case DW_FORM_sec_offset: case DW_FORM_strp_sup:
    value->number = arrival_read_number(reader, offset_size(unit));
    break;
  case DW_FORM_ref_addr:
    value->number =
        arrival_read_number(reader, unit->version < 3 ? unit->address_size : offset_size(unit));
    break;
  case DW_FORM_string: value->text = arrival_read_string(reader); break;
  case DW_FORM_flag_present: value->number = 1; break;
  case DW_FORM_block1: arrival_skip(reader, arrival_read_number(reader, 1)); break;
  case DW_FORM_block2: arrival_skip(reader, arrival_read_number(reader, 2)); break;
  case DW_FORM_block4: arrival_skip(reader, arrival_read_number(reader, 4)); break;
  case DW_FORM_block: case DW_FORM_exprloc: arrival_skip(reader, arrival_read_uleb(reader)); break;
  // The size of an unknown form is unknown, so nothing behind it can be read.
  default: reader->failed = true;
  }
  return !reader->failed;
}

bool arrival_attribute_next(const arrival_unit *unit, arrival_reader *specification,
                            arrival_reader *entry, uint64_t *attribute, arrival_value *value) {
  // Some forms have no bytes in the entry.
  if (!arrival_take_steps(unit->file, 1)) {
    entry->failed = true;
    return false;
  }
  *attribute = arrival_read_uleb(specification);
  uint64_t form = arrival_read_uleb(specification);
  if ((*attribute == 0 && form == 0) || specification->failed) return false;
  if (form == DW_FORM_implicit_const) {
    value->form = form;
    value->number = (uint64_t)arrival_read_sleb(specification);
    value->text = NULL;
    return true;
  }
  if (form == DW_FORM_indirect) form = arrival_read_uleb(entry);
  return read_value(unit, entry, form, value);
}

// MARK: Values

// The element of an array of numbers in a section.
static uint64_t indexed(arrival_bytes section, uint64_t base, uint64_t index, size_t size,
                        bool *failed) {
  arrival_reader reader = arrival_read_from(section, base);
  if (index > (uint64_t)(reader.end - reader.at) / size) reader.failed = true;
  else arrival_skip(&reader, index * size);
  uint64_t number = arrival_read_number(&reader, size);
  *failed = reader.failed;
  return number;
}

const char *arrival_value_text(const arrival_unit *unit, const arrival_value *value) {
  switch (value->form) {
  case DW_FORM_string: return value->text;
  case DW_FORM_strp: return arrival_string_at(unit->file, unit->file->str, value->number);
  case DW_FORM_line_strp: return arrival_string_at(unit->file, unit->file->line_str, value->number);
  case DW_FORM_strx: case DW_FORM_strx1: case DW_FORM_strx2: case DW_FORM_strx3:
  case DW_FORM_strx4: {
    bool failed;
    uint64_t offset = indexed(unit->file->str_offsets, unit->str_offsets_base, value->number,
                              offset_size(unit), &failed);
    return failed ? NULL : arrival_string_at(unit->file, unit->file->str, offset);
  }
  default: return NULL;
  }
}

static bool is_indexed_address(uint64_t form) {
  return form == DW_FORM_addrx || (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4);
}

static uint64_t address_at(const arrival_unit *unit, uint64_t index) {
  bool failed;
  return indexed(unit->file->addr, unit->addr_base, index, unit->address_size, &failed);
}

uint64_t arrival_value_address(const arrival_unit *unit, const arrival_value *value) {
  return is_indexed_address(value->form) ? address_at(unit, value->number) : value->number;
}

// MARK: Ranges

static bool is_within(uint64_t address, uint64_t low, uint64_t high) {
  return low <= address && address < high;
}

static bool in_old_ranges(const arrival_unit *unit, uint64_t offset, uint64_t address) {
  arrival_reader reader = arrival_read_from(unit->file->ranges, offset);
  uint64_t base = unit->base;
  uint64_t select = unit->address_size == 8 ? UINT64_MAX : 0xffffffff;
  while (arrival_take_steps(unit->file, 1)) {
    uint64_t low = arrival_read_number(&reader, unit->address_size);
    uint64_t high = arrival_read_number(&reader, unit->address_size);
    if (reader.failed || (low == 0 && high == 0)) return false;
    if (low == select) base = high;
    else if (is_within(address, base + low, base + high)) return true;
  }
  return false;
}

static bool in_ranges(const arrival_unit *unit, uint64_t offset, uint64_t address) {
  arrival_reader reader = arrival_read_from(unit->file->rnglists, offset);
  uint64_t base = unit->base;
  while (!reader.failed && arrival_take_steps(unit->file, 1)) {
    uint64_t low = 0, high = 0;
    switch (arrival_read_number(&reader, 1)) {
    case DW_RLE_base_addressx: base = address_at(unit, arrival_read_uleb(&reader)); continue;
    case DW_RLE_base_address: base = arrival_read_number(&reader, unit->address_size); continue;
    case DW_RLE_startx_endx:
      low = address_at(unit, arrival_read_uleb(&reader));
      high = address_at(unit, arrival_read_uleb(&reader));
      break;
    case DW_RLE_startx_length:
      low = address_at(unit, arrival_read_uleb(&reader));
      high = low + arrival_read_uleb(&reader);
      break;
    case DW_RLE_offset_pair:
      low = base + arrival_read_uleb(&reader);
      high = base + arrival_read_uleb(&reader);
      break;
    case DW_RLE_start_end:
      low = arrival_read_number(&reader, unit->address_size);
      high = arrival_read_number(&reader, unit->address_size);
      break;
    case DW_RLE_start_length:
      low = arrival_read_number(&reader, unit->address_size);
      high = low + arrival_read_uleb(&reader);
      break;
    default: return false;
    }
    if (!reader.failed && is_within(address, low, high)) return true;
  }
  return false;
}

bool arrival_contains(const arrival_unit *unit, const arrival_value *low, const arrival_value *high,
                      const arrival_value *ranges, uint64_t address) {
  if (ranges->form != 0) {
    if (unit->version < 5) return in_old_ranges(unit, ranges->number, address);
    uint64_t offset = ranges->number;
    if (ranges->form == DW_FORM_rnglistx) {
      bool failed;
      offset = unit->rnglists_base + indexed(unit->file->rnglists, unit->rnglists_base, offset,
                                             offset_size(unit), &failed);
      if (failed) return false;
    }
    return in_ranges(unit, offset, address);
  }
  if (low->form == 0 || high->form == 0) return false;
  uint64_t start = arrival_value_address(unit, low);
  bool is_address = high->form == DW_FORM_addr || is_indexed_address(high->form);
  return is_within(address, start,
                   is_address ? arrival_value_address(unit, high) : start + high->number);
}

// MARK: Units

bool arrival_entry_begin(const arrival_unit *unit, uint64_t offset, arrival_reader *entry,
                         arrival_abbrev *abbrev) {
  arrival_bytes bytes = unit->file->info;
  bytes.end = bytes.start + unit->end;
  *entry = arrival_read_from(bytes, offset);
  uint64_t code = arrival_read_uleb(entry);
  arrival_reader abbrevs = arrival_unit_abbrevs(unit);
  const uint8_t *start = abbrevs.at;
  while (arrival_abbrev_next(&abbrevs, unit->version, abbrev)) {
    if (abbrev->code == code) return true;
    if (!arrival_take_steps(unit->file, (uint64_t)(abbrevs.at - start))) return false;
    start = abbrevs.at;
  }
  return false;
}

// Reads the attributes of the first entry, which describe the unit.
static void read_first_entry(arrival_unit *unit) {
  arrival_reader entry;
  arrival_abbrev abbrev;
  if (!arrival_entry_begin(unit, unit->first_entry, &entry, &abbrev)) return;
  arrival_value value;
  uint64_t attribute;
  while (arrival_attribute_next(unit, &abbrev.specification, &entry, &attribute, &value)) {
    switch (attribute) {
    case DW_AT_low_pc: unit->low = value; break;
    case DW_AT_high_pc: unit->high = value; break;
    case DW_AT_ranges: unit->ranges = value; break;
    case DW_AT_comp_dir: unit->directory = value; break;
    case DW_AT_stmt_list:
      unit->line_offset = value.number;
      unit->has_lines = true;
      break;
    case DW_AT_str_offsets_base: unit->str_offsets_base = value.number; break;
    case DW_AT_addr_base: unit->addr_base = value.number; break;
    case DW_AT_rnglists_base: unit->rnglists_base = value.number; break;
    default: break;
    }
  }
  // The value may be an index, which counts from a base among these attributes.
  unit->base = arrival_value_address(unit, &unit->low);
}

bool arrival_unit_read(arrival_unit *unit, arrival_elf *file, uint64_t offset) {
  memset(unit, 0, sizeof *unit);
  unit->file = file;
  unit->offset = offset;
  arrival_reader reader = arrival_read_from(file->info, offset);
  if (reader.at == reader.end) return false;
  unit->has_wide_offsets = arrival_read_length(&reader);
  if (reader.failed) return false;
  unit->end = (uint64_t)(reader.end - file->info.start);
  unsigned version = (unsigned)arrival_read_number(&reader, 2);
  uint64_t type = 0;
  if (version >= 5) {
    type = arrival_read_number(&reader, 1);
    unit->address_size = (unsigned)arrival_read_number(&reader, 1);
  }
  unit->abbrevs = arrival_read_number(&reader, offset_size(unit));
  if (version < 5) unit->address_size = (unsigned)arrival_read_number(&reader, 1);
  if (type == DW_UT_skeleton || type == DW_UT_split_compile) arrival_skip(&reader, 8);
  bool is_known = version >= 2 && version <= 5 && type != DW_UT_type && type != DW_UT_split_type;
  if (reader.failed || !is_known || unit->address_size < 4 || unit->address_size > 8) return true;
  unit->version = version;
  unit->first_entry = (uint64_t)(reader.at - file->info.start);
  read_first_entry(unit);
  return true;
}
