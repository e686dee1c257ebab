/* SPDX-License-Identifier: Apache-2.0 */
/* The front end of OBuilder specs. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_front_end(sx_compile, sx_dump, str_of((const char *)data, size));
    return 0;
}
