#ifndef ARRIVAL_CHECKS_H
#define ARRIVAL_CHECKS_H

#include "debuginfo.h"

// A heap block of exactly these bytes.
uint8_t *copy_of(const uint8_t *bytes, size_t size);

// Numbers, texts and lengths at the end of a block. Ends the process if one is read wrongly.
void check_readers(void);

// Files whose headers point to the end of the file and past it.
void check_ends_of(const arrival_elf *file);

#endif
