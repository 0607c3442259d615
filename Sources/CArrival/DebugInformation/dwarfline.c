#include "debuginfo.h"

#include <string.h>

// Names and numbers are those of the standard.
enum { DW_LNCT_path = 1, DW_LNCT_directory_index = 2 };
enum {
  DW_LNS_extended, DW_LNS_copy, DW_LNS_advance_pc, DW_LNS_advance_line, DW_LNS_set_file,
  DW_LNS_set_column, DW_LNS_negate_stmt, DW_LNS_set_basic_block, DW_LNS_const_add_pc,
  DW_LNS_fixed_advance_pc,
};
enum { DW_LNE_end_sequence = 1, DW_LNE_set_address = 2 };

// The head of a unit's line table.
typedef struct {
  unsigned version, address_size, opcode_base, line_range, min_instruction;
  int line_base;
  const uint8_t *operand_counts;
  // Folders and files; and the program.
  arrival_reader tables, program;
  // For the forms of version 5.
  arrival_unit unit;
} head;

static bool read_head(const arrival_unit *unit, head *head) {
  if (!unit->has_lines) return false;
  arrival_reader reader = arrival_read_from(unit->file->line, unit->line_offset);
  head->unit = *unit;
  head->unit.has_wide_offsets = arrival_read_length(&reader);
  head->version = (unsigned)arrival_read_number(&reader, 2);
  if (reader.failed || head->version < 2 || head->version > 5) return false;
  head->unit.version = head->version;
  head->address_size = unit->address_size;
  if (head->version >= 5) {
    head->address_size = (unsigned)arrival_read_number(&reader, 1);
    arrival_skip(&reader, 1);
  }
  uint64_t length = arrival_read_number(&reader, head->unit.has_wide_offsets ? 8 : 4);
  head->program = reader;
  arrival_skip(&head->program, length);
  head->min_instruction = (unsigned)arrival_read_number(&reader, 1);
  // Instructions that come in bundles are of no processor that Swift runs on.
  if (head->version >= 4) arrival_skip(&reader, 1);
  arrival_skip(&reader, 1);
  head->line_base = (int8_t)arrival_read_number(&reader, 1);
  head->line_range = (unsigned)arrival_read_number(&reader, 1);
  head->opcode_base = (unsigned)arrival_read_number(&reader, 1);
  head->operand_counts = reader.at;
  if (head->opcode_base > 0) arrival_skip(&reader, head->opcode_base - 1);
  head->tables = reader;
  return !reader.failed && !head->program.failed && head->line_range != 0 &&
         head->address_size >= 4 && head->address_size <= 8;
}

// MARK: Files

// The entry of an index in a table of version 5, which ends behind it: its name, and the index of its
// folder. An index past the end skips the table.
static bool entry_of(const head *head, arrival_reader *reader, uint64_t index, const char **name,
                     uint64_t *directory) {
  arrival_reader formats = *reader;
  uint64_t format_count = arrival_read_number(reader, 1);
  for (uint64_t format = 0; format < format_count; format++) {
    arrival_read_uleb(reader);
    arrival_read_uleb(reader);
  }
  uint64_t count = arrival_read_uleb(reader);
  // Entries of nothing would be counted without end.
  if (format_count == 0) return false;
  for (uint64_t entry = 0; entry < count && !reader->failed; entry++) {
    arrival_reader specification = formats;
    arrival_skip(&specification, 1);
    for (uint64_t format = 0; format < format_count; format++) {
      uint64_t content;
      arrival_value value;
      if (!arrival_attribute_next(&head->unit, &specification, reader, &content, &value))
        return false;
      if (entry != index) continue;
      if (content == DW_LNCT_path) *name = arrival_value_text(&head->unit, &value);
      if (content == DW_LNCT_directory_index) *directory = value.number;
    }
    if (entry == index) return true;
  }
  return false;
}

static bool file_of_5(head *head, uint64_t index, const char **directory, const char **name) {
  arrival_reader files = head->tables;
  const char *ignored = NULL;
  uint64_t directory_index = 0;
  entry_of(head, &files, UINT64_MAX, &ignored, &directory_index);
  directory_index = 0;
  if (!entry_of(head, &files, index, name, &directory_index)) return false;
  arrival_reader directories = head->tables;
  // The first is that of the unit.
  if (directory_index != 0)
    entry_of(head, &directories, directory_index, directory, &directory_index);
  return *name != NULL;
}

static bool file_of_4(head *head, uint64_t index, const char **directory, const char **name) {
  arrival_reader reader = head->tables;
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
  reader = head->tables;
  for (uint64_t entry = 0; entry < directory_index; entry++) {
    text = arrival_read_string(&reader);
    if (text == NULL || *text == 0) return true;
    *directory = text;
  }
  return *name != NULL;
}

bool arrival_line_file(const arrival_unit *unit, uint64_t index, const char **directory,
                       const char **name) {
  head head;
  *directory = *name = NULL;
  if (!read_head(unit, &head)) return false;
  return head.version >= 5 ? file_of_5(&head, index, directory, name)
                           : file_of_4(&head, index, directory, name);
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

// Adds a row: whether the one before it, which reaches up to here, is that of the address.
static bool ends_at(const state *state, uint64_t address, uint64_t *start, arrival_row *row) {
  bool is_found = !state->is_first && *start <= address && address < state->address;
  if (is_found) return true;
  *start = state->address;
  *row = state->row;
  return false;
}

bool arrival_line_find(const arrival_unit *unit, uint64_t address, arrival_row *row) {
  head head;
  if (!read_head(unit, &head)) return false;
  arrival_reader *program = &head.program;
  state state;
  uint64_t start = 0;
  reset(&state);
  while (program->at < program->end && !program->failed) {
    unsigned opcode = *program->at++;
    if (opcode >= head.opcode_base) {
      unsigned adjusted = opcode - head.opcode_base;
      state.address += (uint64_t)(adjusted / head.line_range) * head.min_instruction;
      state.row.line += (uint64_t)(int64_t)(head.line_base + (int)(adjusted % head.line_range));
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
        state.address = arrival_read_number(&operand, head.address_size);
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
      state.address += arrival_read_uleb(program) * head.min_instruction;
      break;
    case DW_LNS_advance_line: state.row.line += (uint64_t)arrival_read_sleb(program); break;
    case DW_LNS_set_file: state.row.file = arrival_read_uleb(program); break;
    case DW_LNS_set_column: state.row.column = arrival_read_uleb(program); break;
    case DW_LNS_negate_stmt: case DW_LNS_set_basic_block: break;
    case DW_LNS_const_add_pc:
      state.address += (uint64_t)((255 - head.opcode_base) / head.line_range) * head.min_instruction;
      break;
    case DW_LNS_fixed_advance_pc: state.address += arrival_read_number(program, 2); break;
    default:
      for (unsigned count = head.operand_counts[opcode - 1]; count > 0; count--)
        arrival_read_uleb(program);
    }
  }
  return false;
}
