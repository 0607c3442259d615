#ifndef ARRIVAL_DEBUGINFO_H
#define ARRIVAL_DEBUGINFO_H

// Reads the debug information of ELF files: DWARF 2 to 5 as its standard, dwarfstd.org, defines them.
// Whatever the bytes are, nothing is read outside of them: a file may be damaged.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Some bytes of a file. Empty if the file has no such section.
typedef struct {
  const uint8_t *start, *end;
} arrival_bytes;

// A place in some bytes. Past their end reading gives zeros, and `failed` says so.
typedef struct {
  const uint8_t *at, *end;
  bool failed;
} arrival_reader;

arrival_reader arrival_read_from(arrival_bytes bytes, uint64_t offset);
// Little-endian, of 1 to 8 bytes.
uint64_t arrival_read_number(arrival_reader *reader, size_t size);
uint64_t arrival_read_uleb(arrival_reader *reader);
int64_t arrival_read_sleb(arrival_reader *reader);
// NULL if it does not end within the bytes.
const char *arrival_read_string(arrival_reader *reader);
void arrival_skip(arrival_reader *reader, uint64_t count);
// The length at the beginning of a part, and the end of that part as the new end; gives whether the
// part's offsets have 8 bytes.
bool arrival_read_length(arrival_reader *reader);
const char *arrival_string_at(arrival_bytes bytes, uint64_t offset);

// A file of code, mapped, with what is needed of it.
typedef struct {
  uint8_t *mapping;
  size_t size;
  arrival_bytes info, abbrev, line, str, line_str, str_offsets, addr, ranges, rnglists;
  arrival_bytes symbols, names;
} arrival_elf;

bool arrival_elf_open(arrival_elf *file, const char *path);
// As `arrival_elf_open`, of a file whose bytes are in memory. They are the caller's.
bool arrival_elf_read(arrival_elf *file, uint8_t *bytes, size_t size);
void arrival_elf_close(arrival_elf *file);
// The value of an attribute. What it means depends on the form, and on the unit.
typedef struct {
  uint64_t form;
  uint64_t number;
  const char *text;
} arrival_value;

// A unit of `.debug_info`: what one run of a compiler has made.
typedef struct {
  const arrival_elf *file;
  // Offsets in `.debug_info`.
  uint64_t offset, first_entry, end;
  uint64_t abbrevs;
  unsigned version, address_size;
  bool has_wide_offsets;
  // Of its first entry.
  uint64_t base, addr_base, str_offsets_base, rnglists_base, line_offset;
  bool has_lines;
  arrival_value low, high, ranges;
  const char *directory;
} arrival_unit;

// What the entries of one kind are made of.
typedef struct {
  uint64_t code, tag;
  // Of pairs of an attribute and a form.
  arrival_reader specification;
} arrival_abbrev;

// Reads the unit at an offset; false if there is none. What cannot be used has `version` 0.
bool arrival_unit_read(arrival_unit *unit, const arrival_elf *file, uint64_t offset);
bool arrival_abbrev_next(arrival_reader *reader, unsigned version, arrival_abbrev *abbrev);
arrival_reader arrival_unit_abbrevs(const arrival_unit *unit);
// Begins to read the unit's entry at an offset, of which it gives the kind; false if there is none.
bool arrival_entry_begin(const arrival_unit *unit, uint64_t offset, arrival_reader *entry,
                         arrival_abbrev *kind);
// The next attribute of an entry; false at its end.
bool arrival_attribute_next(const arrival_unit *unit, arrival_reader *specification,
                            arrival_reader *entry, uint64_t *attribute, arrival_value *value);
const char *arrival_value_text(const arrival_unit *unit, const arrival_value *value);
uint64_t arrival_value_address(const arrival_unit *unit, const arrival_value *value);
// Whether an entry with these attributes covers an address; a form of 0 stands for none.
bool arrival_covers(const arrival_unit *unit, const arrival_value *low, const arrival_value *high,
                    const arrival_value *ranges, uint64_t address);

// A line of a file, as a unit's line table has it.
typedef struct {
  uint64_t file, line, column;
} arrival_row;

bool arrival_line_find(const arrival_unit *unit, uint64_t address, arrival_row *row);
// The name of a file of the unit's line table and its folder, which may be NULL.
bool arrival_line_file(const arrival_unit *unit, uint64_t index, const char **directory,
                       const char **name);

// A function that was inlined.
typedef struct {
  const char *name;
  // Where it was called.
  arrival_row call;
} arrival_inlined;

// In optimised code of several layers 84 were seen.
enum { arrival_max_inlined = 128 };

// What is at an address of a file.
typedef struct {
  uint64_t address;
  // The function, as the linker knows it, and where it begins.
  const char *function;
  uint64_t start;
  // What was inlined there, the outermost first.
  size_t count;
  arrival_inlined inlined[arrival_max_inlined];
} arrival_site;

// Fills in the functions that the table of symbols knows.
void arrival_elf_functions(const arrival_elf *file, arrival_site *sites, size_t count);
// Fills in what was inlined, and functions without a symbol, in one pass over the unit's entries.
void arrival_entries_find(const arrival_unit *unit, arrival_site *sites, size_t count);

#endif
