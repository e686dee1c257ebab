/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts as people write them on command lines. No sign, no blanks, no locale. */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* "512", "64k", "1.5GiB", "2g": bytes. Letters are of either case, all powers of 1024, as in
 * docker's --memory. False if it is none, or too large. */
bool quantity_bytes(struct str text, uint64_t *out);
/* Appends them for people: "512 B", "1.5 MiB". */
void quantity_add_bytes(struct buf *out, uint64_t bytes);
/* "90", "1.5s", "10m", "1h30m", "2d": milliseconds. A number alone is seconds. */
bool quantity_ms(struct str text, uint64_t *out);
/* "0.5", "2": thousandths. */
bool quantity_milli(struct str text, uint64_t *out);

#endif
