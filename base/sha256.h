/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by OpenSSL's libcrypto. It allocates nothing; its failures are our bugs. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/str.h"

#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX = 64 };

struct digest {
    uint8_t b[SHA256_BYTES];
};

struct sha256 {
    uint64_t state[14]; /* SHA256_CTX */
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_final(struct sha256 *h, struct digest *out);
struct digest sha256_of(const void *p, size_t n);

static inline bool digest_eq(const struct digest *a, const struct digest *b)
{
    return memcmp(a->b, b->b, SHA256_BYTES) == 0;
}

/* 64 lower-case hex digits and a terminator. */
void digest_hex(const struct digest *d, char out[SHA256_HEX + 1]);
bool digest_from_hex(struct str hex, struct digest *out); /* lower case only */

#endif
