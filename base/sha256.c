/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256: a thin cover over EVP. The algorithm is fetched once, as EVP_sha256() would search for
 * it at every use. */
#include <config.h>

#include "base/sha256.h"

#include "base/err.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const EVP_MD *algorithm(void)
{
    static const EVP_MD *md; /* set once, never freed: a process-wide constant */
    if (!md) { /* no configuration file: reading it costs more than a small build's hashing */
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
        md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    }
    if (!md)
        BUG("this OpenSSL has no SHA-256");
    return md;
}

void sha256_init(struct sha256 *h)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx)
        ob_out_of_memory();
    if (EVP_DigestInit_ex2(ctx, algorithm(), NULL) != 1)
        BUG("SHA-256 does not start");
    h->ctx = ctx;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (n && EVP_DigestUpdate(h->ctx, p, n) != 1)
        BUG("SHA-256 update failed");
}

void sha256_final(struct sha256 *h, struct digest *out)
{
    if (EVP_DigestFinal_ex(h->ctx, out->b, NULL) != 1)
        BUG("SHA-256 does not end");
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}

struct digest sha256_next(struct sha256 *h, const void *p, size_t n)
{
    struct digest d;
    if (EVP_DigestInit_ex2(h->ctx, NULL, NULL) != 1 || (n && EVP_DigestUpdate(h->ctx, p, n) != 1) ||
        EVP_DigestFinal_ex(h->ctx, d.b, NULL) != 1)
        BUG("SHA-256 failed");
    return d;
}

void sha256_free(struct sha256 *h)
{
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}

struct digest sha256_of(const void *p, size_t n)
{
    struct digest d;
    if (EVP_Digest(p, n, d.b, NULL, algorithm(), NULL) != 1)
        BUG("SHA-256 failed");
    return d;
}

void digest_hex(const struct digest *d, char out[SHA256_HEX + 1])
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = hex[d->b[i] >> 4];
        out[2 * i + 1] = hex[d->b[i] & 15];
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
