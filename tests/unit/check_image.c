/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of base images, kept and read back. */
#include <config.h>

#include "exec/image.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

static struct arena a; /* each test runs in a process of its own */
static struct store_dir sd;
static struct digest key;
static struct ob_err err;

static void start(void)
{
    store_dir_start(&sd);
    key = digest_filled(0x5a);
}

static void stop(void)
{
    store_dir_end(&sd);
}

static void push(struct str_vec *v, const char *x, const char *y)
{
    vec_push(&a, v, str_from(x));
    vec_push(&a, v, str_from(y));
}

static void same(const struct str_vec *got, const struct str_vec *want)
{
    ck_assert_uint_eq(got->n, want->n);
    for (size_t i = 0; i < got->n; i++)
        ck_assert_strs(got->at[i], want->at[i]);
}

/* A file in the place of the configuration. */
static void put(const char *text)
{
    char name[SHA256_HEX + 20] = "state/config/";
    digest_hex(&key, name + strlen(name));
    scratch_text(&sd.dir, name, text);
}

START_TEST(what_is_saved_comes_back)
{
    struct image_info in = {.digest = digest_filled(7), .user = STR("me:us"), .workdir = STR("/w")};
    struct image_info out;
    push(&in.env, "PATH=/bin", "QUOTE=\"\\\n\xc3\xa9");
    push(&in.entrypoint, "a", "");
    push(&in.cmd, "b", "c d");
    push(&in.shell, "/bin/sh", "-c");
    push(&in.onbuild, "RUN x", "COPY . .");
    in.inherited = STR("{\"config\":{\"Labels\":{\"a\":\"b\"}}}");
    ck_assert_ok(image_save(&sd.layout, &key, &in, &err), &err);
    ck_assert_int_eq(image_load(&sd.layout, &key, &a, &out, &err), 1);
    ck_assert(digest_eq(&out.digest, &in.digest));
    ck_assert_strs(out.user, in.user);
    ck_assert_strs(out.workdir, in.workdir);
    ck_assert_strs(out.inherited, in.inherited);
    same(&out.env, &in.env);
    same(&out.entrypoint, &in.entrypoint);
    same(&out.cmd, &in.cmd);
    same(&out.shell, &in.shell);
    same(&out.onbuild, &in.onbuild);
    struct base_config base = image_base_config(&out);
    ck_assert_uint_eq(base.n_env, 2);
    struct str path;
    ck_assert_int_eq(text_value(&a, text_env(&a, STR("PATH")), &base, &path, &err), 0);
    ck_assert_strs(path, STR("/bin"));
}
END_TEST

START_TEST(saving_again_replaces)
{
    struct image_info in = {.user = STR("one")}, out;
    ck_assert_ok(image_save(&sd.layout, &key, &in, &err), &err);
    in.user = STR("two");
    ck_assert_ok(image_save(&sd.layout, &key, &in, &err), &err);
    ck_assert_int_eq(image_load(&sd.layout, &key, &a, &out, &err), 1);
    ck_assert_strs(out.user, STR("two"));
}
END_TEST

START_TEST(an_unknown_image_is_absent)
{
    struct image_info out;
    ck_assert_int_eq(image_load(&sd.layout, &key, &a, &out, &err), 0);
}
END_TEST

START_TEST(a_damaged_file_is_as_none)
{
    static const char *const texts[] = {"", "{", "[]", "{}", "{\"digest\":\"x\"}"};
    struct image_info out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(texts[i]);
        ck_assert_int_eq(image_load(&sd.layout, &key, &a, &out, &err), 0);
    }
}
END_TEST

UNIT_MAIN_WITH("image", start, stop, what_is_saved_comes_back, saving_again_replaces,
               an_unknown_image_is_absent, a_damaged_file_is_as_none)
