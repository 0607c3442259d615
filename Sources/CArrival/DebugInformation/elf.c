#include "debuginfo.h"

#include <string.h>

#if defined(__linux__)
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

arrival_reader arrival_read_from(arrival_bytes bytes, uint64_t offset) {
  arrival_reader reader = {bytes.start, bytes.end, false};
  arrival_skip(&reader, offset);
  return reader;
}

void arrival_skip(arrival_reader *reader, uint64_t count) {
  if (count > (uint64_t)(reader->end - reader->at)) {
    reader->at = reader->end;
    reader->failed = true;
  } else {
    reader->at += count;
  }
}

uint64_t arrival_read_number(arrival_reader *reader, size_t size) {
  uint64_t number = 0;
  if (size > 8 || size > (size_t)(reader->end - reader->at)) {
    reader->at = reader->end;
    reader->failed = true;
    return 0;
  }
  for (size_t index = 0; index < size; index++) number |= (uint64_t)reader->at[index] << (8 * index);
  reader->at += size;
  return number;
}

uint64_t arrival_read_uleb(arrival_reader *reader) {
  uint64_t number = 0;
  for (unsigned shift = 0; reader->at < reader->end; shift += 7) {
    uint8_t byte = *reader->at++;
    if (shift < 64) number |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  reader->failed = true;
  return 0;
}

int64_t arrival_read_sleb(arrival_reader *reader) {
  uint64_t number = 0;
  for (unsigned shift = 0; reader->at < reader->end;) {
    uint8_t byte = *reader->at++;
    if (shift < 64) number |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
    if (byte >= 0x80) continue;
    if (byte & 0x40 && shift < 64) number |= ~(uint64_t)0 << shift;
    return (int64_t)number;
  }
  reader->failed = true;
  return 0;
}

const char *arrival_read_string(arrival_reader *reader) {
  const uint8_t *end = memchr(reader->at, 0, (size_t)(reader->end - reader->at));
  if (end == NULL) {
    reader->at = reader->end;
    reader->failed = true;
    return NULL;
  }
  const char *text = (const char *)reader->at;
  reader->at = end + 1;
  return text;
}

const char *arrival_string_at(arrival_bytes bytes, uint64_t offset) {
  arrival_reader reader = arrival_read_from(bytes, offset);
  return reader.failed ? NULL : arrival_read_string(&reader);
}

bool arrival_read_length(arrival_reader *reader) {
  uint64_t length = arrival_read_number(reader, 4);
  bool is_wide = length == 0xffffffff;
  if (is_wide) length = arrival_read_number(reader, 8);
  if (length > (uint64_t)(reader->end - reader->at)) reader->failed = true;
  if (!reader->failed) reader->end = reader->at + length;
  return is_wide;
}

#if defined(__linux__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

static arrival_bytes part(const arrival_elf *file, uint64_t offset, uint64_t size) {
  arrival_bytes none = {file->mapping, file->mapping};
  if (offset > file->size || size > file->size - offset) return none;
  arrival_bytes bytes = {file->mapping + offset, file->mapping + offset + size};
  return bytes;
}

static bool section(const arrival_elf *file, const Elf64_Ehdr *header, uint64_t index,
                    Elf64_Shdr *section) {
  arrival_bytes bytes =
      part(file, header->e_shoff + index * sizeof *section, sizeof *section);
  if (bytes.start == bytes.end) return false;
  memcpy(section, bytes.start, sizeof *section);
  // Compressed ones are as if they were not there.
  return section->sh_type != SHT_NOBITS && (section->sh_flags & SHF_COMPRESSED) == 0;
}

static void find_sections(arrival_elf *file) {
  struct {
    const char *name;
    arrival_bytes *bytes;
  } wanted[] = {{".debug_info", &file->info},
                {".debug_abbrev", &file->abbrev},
                {".debug_line", &file->line},
                {".debug_str", &file->str},
                {".debug_line_str", &file->line_str},
                {".debug_str_offsets", &file->str_offsets},
                {".debug_addr", &file->addr},
                {".debug_ranges", &file->ranges},
                {".debug_rnglists", &file->rnglists}};
  size_t wanted_count = sizeof wanted / sizeof *wanted;
  arrival_bytes none = {file->mapping, file->mapping};
  for (size_t index = 0; index < wanted_count; index++) *wanted[index].bytes = none;
  file->symbols = file->names = none;

  Elf64_Ehdr header;
  memcpy(&header, file->mapping, sizeof header);
  if (header.e_shentsize != sizeof(Elf64_Shdr)) return;
  Elf64_Shdr names, found;
  if (!section(file, &header, header.e_shstrndx, &names)) return;
  arrival_bytes texts = part(file, names.sh_offset, names.sh_size);
  bool has_all_symbols = false;
  for (uint64_t index = 0; index < header.e_shnum; index++) {
    if (!section(file, &header, index, &found)) continue;
    if (found.sh_type == SHT_SYMTAB || (found.sh_type == SHT_DYNSYM && !has_all_symbols)) {
      Elf64_Shdr strings;
      if (found.sh_entsize != sizeof(Elf64_Sym)) continue;
      if (!section(file, &header, found.sh_link, &strings)) continue;
      has_all_symbols = found.sh_type == SHT_SYMTAB;
      file->symbols = part(file, found.sh_offset, found.sh_size);
      file->names = part(file, strings.sh_offset, strings.sh_size);
    }
    const char *name = arrival_string_at(texts, found.sh_name);
    if (name == NULL) continue;
    for (size_t other = 0; other < wanted_count; other++) {
      if (strcmp(name, wanted[other].name) != 0) continue;
      *wanted[other].bytes = part(file, found.sh_offset, found.sh_size);
    }
  }
}

bool arrival_elf_read(arrival_elf *file, uint8_t *bytes, size_t size) {
  memset(file, 0, sizeof *file);
  const unsigned char expected[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB};
  if (size < sizeof(Elf64_Ehdr) || memcmp(bytes, expected, sizeof expected) != 0) return false;
  file->mapping = bytes;
  file->size = size;
  find_sections(file);
  return true;
}

bool arrival_elf_open(arrival_elf *file, const char *path) {
  memset(file, 0, sizeof *file);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat status;
  void *mapping = MAP_FAILED;
  if (fstat(descriptor, &status) == 0 && status.st_size > 0)
    mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (mapping == MAP_FAILED) return false;
  if (arrival_elf_read(file, mapping, (size_t)status.st_size)) return true;
  munmap(mapping, (size_t)status.st_size);
  return false;
}

void arrival_elf_close(arrival_elf *file) {
  if (file->mapping != NULL) munmap(file->mapping, file->size);
  file->mapping = NULL;
}

void arrival_elf_functions(const arrival_elf *file, arrival_site *sites, size_t count) {
  size_t symbol_count = (size_t)(file->symbols.end - file->symbols.start) / sizeof(Elf64_Sym);
  for (size_t index = 0; index < symbol_count; index++) {
    Elf64_Sym symbol;
    memcpy(&symbol, file->symbols.start + index * sizeof symbol, sizeof symbol);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    for (size_t other = 0; other < count; other++) {
      arrival_site *site = &sites[other];
      if (site->address - symbol.st_value >= symbol.st_size) continue;
      // Of several, the one that begins last.
      if (site->function != NULL && symbol.st_value <= site->start) continue;
      site->function = arrival_string_at(file->names, symbol.st_name);
      site->start = symbol.st_value;
    }
  }
}

#else

bool arrival_elf_open(arrival_elf *file, const char *path) {
  (void)path;
  memset(file, 0, sizeof *file);
  return false;
}

void arrival_elf_close(arrival_elf *file) { (void)file; }

void arrival_elf_functions(const arrival_elf *file, arrival_site *sites, size_t count) {
  (void)file;
  (void)sites;
  (void)count;
}

#endif
