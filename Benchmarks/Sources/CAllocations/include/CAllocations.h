// SPDX-License-Identifier: Apache-2.0
// Counts what the process allocates: this executable's malloc replaces the C library's.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

/// Allocations since the start, of all threads; -1 where they cannot be counted.
int64_t allocations_made(void);

/// Bytes that are allocated and not freed, as the allocator rounds them.
int64_t allocations_live_bytes(void);


#endif
