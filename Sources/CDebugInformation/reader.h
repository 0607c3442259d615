// SPDX-License-Identifier: Apache-2.0
#ifndef ARRIVAL_READER_H
#define ARRIVAL_READER_H

// Reads ELF files and their debug information, DWARF 2 to 5 as dwarfstd.org defines it.
//
// A file may be damaged. Whatever its bytes are, nothing is read outside of them, and every loop
// ends: it consumes bytes, or it takes from the file's budget of steps.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Bytes (bytes.c)

// Part of a file, in memory. Empty if the file has no such part.
typedef struct {
  const uint8_t *start, *end;
} arrival_bytes;

// A position in some bytes. Reading past the end gives zeros and sets `failed`.
typedef struct {
  const uint8_t *at, *end;
  bool failed;
} arrival_reader;

arrival_reader arrival_read_from(arrival_bytes bytes, uint64_t offset);
// A little-endian number of 1 to 8 bytes.
uint64_t arrival_read_number(arrival_reader *reader, size_t size);
uint64_t arrival_read_uleb(arrival_reader *reader);
int64_t arrival_read_sleb(arrival_reader *reader);
// NULL if the string does not end within the bytes.
const char *arrival_read_string(arrival_reader *reader);
void arrival_skip(arrival_reader *reader, uint64_t count);
// Reads the length that a unit begins with, and makes the unit's end the reader's end. True if the
// unit's offsets have 8 bytes, false if they have 4.
bool arrival_read_length(arrival_reader *reader);

// MARK: Files (elf.c)

// A section of strings. Few are needed, so each is read from the file alone.
typedef struct {
  uint64_t offset, size;
} arrival_strings;

// A block of memory that lives as long as the file is open.
typedef struct arrival_block {
  struct arrival_block *next;
  uint8_t bytes[];
} arrival_block;

// An open ELF file: the sections that are needed, in memory.
typedef struct {
  int descriptor;
  uint64_t size;
  arrival_bytes info, abbrev, line, str_offsets, addr, ranges, rnglists, symbols;
  arrival_strings str, line_str, symbol_names;
  arrival_block *blocks;
  // How many more attributes and ranges will be read. A sound file needs a fraction; a damaged one
  // may describe more work than anybody wants to wait for.
  uint64_t steps_left;
} arrival_elf;

// Identifies a file that is loaded: by its build ID, or if it has none, by its first bytes, which
// contain its headers and usually the names that it exports.
typedef struct {
  uint8_t build_id[64];
  size_t build_id_size;
  uint64_t start_hash;
  size_t start_size;
} arrival_identity;

// How many bytes at the beginning of a file are compared at most.
enum { arrival_max_start = 64 * 1024 };

// Opens a regular file; never blocks. If `expected` is given, the file must have this identity.
bool arrival_elf_open(arrival_elf *file, const char *path, const arrival_identity *expected);
void arrival_elf_close(arrival_elf *file);
// Sets the hash of a file's first bytes.
void arrival_hash_start(arrival_bytes start, arrival_identity *identity);
// Looks for a build ID in a note segment whose parts are aligned to `alignment` bytes.
void arrival_find_build_id(arrival_bytes notes, uint64_t alignment, arrival_identity *identity);
// Valid until the file is closed. NULL if there is no such string, or it is longer than 64 KiB.
const char *arrival_string_at(arrival_elf *file, arrival_strings strings, uint64_t offset);
// Takes steps from the budget; false if it is exhausted.
bool arrival_take_steps(arrival_elf *file, uint64_t count);

// MARK: Units (dwarf_units.c)

// The value of an attribute. Its meaning depends on the form and on the unit.
typedef struct {
  uint64_t form;
  uint64_t number;
  const char *text;
} arrival_value;

// A unit of `.debug_info`: the output of one run of a compiler.
typedef struct {
  arrival_elf *file;
  // Offsets in `.debug_info`.
  uint64_t offset, first_entry, end;
  // An offset in `.debug_abbrev`.
  uint64_t abbrevs;
  unsigned version, address_size;
  bool has_wide_offsets;
  // Attributes of the first entry.
  uint64_t base, addr_base, str_offsets_base, rnglists_base, line_offset;
  bool has_lines;
  arrival_value low, high, ranges, directory;
} arrival_unit;

// An abbreviation: the layout shared by all entries with its code.
typedef struct {
  uint64_t code, tag;
  // Reads pairs of an attribute and a form.
  arrival_reader specification;
} arrival_abbrev;

// Reads the unit at an offset; false if there is none. A unit that cannot be used has `version` 0.
bool arrival_unit_read(arrival_unit *unit, arrival_elf *file, uint64_t offset);
arrival_reader arrival_unit_abbrevs(const arrival_unit *unit);
bool arrival_abbrev_next(arrival_reader *reader, unsigned version, arrival_abbrev *abbrev);
// Begins to read the entry at an offset; false if there is none.
bool arrival_entry_begin(const arrival_unit *unit, uint64_t offset, arrival_reader *entry,
                         arrival_abbrev *abbrev);
// Reads the next attribute of an entry; false at its end.
bool arrival_attribute_next(const arrival_unit *unit, arrival_reader *specification,
                            arrival_reader *entry, uint64_t *attribute, arrival_value *value);
const char *arrival_value_text(const arrival_unit *unit, const arrival_value *value);
uint64_t arrival_value_address(const arrival_unit *unit, const arrival_value *value);
// Whether an entry with these attributes contains an address. A missing attribute has form 0.
bool arrival_contains(const arrival_unit *unit, const arrival_value *low, const arrival_value *high,
                      const arrival_value *ranges, uint64_t address);

// MARK: Lines (dwarf_lines.c)

// A row of a line table.
typedef struct {
  uint64_t file, line, column;
} arrival_row;

bool arrival_line_find(const arrival_unit *unit, uint64_t address, arrival_row *row);
// The name and the folder of a file in the unit's line table. The folder may be NULL.
bool arrival_line_file(const arrival_unit *unit, uint64_t index, const char **directory,
                       const char **name);

// MARK: Functions (elf.c, dwarf_entries.c)

// A function that was inlined.
typedef struct {
  const char *name;
  // Where it was called.
  arrival_row call;
} arrival_inlined;

// In optimised code of several layers 84 were seen.
enum { arrival_max_inlined = 128 };

// What is known of an address of a file.
typedef struct {
  uint64_t address;
  // The name of the function, as the linker has it.
  const char *function;
  // The symbol that contains the address: where it begins, and its name's offset.
  bool has_symbol;
  uint64_t start, symbol_name;
  // The functions inlined there, the outermost first.
  size_t count;
  arrival_inlined inlined[arrival_max_inlined];
} arrival_lookup;

// Finds the functions in the symbol table.
void arrival_elf_functions(arrival_elf *file, arrival_lookup *lookups, size_t count);
// Finds inlined functions, and functions without a symbol, in one pass over the unit's entries.
void arrival_entries_find(const arrival_unit *unit, arrival_lookup *lookups, size_t count);

#endif
