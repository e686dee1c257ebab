/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256: a thin cover over libcrypto. Its block functions are called directly and not through
 * EVP, which deprecates them: EVP needs OpenSSL's providers, whose loading takes longer than a
 * small build's hashing, and doubles what a short text costs.
 */
#include <config.h>

#include "base/sha256.h"

#include "base/err.h"

#include <endian.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "SHA256_CTX has its place");

static SHA256_CTX *context(struct sha256 *h)
{
    return (SHA256_CTX *)h->state;
}

void sha256_init(struct sha256 *h)
{
    if (SHA256_Init(context(h)) != 1)
        BUG("SHA-256 does not start");
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (n && SHA256_Update(context(h), p, n) != 1)
        BUG("SHA-256 update failed");
}

void sha256_final(struct sha256 *h, struct digest *out)
{
    if (SHA256_Final(out->b, context(h)) != 1)
        BUG("SHA-256 does not end");
}

struct digest sha256_of(const void *p, size_t n)
{
    struct sha256 h;
    struct digest d;
    sha256_init(&h);
    sha256_add(&h, p, n);
    sha256_final(&h, &d);
    return d;
}

/* The eight hex digits of four bytes, the first one lowest. */
static uint64_t hex_of_four(const uint8_t *b)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t v = b[0] | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 32 | (uint64_t)b[3] << 48;
    v = (v >> 4 | v << 8) & ones * 0x0f;             /* a digit's value in each byte */
    uint64_t is_letter = (v + ones * 6) >> 4 & ones; /* 1 in each byte from 10 on */
    return v + ones * '0' + is_letter * ('a' - 10 - '0');
}

void digest_hex(const struct digest *d, char out[SHA256_HEX + 1])
{
    for (int i = 0; i < SHA256_BYTES; i += 4) {
        uint64_t digits = htole64(hex_of_four(d->b + i));
        memcpy(out + 2 * i, &digits, sizeof digits);
    }
    out[SHA256_HEX] = '\0';
}

static int hex_value(char c)
{
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_from_hex(struct str hex, struct digest *out)
{
    if (hex.n != SHA256_HEX)
        return false;
    for (int i = 0; i < SHA256_BYTES; i++) {
        int hi = hex_value(hex.p[2 * i]), lo = hex_value(hex.p[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out->b[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
