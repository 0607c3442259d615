// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <string.h>

// Names and numbers are those of the DWARF standard.
enum { DW_LNCT_path = 1, DW_LNCT_directory_index = 2 };
enum {
  DW_LNS_extended, DW_LNS_copy, DW_LNS_advance_pc, DW_LNS_advance_line, DW_LNS_set_file,
  DW_LNS_set_column, DW_LNS_negate_stmt, DW_LNS_set_basic_block, DW_LNS_const_add_pc,
  DW_LNS_fixed_advance_pc,
};
enum { DW_LNE_end_sequence = 1, DW_LNE_set_address = 2 };

// The header of a unit's line table.
typedef struct {
  unsigned version, address_size, opcode_base, line_range, min_instruction;
  int line_base;
  const uint8_t *operand_counts;
  // Read the tables of folders and files, and the line number program.
  arrival_reader tables, program;
  // Reads the forms that version 5 uses in the tables.
  arrival_unit unit;
} header;

static bool read_header(const arrival_unit *unit, header *header) {
  if (!unit->has_lines) return false;
  arrival_reader reader = arrival_read_from(unit->file->line, unit->line_offset);
  header->unit = *unit;
  header->unit.has_wide_offsets = arrival_read_length(&reader);
  header->version = (unsigned)arrival_read_number(&reader, 2);
  if (reader.failed || header->version < 2 || header->version > 5) return false;
  header->unit.version = header->version;
  header->address_size = unit->address_size;
  if (header->version >= 5) {
    header->address_size = (unsigned)arrival_read_number(&reader, 1);
    arrival_skip(&reader, 1);
  }
  uint64_t length = arrival_read_number(&reader, header->unit.has_wide_offsets ? 8 : 4);
  header->program = reader;
  arrival_skip(&header->program, length);
  header->min_instruction = (unsigned)arrival_read_number(&reader, 1);
  // No processor that Swift runs on bundles instructions.
  if (header->version >= 4) arrival_skip(&reader, 1);
  arrival_skip(&reader, 1);
  header->line_base = (int8_t)arrival_read_number(&reader, 1);
  header->line_range = (unsigned)arrival_read_number(&reader, 1);
  header->opcode_base = (unsigned)arrival_read_number(&reader, 1);
  header->operand_counts = reader.at;
  if (header->opcode_base > 0) arrival_skip(&reader, header->opcode_base - 1);
  header->tables = reader;
  return !reader.failed && !header->program.failed && header->line_range != 0 &&
         header->address_size >= 4 && header->address_size <= 8;
}

// MARK: Files

// Reads a table of version 5 up to the entry with an index: the entry's name and the index of its
// folder. False if there is no such entry; the whole table was read then.
static bool entry_of(const header *header, arrival_reader *reader, uint64_t index,
                     const char **name, uint64_t *directory) {
  arrival_reader formats = *reader;
  uint64_t format_count = arrival_read_number(reader, 1);
  for (uint64_t format = 0; format < format_count; format++) {
    arrival_read_uleb(reader);
    arrival_read_uleb(reader);
  }
  uint64_t count = arrival_read_uleb(reader);
  for (uint64_t entry = 0; entry < count && !reader->failed; entry++) {
    arrival_reader specification = formats;
    const uint8_t *start = reader->at;
    arrival_skip(&specification, 1);
    for (uint64_t format = 0; format < format_count; format++) {
      uint64_t content;
      arrival_value value;
      if (!arrival_attribute_next(&header->unit, &specification, reader, &content, &value))
        return false;
      if (entry != index) continue;
      if (content == DW_LNCT_path) *name = arrival_value_text(&header->unit, &value);
      if (content == DW_LNCT_directory_index) *directory = value.number;
    }
    if (entry == index) return true;
    // A damaged table may have 2^64 - 1 entries without bytes.
    if (reader->at == start) return false;
  }
  return false;
}

static bool file_of_5(header *header, uint64_t index, const char **directory, const char **name) {
  arrival_reader files = header->tables;
  const char *ignored = NULL;
  uint64_t directory_index = 0;
  entry_of(header, &files, UINT64_MAX, &ignored, &directory_index);
  directory_index = 0;
  if (!entry_of(header, &files, index, name, &directory_index)) return false;
  arrival_reader directories = header->tables;
  // The first folder is the unit's own.
  if (directory_index != 0)
    entry_of(header, &directories, directory_index, directory, &directory_index);
  return *name != NULL;
}

static bool file_of_4(header *header, uint64_t index, const char **directory, const char **name) {
  arrival_reader reader = header->tables;
  const char *text;
  do text = arrival_read_string(&reader);
  while (text != NULL && *text != 0);
  uint64_t directory_index = 0;
  for (uint64_t file = 1; file <= index; file++) {
    *name = arrival_read_string(&reader);
    if (*name == NULL || **name == 0) return false;
    directory_index = arrival_read_uleb(&reader);
    arrival_read_uleb(&reader);
    arrival_read_uleb(&reader);
  }
  reader = header->tables;
  for (uint64_t entry = 0; entry < directory_index; entry++) {
    text = arrival_read_string(&reader);
    if (text == NULL || *text == 0) return true;
    *directory = text;
  }
  return *name != NULL;
}

bool arrival_line_file(const arrival_unit *unit, uint64_t index, const char **directory,
                       const char **name) {
  header header;
  *directory = *name = NULL;
  if (!read_header(unit, &header)) return false;
  return header.version >= 5 ? file_of_5(&header, index, directory, name)
                           : file_of_4(&header, index, directory, name);
}

// MARK: Lines

typedef struct {
  uint64_t address;
  arrival_row row;
  bool is_first;
} state;

static void reset(state *state) {
  memset(state, 0, sizeof *state);
  state->row.file = 1;
  state->row.line = 1;
  state->is_first = true;
}

// Ends the row before the current one. True if that row contains the address; otherwise the current
// row becomes the candidate.
static bool ends_at(const state *state, uint64_t address, uint64_t *start, arrival_row *row) {
  bool is_found = !state->is_first && *start <= address && address < state->address;
  if (is_found) return true;
  *start = state->address;
  *row = state->row;
  return false;
}

bool arrival_line_find(const arrival_unit *unit, uint64_t address, arrival_row *row) {
  header header;
  if (!read_header(unit, &header)) return false;
  arrival_reader *program = &header.program;
  state state;
  uint64_t start = 0;
  reset(&state);
  while (program->at < program->end && !program->failed) {
    unsigned opcode = *program->at++;
    if (opcode >= header.opcode_base) {
      unsigned adjusted = opcode - header.opcode_base;
      state.address += (uint64_t)(adjusted / header.line_range) * header.min_instruction;
      state.row.line += (uint64_t)(int64_t)(header.line_base + (int)(adjusted % header.line_range));
      if (ends_at(&state, address, &start, row)) return true;
      state.is_first = false;
      continue;
    }
    switch (opcode) {
    case DW_LNS_extended: {
      uint64_t length = arrival_read_uleb(program);
      arrival_reader operand = *program;
      arrival_skip(program, length);
      switch (arrival_read_number(&operand, 1)) {
      case DW_LNE_end_sequence:
        if (ends_at(&state, address, &start, row)) return true;
        reset(&state);
        break;
      case DW_LNE_set_address:
        state.address = arrival_read_number(&operand, header.address_size);
        break;
      default: break;
      }
      break;
    }
    case DW_LNS_copy:
      if (ends_at(&state, address, &start, row)) return true;
      state.is_first = false;
      break;
    case DW_LNS_advance_pc:
      state.address += arrival_read_uleb(program) * header.min_instruction;
      break;
    case DW_LNS_advance_line: state.row.line += (uint64_t)arrival_read_sleb(program); break;
    case DW_LNS_set_file: state.row.file = arrival_read_uleb(program); break;
    case DW_LNS_set_column: state.row.column = arrival_read_uleb(program); break;
    case DW_LNS_negate_stmt: case DW_LNS_set_basic_block: break;
    case DW_LNS_const_add_pc:
      state.address +=
          (uint64_t)((255 - header.opcode_base) / header.line_range) * header.min_instruction;
      break;
    case DW_LNS_fixed_advance_pc: state.address += arrival_read_number(program, 2); break;
    default:
      for (unsigned count = header.operand_counts[opcode - 1]; count > 0; count--)
        arrival_read_uleb(program);
    }
  }
  return false;
}
