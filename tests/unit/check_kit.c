/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing backends: what is unknown is refused with what there is, and the default place. */
#include <config.h>

#include "exec/kit.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <sys/prctl.h>

static void refused(const char *store, const char *sandbox, const char *want)
{
    struct kit k;
    struct ob_err err = OB_ERR_INIT;
    struct kit_request q = {.store = store, .sandbox = sandbox};
    ck_assert_int_eq(kit_open(&q, &k, &err), -1);
    ck_assert_msg(str_starts(str_from(err.text), str_from(want)), "%s", err.text);
    ck_assert_int_eq(err.errnum, KIT_USAGE);
    ck_assert_ptr_null(k.store);
    ck_assert_ptr_null(k.sandbox);
}

START_TEST(unknown_stores_are_refused_with_those_there_are)
{
    refused("zip:/x", NULL, "unknown kind of store \"zip\": there is overlayfs:PATH, ");
    refused("/var/store", NULL, "unknown kind of store \"/var/store\": there is ");
    refused("", NULL, "unknown kind of store \"\": there is ");
    refused("copyx:/x", NULL, "unknown kind of store \"copyx\": there is ");
}
END_TEST

START_TEST(a_store_needs_a_path)
{
    refused("copy", NULL, "store \"copy\" needs a path: copy:PATH");
    refused("copy:", NULL, "store \"copy:\" needs a path: copy:PATH");
}
END_TEST

START_TEST(unknown_sandboxes_are_refused_with_those_that_fit)
{
    struct scratch_dir d;
    char store[80];
    scratch_start(&d);
    snprintf(store, sizeof store, "copy:%s/store", d.path);
    refused(store, "vm", "unknown sandbox \"vm\" (for store copy there is native");
    scratch_end(&d);
}
END_TEST

START_TEST(a_store_opens_without_a_sandbox)
{
    struct scratch_dir d;
    char store[80];
    struct kit k;
    struct ob_err err = OB_ERR_INIT;
    scratch_start(&d);
    snprintf(store, sizeof store, "copy:%s/store", d.path);
    struct kit_request q = {.store = store, .sandbox = ""};
    ck_assert_ok(kit_open(&q, &k, &err), &err);
    ck_assert_ptr_nonnull(k.store);
    ck_assert_ptr_null(k.sandbox);
    kit_close(&k);
    scratch_end(&d);
}
END_TEST

static void default_dir_is(const char *want)
{
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(kit_default_dir(&b, &err), &err);
    ck_assert_str_eq(b.p, want);
    buf_free(&b);
}

START_TEST(the_default_place_of_users_is_in_their_cache)
{
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    setenv("HOME", "/home/me", 1);
    default_dir_is("/xdg/obkit");
    setenv("XDG_CACHE_HOME", "relative", 1); /* to be ignored, says the XDG specification */
    default_dir_is("/home/me/.cache/obkit");
    unsetenv("XDG_CACHE_HOME");
    default_dir_is("/home/me/.cache/obkit");
    unsetenv("HOME");
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(kit_default_dir(&b, &err), -1);
    ck_assert_str_eq(err.text, "no place for a store: give --store or set HOME");
    if (getuid() == 0) /* the leak checker has to trace this process */
        ck_assert_int_eq(seteuid(0) | prctl(PR_SET_DUMPABLE, 1), 0);
}
END_TEST

START_TEST(the_default_place_of_root_is_the_machines)
{
    if (geteuid() != 0)
        return; /* there is no way to become root */
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    default_dir_is("/var/cache/obkit");
}
END_TEST

START_TEST(every_backend_is_described_in_a_line)
{
    struct buf b = BUF_INIT;
    kit_describe("/tmp", &b);
    ck_assert_ptr_nonnull(strstr(b.p, "\n  overlayfs "));
    ck_assert_ptr_nonnull(strstr(b.p, "\n  native "));
    ck_assert_ptr_nonnull(strstr(b.p, "\n  oci-layout "));
    ck_assert_int_eq(b.p[b.n - 1], '\n');
    buf_free(&b);
}
END_TEST

UNIT_MAIN("kit", unknown_stores_are_refused_with_those_there_are, a_store_needs_a_path,
          unknown_sandboxes_are_refused_with_those_that_fit, a_store_opens_without_a_sandbox,
          the_default_place_of_users_is_in_their_cache, the_default_place_of_root_is_the_machines,
          every_backend_is_described_in_a_line)
