// SPDX-License-Identifier: Apache-2.0
#ifndef ARRIVAL_IMAGE_H
#define ARRIVAL_IMAGE_H

#include "CDebugInformation.h"
#include "reader.h"

// A file of code that is loaded into the process.
typedef struct {
  // Add the bias to an address of the file to get the one in memory.
  uintptr_t bias, start, end;
  bool is_program;
  char path[4096];
  arrival_identity identity;
} arrival_image;

// Finds the image that contains an address.
bool arrival_image_find(uintptr_t address, arrival_image *image);

#endif
