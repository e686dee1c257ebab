/* SPDX-License-Identifier: Apache-2.0 */
/* The one formula of result keys. A change of it makes every store start anew. */
#include <config.h>

#include "exec/key.h"

struct digest result_key(const struct digest *op, const struct digest *parent,
                         const struct digest *input)
{
    static const struct digest none;
    unsigned char bytes[16 + 3 * SHA256_BYTES] = "obkit-result 1";
    bytes[14] = parent != NULL;
    bytes[15] = input != NULL;
    memcpy(bytes + 16, op->b, SHA256_BYTES);
    memcpy(bytes + 16 + SHA256_BYTES, (parent ? parent : &none)->b, SHA256_BYTES);
    memcpy(bytes + 16 + 2 * SHA256_BYTES, (input ? input : &none)->b, SHA256_BYTES);
    return sha256_of(bytes, sizeof bytes);
}

struct digest image_key(const struct digest *content, bool has_one_owner)
{
    struct digest op =
        has_one_owner ? sha256_of("obkit-image one owner", 21) : sha256_of("obkit-image 1", 13);
    return result_key(&op, NULL, content);
}
