// SPDX-License-Identifier: Apache-2.0
// Checks the readers at the ends of their bytes: checks EXECUTABLE.
//
// Bytes are in heap blocks of their exact size, so that the sanitizers see the first byte read
// outside.
#define _GNU_SOURCE
#include "reader.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool condition, const char *text, int line) {
  if (condition) return;
  fprintf(stderr, "checks.c:%d: %s is false\n", line, text);
  exit(1);
}

static uint8_t *copy_of(const uint8_t *bytes, size_t size) {
  uint8_t *copy = malloc(size);
  if (copy == NULL && size > 0) exit(2);
  if (size > 0) memcpy(copy, bytes, size);
  return copy;
}

// A file in memory with these bytes. It has no path but that of its descriptor.
static int file_of(const uint8_t *bytes, size_t size, char path[64]) {
  int descriptor = memfd_create("checks", MFD_CLOEXEC);
  if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size) exit(2);
  snprintf(path, 64, "/proc/self/fd/%d", descriptor);
  return descriptor;
}

// MARK: Numbers

typedef struct {
  uint8_t *block;
  arrival_reader reader;
} input;

static input input_of(const char *bytes, size_t size) {
  input input = {copy_of((const uint8_t *)bytes, size), {NULL, NULL, false}};
  input.reader = arrival_read_from((arrival_bytes){input.block, input.block + size}, 0);
  return input;
}

// Reads with `call` from these bytes, and checks the number, how far it has read and whether it
// failed.
#define CHECK_NUMBER(call, bytes, number, rest, has_failed)                                       \
  do {                                                                                            \
    input input = input_of(bytes, sizeof bytes - 1);                                              \
    arrival_reader *reader = &input.reader;                                                       \
    CHECK((uint64_t)(call) == (uint64_t)(number));                                                \
    CHECK(reader->end - reader->at == (rest) && reader->failed == (has_failed));                  \
    free(input.block);                                                                            \
  } while (0)

static void check_numbers(void) {
  CHECK_NUMBER(arrival_read_number(reader, 1), "\xfe", 0xfe, 0, false);
  CHECK_NUMBER(arrival_read_number(reader, 2), "\x01\x02\x03", 0x0201, 1, false);
  CHECK_NUMBER(arrival_read_number(reader, 8), "\1\2\3\4\5\6\7\x88", 0x8807060504030201, 0, false);
  CHECK_NUMBER(arrival_read_number(reader, 9), "\1\2\3\4\5\6\7\x08\x09", 0, 0, true);
  CHECK_NUMBER(arrival_read_number(reader, 4), "\1\2\3", 0, 0, true);
  CHECK_NUMBER(arrival_read_number(reader, 1), "", 0, 0, true);
  CHECK_NUMBER(arrival_read_uleb(reader), "\xe5\x8e\x26\x01", 624485, 1, false);
  CHECK_NUMBER(arrival_read_uleb(reader),
               "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", UINT64_MAX, 0, false);
  // Past 64 bits the rest is skipped.
  CHECK_NUMBER(arrival_read_uleb(reader),
               "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 1, 0, false);
  CHECK_NUMBER(arrival_read_uleb(reader), "\x80\x80", 0, 0, true);
  CHECK_NUMBER(arrival_read_uleb(reader), "", 0, 0, true);
  CHECK_NUMBER(arrival_read_sleb(reader), "\x7f\x01", -1, 1, false);
  CHECK_NUMBER(arrival_read_sleb(reader), "\xc0\xbb\x78", -123456, 0, false);
  CHECK_NUMBER(arrival_read_sleb(reader),
               "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", INT64_MIN, 0, false);
  CHECK_NUMBER(arrival_read_sleb(reader),
               "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x40", 1, 0, false);
  CHECK_NUMBER(arrival_read_sleb(reader), "\xff\xff", 0, 0, true);
  CHECK_NUMBER(arrival_read_sleb(reader), "", 0, 0, true);
}

static void check_texts(void) {
  input text = input_of("one\0two", 8);
  CHECK(strcmp(arrival_read_string(&text.reader), "one") == 0);
  CHECK(strcmp(arrival_read_string(&text.reader), "two") == 0);
  CHECK(!text.reader.failed && arrival_read_string(&text.reader) == NULL && text.reader.failed);
  free(text.block);
  input open = input_of("open", 4);
  CHECK(arrival_read_string(&open.reader) == NULL && open.reader.failed);
  free(open.block);
}

// Strings of a section: short ones, one longer than the first read, one that is too long, and one
// cut off by the end of the file.
static void check_strings(void) {
  enum { size = 200 * 1000 };
  char path[64], *bytes = malloc(size);
  memset(bytes, 'x', size);
  memcpy(bytes, "one\0two\0", 9);
  bytes[1000] = 0;
  arrival_elf file = {.size = size, .steps_left = size};
  file.descriptor = file_of((uint8_t *)bytes, size, path);
  arrival_strings strings = {0, 9}, all = {0, size}, past = {0, 2 * size};
  CHECK(strcmp(arrival_string_at(&file, strings, 4), "two") == 0);
  CHECK(*arrival_string_at(&file, strings, 7) == 0);
  CHECK(arrival_string_at(&file, strings, 9) == NULL);
  CHECK(arrival_string_at(&file, strings, 10) == NULL);
  CHECK(arrival_string_at(&file, strings, UINT64_MAX) == NULL);
  CHECK(strlen(arrival_string_at(&file, all, 8)) == 0);
  CHECK(strlen(arrival_string_at(&file, all, 9)) == 991);
  CHECK(arrival_string_at(&file, all, 1001) == NULL);
  CHECK(arrival_string_at(&file, all, size - 1) == NULL);
  CHECK(arrival_string_at(&file, past, size) == NULL);
  CHECK(arrival_string_at(&file, past, size + 9) == NULL);
  arrival_elf_close(&file);
  free(bytes);
}

static void check_lengths(void) {
  input exact = input_of("\2\0\0\0ab", 6);
  CHECK(!arrival_read_length(&exact.reader) && !exact.reader.failed);
  CHECK(exact.reader.end == exact.block + 6);
  free(exact.block);
  input shorter = input_of("\1\0\0\0ab", 6);
  CHECK(!arrival_read_length(&shorter.reader) && shorter.reader.end == shorter.block + 5);
  free(shorter.block);
  input longer = input_of("\3\0\0\0ab", 6);
  CHECK(!arrival_read_length(&longer.reader) && longer.reader.failed);
  free(longer.block);
  input wide = input_of("\xff\xff\xff\xff\1\0\0\0\0\0\0\0ab", 14);
  CHECK(arrival_read_length(&wide.reader) && !wide.reader.failed);
  CHECK(wide.reader.end == wide.block + 13);
  free(wide.block);
  input skipped = input_of("abc", 3);
  arrival_skip(&skipped.reader, 3);
  CHECK(skipped.reader.at == skipped.reader.end && !skipped.reader.failed);
  arrival_skip(&skipped.reader, 1);
  CHECK(skipped.reader.at == skipped.reader.end && skipped.reader.failed);
  free(skipped.block);
}

// Texts with an index in a table: indices past its end, some so large that the offset is more than
// 64 bits.
static void check_indices(void) {
  enum { DW_FORM_strx = 0x1a };
  char path[64];
  input offsets = input_of("\0\0\0\0\2\0\0\0", 8);
  arrival_elf file = {.size = 4, .str = {0, 4}, .steps_left = 1000,
                      .str_offsets = {offsets.block, offsets.block + 8}};
  file.descriptor = file_of((const uint8_t *)"a\0b", 4, path);
  arrival_unit unit = {.file = &file, .version = 5};
  for (uint64_t index = 0; index < 2; index++) {
    arrival_value value = {.form = DW_FORM_strx, .number = index};
    CHECK(*arrival_value_text(&unit, &value) == (index == 0 ? 'a' : 'b'));
  }
  const uint64_t wrong[] = {2, 3, (uint64_t)1 << 62, UINT64_MAX};
  for (int index = 0; index < 4; index++) {
    arrival_value value = {.form = DW_FORM_strx, .number = wrong[index]};
    CHECK(arrival_value_text(&unit, &value) == NULL);
  }
  free(offsets.block);
  arrival_elf_close(&file);
}

// A line table of version 5 with 2^64 - 1 entries, which have no parts and so no bytes.
static void check_tables(void) {
  input table = input_of("\x2a\0\0\0\5\0\x08\0\x1d\0\0\0\1\1\1\0\1\1"
                         "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"
                         "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0", 46);
  arrival_elf file = {.line = {table.block, table.block + 46},
                      .steps_left = 1000, .descriptor = -1};
  arrival_unit unit = {.file = &file, .version = 5, .address_size = 8, .has_lines = true};
  const char *directory, *name;
  arrival_row row;
  CHECK(!arrival_line_find(&unit, 0, &row));
  CHECK(!arrival_line_file(&unit, 1, &directory, &name) && name == NULL);
  free(table.block);
}

// MARK: Files

static Elf64_Shdr *headers_of(uint8_t *bytes) {
  Elf64_Ehdr header;
  memcpy(&header, bytes, sizeof header);
  return (Elf64_Shdr *)(void *)(bytes + header.e_shoff);
}

static bool open_bytes(arrival_elf *file, const uint8_t *bytes, size_t size) {
  char path[64];
  int descriptor = file_of(bytes, size, path);
  bool is_open = arrival_elf_open(file, path, NULL);
  close(descriptor);
  return is_open;
}

// How much debug information is found; SIZE_MAX if the file is not opened.
static size_t length_of_info(const uint8_t *bytes, size_t size) {
  arrival_elf file;
  if (!open_bytes(&file, bytes, size)) return SIZE_MAX;
  size_t length = (size_t)(file.info.end - file.info.start);
  arrival_elf_close(&file);
  return length;
}

static Elf64_Shdr *info_header(uint8_t *bytes) {
  Elf64_Ehdr header;
  memcpy(&header, bytes, sizeof header);
  Elf64_Shdr *headers = headers_of(bytes);
  const char *names = (const char *)bytes + headers[header.e_shstrndx].sh_offset;
  while (strcmp(names + headers->sh_name, ".debug_info") != 0) headers++;
  return headers;
}

static void check_files(const uint8_t *original_bytes, size_t size) {
  uint8_t *bytes = copy_of(original_bytes, size);
  Elf64_Shdr *info = info_header(bytes), original = *info;
  size_t length = original.sh_size;
  CHECK(length > 0 && length_of_info(bytes, size) == length);

  // A section that ends at the end of the file, one byte past it, and far past it.
  info->sh_offset = size - length;
  CHECK(length_of_info(bytes, size) == length);
  info->sh_offset++;
  CHECK(length_of_info(bytes, size) == 0);
  info->sh_offset = size + 1;
  CHECK(length_of_info(bytes, size) == 0);
  info->sh_offset = size;
  info->sh_size = 0;
  CHECK(length_of_info(bytes, size) == 0);
  info->sh_offset = UINT64_MAX;
  info->sh_size = 2;
  CHECK(length_of_info(bytes, size) == 0);
  info->sh_offset = 64;
  info->sh_size = UINT64_MAX - 32;
  CHECK(length_of_info(bytes, size) == 0);
  *info = original;

  // A compressed section, and one that takes no room in the file.
  info->sh_flags |= SHF_COMPRESSED;
  CHECK(length_of_info(bytes, size) == 0);
  *info = original;
  info->sh_type = SHT_NOBITS;
  CHECK(length_of_info(bytes, size) == 0);
  *info = original;

  // A name that begins where the names end.
  info->sh_name = UINT32_MAX;
  CHECK(length_of_info(bytes, size) == 0);
  *info = original;

  // Symbols of another size.
  Elf64_Shdr *symbols = headers_of(bytes);
  while (symbols->sh_type != SHT_SYMTAB) symbols++;
  arrival_elf file;
  CHECK(open_bytes(&file, bytes, size));
  CHECK((uint64_t)(file.symbols.end - file.symbols.start) == symbols->sh_size);
  arrival_elf_close(&file);
  symbols->sh_entsize--;
  CHECK(open_bytes(&file, bytes, size));
  CHECK((uint64_t)(file.symbols.end - file.symbols.start) != symbols->sh_size);
  arrival_elf_close(&file);
  symbols->sh_entsize++;

  // Headers of sections past the end of the file.
  Elf64_Ehdr header;
  memcpy(&header, bytes, sizeof header);
  Elf64_Ehdr moved = header;
  moved.e_shoff = size - sizeof(Elf64_Shdr) * moved.e_shnum + 1;
  memcpy(bytes, &moved, sizeof moved);
  length_of_info(bytes, size);
  moved = header;
  moved.e_shnum = UINT16_MAX;
  memcpy(bytes, &moved, sizeof moved);
  CHECK(length_of_info(bytes, size) == 0);
  moved = header;
  moved.e_shentsize--;
  memcpy(bytes, &moved, sizeof moved);
  CHECK(length_of_info(bytes, size) == 0);

  // Files that are as long as the first header, and shorter.
  memcpy(bytes, &header, sizeof header);
  for (size_t cut = 0; cut <= sizeof header + 1; cut++) {
    uint8_t *start = copy_of(bytes, cut);
    CHECK(length_of_info(start, cut) == (cut < sizeof header ? SIZE_MAX : 0));
    free(start);
  }
  // Other classes of files.
  for (int index = 0; index < 6; index++) {
    bytes[index] ^= 3;
    CHECK(length_of_info(bytes, size) == SIZE_MAX);
    bytes[index] ^= 3;
  }
  free(bytes);
}

int main(int count, char **arguments) {
  check_tables();
  check_indices();
  check_numbers();
  check_texts();
  check_strings();
  check_lengths();
  FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 2;
  size_t size = (size_t)ftell(file);
  uint8_t *bytes = malloc(size);
  rewind(file);
  if (bytes == NULL || fread(bytes, 1, size, file) != size) return 2;
  fclose(file);
  check_files(bytes, size);
  free(bytes);
  printf("ok    numbers, texts and headers at the ends of their bytes\n");
  return 0;
}
