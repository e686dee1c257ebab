/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz targets. Each is one LLVMFuzzerTestOneInput, linked with libFuzzer by `make fuzz` and with
 * replay.c for `make check`. A property that does not hold ends the program through BUG().
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "frontend/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The plan, which has its ids, says in JSON what it says itself: read back, it verifies and gives
 * the same bytes. */
void fuzz_round_trip(const struct plan *p);

/* Compiles one text and checks what comes out, plan or diagnostics. */
void fuzz_front_end(bool (*compile)(struct compile *c, uint32_t source),
                    bool (*dump)(struct compile *c, uint32_t source, struct buf *out),
                    struct str text);

#endif
