/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/sha256.h"
#include "tests/unit/fixture.h"

static void expect_hex(const struct digest *d, const char *want)
{
    char hex[SHA256_HEX + 1];
    digest_hex(d, hex);
    ck_assert_str_eq(hex, want);
}

START_TEST(the_vectors_of_the_standard_come_out)
{
    static const struct {
        struct str text;
        const char *hex;
    } vectors[] = {
        {STR_INIT(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {STR_INIT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {STR_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct digest d = sha256_of(vectors[i].text.p, vectors[i].text.n);
        expect_hex(&d, vectors[i].hex);
    }
}
END_TEST

START_TEST(a_million_letters_in_pieces_of_any_size)
{
    static char letters[997];
    struct sha256 h;
    struct digest d;
    memset(letters, 'a', sizeof letters);
    sha256_init(&h);
    size_t left = 1000000;
    for (size_t n = 1; left > 0; n = (n * 7 + 3) % sizeof letters) {
        n = n < left ? n : left;
        sha256_add(&h, letters, n);
        left -= n;
    }
    sha256_add(&h, NULL, 0);
    sha256_final(&h, &d);
    expect_hex(&d, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(two_hashes_do_not_disturb_each_other)
{
    struct sha256 x, y;
    struct digest dx, dy, want = sha256_of("abc", 3);
    sha256_init(&x);
    sha256_init(&y);
    sha256_add(&x, "a", 1);
    sha256_add(&y, "x", 1);
    sha256_add(&x, "bc", 2);
    sha256_final(&y, &dy);
    sha256_final(&x, &dx);
    ck_assert(digest_eq(&dx, &want));
    ck_assert(!digest_eq(&dx, &dy));
}
END_TEST

START_TEST(hex_goes_both_ways)
{
    struct digest d = sha256_of("x", 1), back = {0};
    char hex[SHA256_HEX + 1];
    digest_hex(&d, hex);
    ck_assert_uint_eq(strlen(hex), SHA256_HEX);
    ck_assert(digest_from_hex(str_from(hex), &back));
    ck_assert(digest_eq(&d, &back));
}
END_TEST

START_TEST(only_64_lower_case_digits_are_hex)
{
    const char good[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct digest d;
    char bad[SHA256_HEX + 2];
    ck_assert(digest_from_hex(
        STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), &d));
    ck_assert(!digest_from_hex(STR(""), &d));
    ck_assert(!digest_from_hex(str_of(good, SHA256_HEX - 1), &d));
    memcpy(bad, good, SHA256_HEX);
    bad[SHA256_HEX] = '0';
    ck_assert(!digest_from_hex(str_of(bad, SHA256_HEX + 1), &d));
    for (size_t at = 0; at < SHA256_HEX; at += 21)
        for (const char *c = "AFgG /:`\x7f\xff"; *c; c++) {
            memcpy(bad, good, SHA256_HEX);
            bad[at] = *c;
            ck_assert_msg(!digest_from_hex(str_of(bad, SHA256_HEX), &d), "\"%c\" at %zu", *c, at);
        }
}
END_TEST

UNIT_MAIN("sha256", the_vectors_of_the_standard_come_out, a_million_letters_in_pieces_of_any_size,
          two_hashes_do_not_disturb_each_other, hex_goes_both_ways,
          only_64_lower_case_digits_are_hex)
