// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <string.h>

arrival_reader arrival_read_from(arrival_bytes bytes, uint64_t offset) {
  arrival_reader reader = {bytes.start, bytes.end, false};
  arrival_skip(&reader, offset);
  return reader;
}

void arrival_skip(arrival_reader *reader, uint64_t count) {
  if (count > (uint64_t)(reader->end - reader->at)) {
    reader->at = reader->end;
    reader->failed = true;
  } else if (count > 0) {
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
  for (size_t index = 0; index < size; index++)
    number |= (uint64_t)reader->at[index] << (8 * index);
  if (size > 0) reader->at += size;
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
  size_t size = (size_t)(reader->end - reader->at);
  const uint8_t *end = size > 0 ? memchr(reader->at, 0, size) : NULL;
  if (end == NULL) {
    reader->at = reader->end;
    reader->failed = true;
    return NULL;
  }
  const char *text = (const char *)reader->at;
  reader->at = end + 1;
  return text;
}

bool arrival_read_length(arrival_reader *reader) {
  uint64_t length = arrival_read_number(reader, 4);
  bool is_wide = length == 0xffffffff;
  if (is_wide) length = arrival_read_number(reader, 8);
  if (length > (uint64_t)(reader->end - reader->at)) reader->failed = true;
  if (!reader->failed && length > 0) reader->end = reader->at + length;
  if (!reader->failed && length == 0) reader->end = reader->at;
  return is_wide;
}
