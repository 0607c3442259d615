// SPDX-License-Identifier: Apache-2.0
// Declarations that the files of CArrival share.
#ifndef ARRIVAL_CAPTURE_H
#define ARRIVAL_CAPTURE_H

#include "CArrival.h"

#include <stdatomic.h>

// For variables that are read on every wait, load and throw: saves a call of the dynamic linker.
#if defined(__ELF__)
#define FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define FAST_TLS
#endif

/// As `arrival_capture`, but never asks the system for the bounds of a stack: that allocates.
size_t arrival_capture_quietly(uintptr_t frame, uintptr_t *_Nonnull addresses, size_t capacity,
                               size_t *_Nonnull async_start);

#endif
