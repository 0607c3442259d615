// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "reader.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

bool arrival_take_steps(arrival_elf *file, uint64_t count) {
  bool is_enough = count <= file->steps_left;
  file->steps_left = is_enough ? file->steps_left - count : 0;
  return is_enough;
}

void arrival_hash_start(arrival_bytes start, arrival_identity *identity) {
  // FNV-1a, 64 bits.
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t *at = start.start; at < start.end; at++) hash = (hash ^ *at) * 0x100000001b3;
  identity->start_hash = hash;
  identity->start_size = (size_t)(start.end - start.start);
}

void arrival_find_build_id(arrival_bytes notes, uint64_t alignment, arrival_identity *identity) {
  const uint64_t mask = alignment == 8 ? 7 : 3;
  const uint64_t build_id_type = 3;
  arrival_reader reader = {notes.start, notes.end, false};
  while (reader.at < reader.end && !reader.failed) {
    uint64_t name_size = arrival_read_number(&reader, 4);
    uint64_t size = arrival_read_number(&reader, 4);
    uint64_t type = arrival_read_number(&reader, 4);
    arrival_reader name = reader;
    arrival_skip(&reader, (name_size + mask) & ~mask);
    arrival_reader description = reader;
    arrival_skip(&reader, (size + mask) & ~mask);
    arrival_skip(&name, name_size);
    arrival_skip(&description, size);
    if (name.failed || description.failed) return;
    if (type != build_id_type || name_size != 4 || memcmp(name.at - 4, "GNU", 4) != 0) continue;
    if (size == 0 || size > sizeof identity->build_id) continue;
    memcpy(identity->build_id, description.at - size, size);
    identity->build_id_size = size;
    return;
  }
}

#if defined(__linux__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

// MARK: Reading

// Reads at most `size` bytes. The file may have become shorter since it was opened.
static uint64_t read_at(const arrival_elf *file, uint64_t offset, uint8_t *bytes, uint64_t size) {
  uint64_t count = 0;
  while (count < size && offset <= INT64_MAX - size) {
    ssize_t more = pread(file->descriptor, bytes + count, size - count, (off_t)(offset + count));
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) break;
    count += (uint64_t)more;
  }
  return count;
}

// Reads part of the file into memory that lives as long as the file is open. Exactly `size` bytes,
// or none.
static arrival_bytes load(arrival_elf *file, uint64_t offset, uint64_t size) {
  arrival_bytes bytes = {NULL, NULL};
  if (size == 0 || offset > file->size || size > file->size - offset) return bytes;
  // A damaged table may name one part of the file many thousand times.
  if (!arrival_take_steps(file, size)) return bytes;
  arrival_block *block = malloc(sizeof *block + size);
  if (block == NULL) return bytes;
  if (read_at(file, offset, block->bytes, size) < size) {
    free(block);
    return bytes;
  }
  block->next = file->blocks;
  file->blocks = block;
  bytes.start = block->bytes;
  bytes.end = block->bytes + size;
  return bytes;
}

const char *arrival_string_at(arrival_elf *file, arrival_strings strings, uint64_t offset) {
  enum { first_size = 256, max_size = 64 * 1024 };
  if (offset >= strings.size) return NULL;
  uint8_t first[first_size];
  uint64_t available = strings.size - offset;
  uint64_t wanted = available < first_size ? available : first_size;
  uint64_t count = read_at(file, strings.offset + offset, first, wanted);
  const uint8_t *end = memchr(first, 0, count);
  if (end != NULL) {
    size_t size = (size_t)(end - first) + 1;
    arrival_block *block = malloc(sizeof *block + size);
    if (block == NULL) return NULL;
    memcpy(block->bytes, first, size);
    block->next = file->blocks;
    file->blocks = block;
    return (const char *)block->bytes;
  }
  if (count < first_size) return NULL;
  uint64_t size = available < max_size ? available : max_size;
  arrival_bytes bytes = load(file, strings.offset + offset, size);
  arrival_reader reader = arrival_read_from(bytes, 0);
  return arrival_read_string(&reader);
}

// MARK: Sections

typedef struct {
  const Elf64_Shdr *all;
  uint64_t count;
} sections;

static const Elf64_Shdr *section_at(const sections *sections, uint64_t index) {
  if (index >= sections->count) return NULL;
  const Elf64_Shdr *section = &sections->all[index];
  // Compressed sections are not read.
  bool is_readable = section->sh_type != SHT_NOBITS && (section->sh_flags & SHF_COMPRESSED) == 0;
  return is_readable ? section : NULL;
}

static arrival_strings strings_of(const arrival_elf *file, const Elf64_Shdr *section) {
  arrival_strings none = {0, 0}, strings = {section->sh_offset, section->sh_size};
  if (strings.offset > file->size || strings.size > file->size - strings.offset) return none;
  return strings;
}

static void load_symbols(arrival_elf *file, const sections *sections) {
  const Elf64_Shdr *symbols = NULL, *names = NULL;
  for (uint64_t index = 0; index < sections->count; index++) {
    const Elf64_Shdr *section = section_at(sections, index);
    if (section == NULL || section->sh_entsize != sizeof(Elf64_Sym)) continue;
    // The full table, or else the one for dynamic linking.
    bool is_full = section->sh_type == SHT_SYMTAB;
    if (!is_full && (section->sh_type != SHT_DYNSYM || symbols != NULL)) continue;
    const Elf64_Shdr *strings = section_at(sections, section->sh_link);
    if (strings == NULL) continue;
    symbols = section;
    names = strings;
    if (is_full) break;
  }
  if (symbols == NULL) return;
  file->symbols = load(file, symbols->sh_offset, symbols->sh_size);
  file->symbol_names = strings_of(file, names);
}

static void load_debug_sections(arrival_elf *file, const sections *sections, arrival_bytes texts) {
  struct {
    const char *name;
    arrival_bytes *bytes;
    arrival_strings *strings;
  } wanted[] = {{".debug_info", &file->info, NULL},
                {".debug_abbrev", &file->abbrev, NULL},
                {".debug_line", &file->line, NULL},
                {".debug_str_offsets", &file->str_offsets, NULL},
                {".debug_addr", &file->addr, NULL},
                {".debug_ranges", &file->ranges, NULL},
                {".debug_rnglists", &file->rnglists, NULL},
                {".debug_str", NULL, &file->str},
                {".debug_line_str", NULL, &file->line_str}};
  for (uint64_t index = 0; index < sections->count; index++) {
    const Elf64_Shdr *section = section_at(sections, index);
    if (section == NULL) continue;
    arrival_reader reader = arrival_read_from(texts, section->sh_name);
    const char *name = reader.failed ? NULL : arrival_read_string(&reader);
    if (name == NULL) continue;
    for (size_t other = 0; other < sizeof wanted / sizeof *wanted; other++) {
      if (strcmp(name, wanted[other].name) != 0) continue;
      if (wanted[other].strings != NULL) {
        *wanted[other].strings = strings_of(file, section);
      } else if (wanted[other].bytes->start == NULL) {
        *wanted[other].bytes = load(file, section->sh_offset, section->sh_size);
      }
    }
  }
}

static void load_sections(arrival_elf *file, const Elf64_Ehdr *header) {
  if (header->e_shentsize != sizeof(Elf64_Shdr)) return;
  arrival_bytes table =
      load(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
  if (table.start == NULL) return;
  // Blocks are aligned for a pointer, and so for a section header.
  sections sections = {(const Elf64_Shdr *)(const void *)table.start, header->e_shnum};
  load_symbols(file, &sections);
  const Elf64_Shdr *names = section_at(&sections, header->e_shstrndx);
  if (names == NULL) return;
  load_debug_sections(file, &sections, load(file, names->sh_offset, names->sh_size));
}

// MARK: Identity

static void read_identity(arrival_elf *file, const Elf64_Ehdr *header, arrival_identity *identity) {
  memset(identity, 0, sizeof *identity);
  if (header->e_phentsize != sizeof(Elf64_Phdr)) return;
  arrival_bytes table =
      load(file, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr));
  if (table.start == NULL) return;
  for (uint64_t index = 0; index < header->e_phnum && identity->build_id_size == 0; index++) {
    Elf64_Phdr segment;
    memcpy(&segment, table.start + index * sizeof segment, sizeof segment);
    if (segment.p_type == PT_NOTE) {
      arrival_bytes notes = load(file, segment.p_offset, segment.p_filesz);
      arrival_find_build_id(notes, segment.p_align, identity);
    } else if (segment.p_type == PT_LOAD && segment.p_offset == 0) {
      uint64_t size = segment.p_filesz;
      if (size > arrival_max_start) size = arrival_max_start;
      arrival_hash_start(load(file, 0, size), identity);
    }
  }
}

static bool has_identity(arrival_elf *file, const Elf64_Ehdr *header,
                         const arrival_identity *expected) {
  arrival_identity found;
  read_identity(file, header, &found);
  if (expected->build_id_size != found.build_id_size) return false;
  if (expected->build_id_size > 0)
    return memcmp(expected->build_id, found.build_id, found.build_id_size) == 0;
  return expected->start_size > 0 && expected->start_size == found.start_size &&
         expected->start_hash == found.start_hash;
}

// MARK: Opening

static bool read_header(arrival_elf *file, Elf64_Ehdr *header) {
  const unsigned char expected[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB};
  return read_at(file, 0, (uint8_t *)header, sizeof *header) == sizeof *header &&
         memcmp(header->e_ident, expected, sizeof expected) == 0;
}

bool arrival_elf_open(arrival_elf *file, const char *path, const arrival_identity *expected) {
  memset(file, 0, sizeof *file);
  // Opening a pipe would otherwise wait for its other end.
  file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->descriptor < 0) return false;
  struct stat status;
  Elf64_Ehdr header;
  if (fstat(file->descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    file->size = (uint64_t)status.st_size;
    // Reading all of a large executable took a hundredth of this.
    file->steps_left = 64 * file->size + (1 << 20);
    if (read_header(file, &header) &&
        (expected == NULL || has_identity(file, &header, expected))) {
      load_sections(file, &header);
      return true;
    }
  }
  arrival_elf_close(file);
  return false;
}

void arrival_elf_close(arrival_elf *file) {
  while (file->blocks != NULL) {
    arrival_block *next = file->blocks->next;
    free(file->blocks);
    file->blocks = next;
  }
  if (file->descriptor >= 0) close(file->descriptor);
  file->descriptor = -1;
}

// MARK: Functions

void arrival_elf_functions(arrival_elf *file, arrival_lookup *lookups, size_t count) {
  size_t symbol_count = (size_t)(file->symbols.end - file->symbols.start) / sizeof(Elf64_Sym);
  for (size_t index = 0; index < symbol_count; index++) {
    Elf64_Sym symbol;
    memcpy(&symbol, file->symbols.start + index * sizeof symbol, sizeof symbol);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    for (size_t other = 0; other < count; other++) {
      arrival_lookup *lookup = &lookups[other];
      if (lookup->address - symbol.st_value >= symbol.st_size) continue;
      // Of several, the one that begins last.
      if (lookup->has_symbol && symbol.st_value <= lookup->start) continue;
      lookup->has_symbol = true;
      lookup->symbol_name = symbol.st_name;
      lookup->start = symbol.st_value;
    }
  }
  for (size_t other = 0; other < count; other++) {
    arrival_lookup *lookup = &lookups[other];
    if (!lookup->has_symbol) continue;
    lookup->function = arrival_string_at(file, file->symbol_names, lookup->symbol_name);
  }
}

#else

bool arrival_elf_open(arrival_elf *file, const char *path, const arrival_identity *expected) {
  (void)path;
  (void)expected;
  memset(file, 0, sizeof *file);
  return false;
}

void arrival_elf_close(arrival_elf *file) { (void)file; }

const char *arrival_string_at(arrival_elf *file, arrival_strings strings, uint64_t offset) {
  (void)file;
  (void)strings;
  (void)offset;
  return NULL;
}

void arrival_elf_functions(arrival_elf *file, arrival_lookup *lookups, size_t count) {
  (void)file;
  (void)lookups;
  (void)count;
}

#endif
