// SPDX-License-Identifier: Apache-2.0
// Functions, files and lines at code addresses of the running process.
//
// Two sources, each usable alone:
// - `arrival_resolve_addresses` reads the symbols and the debug information (DWARF 2 to 5) of the
//   ELF files that the code was loaded from. Linux, 64 bits, little-endian; elsewhere it finds
//   nothing.
// - `arrival_exported_symbol_at` asks the dynamic linker, which knows exported functions without
//   lines.
//
// All functions are safe to call from any thread, and none is safe in a signal handler: they
// allocate. This library depends on the C library alone.
#ifndef ARRIVAL_DEBUG_INFORMATION_H
#define ARRIVAL_DEBUG_INFORMATION_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__clang__)
#define _Nonnull
#define _Nullable
#endif

/// One function at an address. A field that is not known is NULL or 0.
typedef struct {
  /// The function's name as the linker has it, usually mangled.
  const char *_Nullable name;
  /// The source file. A relative path is relative to `directory`, and that to `root`.
  const char *_Nullable file;
  const char *_Nullable directory;
  const char *_Nullable root;
  /// Counted from 1.
  uint32_t line;
  uint32_t column;
} arrival_code_frame;

/// What was found at one address.
typedef struct {
  /// The innermost function first. Each but the last was inlined into the next one, and its
  /// successor's line is where it was called.
  const arrival_code_frame *_Nonnull frames;
  /// At least 1.
  size_t count;
  /// The path of the file that the code was loaded from, and the lowest address it is loaded at.
  const char *_Nonnull image;
  uintptr_t image_base;
} arrival_resolved_address;

/// Receives what was found at `addresses[index]`. All pointers are valid until it returns.
typedef void (*arrival_resolved_handler)(void *_Nullable context, size_t index,
                                         const arrival_resolved_address *_Nonnull resolved);

/// Calls `handler` at most once for each address, in no particular order, before it returns.
///
/// An address is skipped if no image contains it, if the image's file cannot be read, or if the
/// file is not the one that was loaded: the GNU build IDs must be equal, or the first 64 KiB if the
/// image has none. Files may be damaged and may change while they are read: they are read with
/// `pread`, never mapped, and only if they are regular files.
///
/// Each call reads the sections it needs into memory and frees them before it returns. One call for
/// many addresses therefore costs little more than one for a single address.
void arrival_resolve_addresses(const uintptr_t *_Nonnull addresses, size_t count,
                               arrival_resolved_handler _Nonnull handler, void *_Nullable context);

/// Asks the dynamic linker for the exported symbol at or before an address, and for the image that
/// contains the address. Each is NULL, and `*image_base` is 0, if it is not known. The strings are
/// valid as long as the image is loaded.
void arrival_exported_symbol_at(uintptr_t address, const char *_Nullable *_Nonnull symbol,
                                const char *_Nullable *_Nonnull image,
                                uintptr_t *_Nonnull image_base);

/// A number that changes when an image is loaded or unloaded. Always 0 on systems that do not
/// count.
uint64_t arrival_image_generation(void);

#endif
