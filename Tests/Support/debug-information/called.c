// SPDX-License-Identifier: Apache-2.0
// The executable whose debug information is read: functions inlined into each other.
#include <stdio.h>

#define INLINED static inline __attribute__((always_inline))

INLINED int inner(int value) { return value * 3 + 1; }
INLINED int outer(int value) { return inner(value) + inner(value + 1); }
int called(int value) { return outer(value) * outer(value + 2); }
#if !defined(AS_LIBRARY)
int main(int count, char **arguments) { return printf("%s%d\n", arguments[0], called(count)) < 0; }
#endif
