/* SPDX-License-Identifier: Apache-2.0 */
/* Result keys, pinned: another formula makes every store start anew. */
#include <config.h>

#include "exec/key.h"
#include "tests/unit/fixture.h"

static struct digest filled(unsigned char byte)
{
    struct digest d;
    memset(d.b, byte, sizeof d.b);
    return d;
}

static void is(struct digest d, const char *want)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&d, hex);
    ck_assert_str_eq(hex, want);
}

START_TEST(keys_are_pinned)
{
    struct digest op = filled(1), parent = filled(2), input = filled(3);
    is(result_key(&op, NULL, NULL),
       "208c4773d78244a069c9d282bf9306a1981addab4e67085d09a37cedcb172de3");
    is(result_key(&op, &parent, NULL),
       "f8060b80e93c1a9c444284448d6210160bbae10df7b01d4a5d8ffdc5a3895ec6");
    is(result_key(&op, &parent, &input),
       "4305d2df0cd7ff41cd2ef06ab63d68245f32ba75c05c82e9f3c9230270996bff");
    is(result_key(&op, NULL, &input),
       "b25f5bccddda08154103db262fee4195765abe41bb91935e198a62209b434667");
    is(image_key(&input, false),
       "7f9aa990c74e8b3fedb25b18bdbf7485eee400d44335e50f3181ee4f04906be0");
}
END_TEST

START_TEST(nothing_is_not_a_digest_of_zeros)
{
    struct digest op = filled(1), zeros = filled(0), x, y;
    x = result_key(&op, NULL, NULL);
    y = result_key(&op, &zeros, NULL);
    ck_assert(!digest_eq(&x, &y));
    y = result_key(&op, NULL, &zeros);
    ck_assert(!digest_eq(&x, &y));
}
END_TEST

START_TEST(parent_and_input_are_not_exchangeable)
{
    struct digest op = filled(1), p = filled(2), q = filled(3);
    struct digest x = result_key(&op, &p, &q), y = result_key(&op, &q, &p);
    ck_assert(!digest_eq(&x, &y));
    x = result_key(&op, &p, NULL);
    y = result_key(&op, NULL, &p);
    ck_assert(!digest_eq(&x, &y));
}
END_TEST

UNIT_MAIN("key", keys_are_pinned, nothing_is_not_a_digest_of_zeros,
          parent_and_input_are_not_exchangeable)
