// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "image.h"

#include <dlfcn.h>
#include <string.h>

#if defined(__linux__)
#include <link.h>
#endif

void arrival_exported_symbol_at(uintptr_t address, const char **symbol, const char **image,
                                uintptr_t *image_base) {
  Dl_info info;
  memset(&info, 0, sizeof info);
  if (dladdr((const void *)address, &info) == 0) memset(&info, 0, sizeof info);
  *symbol = info.dli_sname;
  *image = info.dli_fname;
  *image_base = (uintptr_t)info.dli_fbase;
}

#if defined(__linux__)

static int read_generation(struct dl_phdr_info *info, size_t size, void *generation) {
  (void)size;
  *(uint64_t *)generation = (uint64_t)info->dlpi_adds + (uint64_t)info->dlpi_subs;
  return 1;
}

uint64_t arrival_image_generation(void) {
  uint64_t generation = 0;
  dl_iterate_phdr(read_generation, &generation);
  return generation;
}

#else

uint64_t arrival_image_generation(void) { return 0; }

#endif

#if defined(__linux__) && defined(__LP64__)

typedef struct {
  uintptr_t address;
  bool is_found;
  arrival_image *image;
} search;

// Whether the image has this memory loaded.
static bool is_loaded(const struct dl_phdr_info *info, uintptr_t start, size_t size) {
  for (size_t index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
    uintptr_t first = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type != PT_LOAD || start < first) continue;
    uintptr_t offset = start - first;
    if (offset <= segment->p_filesz && size <= segment->p_filesz - offset) return true;
  }
  return false;
}

// Called while the dynamic linker keeps images from being unloaded.
static void identify(const struct dl_phdr_info *info, arrival_identity *identity) {
  for (size_t index = 0; index < info->dlpi_phnum && identity->build_id_size == 0; index++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
    uintptr_t address = info->dlpi_addr + segment->p_vaddr;
    arrival_bytes bytes = {(const uint8_t *)address, (const uint8_t *)address + segment->p_filesz};
    if (segment->p_type == PT_NOTE && is_loaded(info, address, segment->p_filesz)) {
      arrival_find_build_id(bytes, segment->p_align, identity);
    } else if (segment->p_type == PT_LOAD && segment->p_offset == 0 &&
               (segment->p_flags & PF_R) != 0) {
      if (segment->p_filesz > arrival_max_start) bytes.end = bytes.start + arrival_max_start;
      arrival_hash_start(bytes, identity);
    }
  }
}

static int find_address(struct dl_phdr_info *info, size_t size, void *argument) {
  (void)size;
  search *search = argument;
  uintptr_t low = UINTPTR_MAX, high = 0;
  bool is_here = false;
  for (size_t index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
    if (start < low) low = start;
    if (end > high) high = end;
    if (start <= search->address && search->address < end) is_here = true;
  }
  if (!is_here) return 0;
  arrival_image *image = search->image;
  search->is_found = true;
  image->bias = info->dlpi_addr;
  image->start = low;
  image->end = high;
  // The program itself has no name here.
  const char *name = info->dlpi_name != NULL ? info->dlpi_name : "";
  image->is_program = *name == 0;
  strncpy(image->path, image->is_program ? "/proc/self/exe" : name, sizeof image->path - 1);
  identify(info, &image->identity);
  return 1;
}

bool arrival_image_find(uintptr_t address, arrival_image *image) {
  memset(image, 0, sizeof *image);
  search search = {address, false, image};
  dl_iterate_phdr(find_address, &search);
  return search.is_found;
}

#else

bool arrival_image_find(uintptr_t address, arrival_image *image) {
  (void)address;
  memset(image, 0, sizeof *image);
  return false;
}

#endif
