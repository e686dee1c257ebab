/* SPDX-License-Identifier: Apache-2.0 */
/* --output and --tag as users write them. */
#include <config.h>

#include "exec/output.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */
static struct ob_err err;
static struct outputs list;

static int parse_with(const char *output, const char *tag)
{
    struct build_options o = {0};
    struct target t = {.stage = NO_STEP};
    struct plan plan = PLAN_INIT(&a);
    vec_push(&a, &plan.targets, t);
    vec_push(&a, &o.outputs, str_from(output));
    if (tag)
        vec_push(&a, &o.tags, str_from(tag));
    err = OB_ERR_INIT;
    return outputs_parse(&a, &o, &plan, &list, &err);
}

static const struct output *parse(const char *output)
{
    ck_assert_ok(parse_with(output, NULL), &err);
    ck_assert_uint_eq(list.n, 1);
    return &list.at[0];
}

START_TEST(a_path_alone_is_a_directory)
{
    ck_assert_int_eq(parse("out/dir,x")->type, OUTPUT_LOCAL);
    ck_assert_str_eq(list.at[0].dest, "out/dir,x");
}
END_TEST

START_TEST(a_dash_alone_is_a_tar_archive_on_standard_output)
{
    ck_assert_int_eq(parse("-")->type, OUTPUT_TAR);
    ck_assert_ptr_null(list.at[0].dest);
    ck_assert(outputs_take_stdout(&list));
}
END_TEST

START_TEST(types_have_their_keys)
{
    const struct output *o = parse("type=oci,dest=x=y,tar=false,compression=zstd,name=n");
    ck_assert_int_eq(o->type, OUTPUT_OCI);
    ck_assert_str_eq(o->dest, "x=y");
    ck_assert(o->is_directory);
    ck_assert_int_eq(o->compression, LAYER_ZSTD);
    ck_assert_strs(o->names.at[0].familiar, STR("n:latest"));
    ck_assert(!outputs_take_stdout(&list));
    o = parse("dest=x,type=docker");
    ck_assert_int_eq(o->type, OUTPUT_DOCKER);
    ck_assert_int_eq(o->compression, LAYER_GZIP);
    ck_assert(!o->is_directory);
    ck_assert_ptr_null(parse("type=docker")->dest);
    ck_assert_ptr_null(parse("type=tar,dest=-")->dest);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    static const char *const wrong[] = {
        "type=",
        "type=image,dest=x",
        "dest=x",
        "type=tar,dest=",
        "type=tar,dest=x,",
        "type=tar,dest=x,size=3",
        "type=local,dest=-",
        "type=local",
        "type=oci,tar=maybe,dest=x",
        "type=oci,tar=false",
        "type=docker,tar=true,dest=x",
        "type=local,dest=x,name=n",
        "type=oci,dest=x,name=",
        "type=oci,dest=x,compression=",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(parse_with(wrong[i], NULL) < 0, "\"%s\" is accepted", wrong[i]);
        ck_assert_str_ne(err.text, "");
    }
}
END_TEST

START_TEST(tags_are_for_images)
{
    ck_assert_int_eq(parse_with("type=tar", "x"), -1);
    ck_assert_ok(parse_with("type=oci,name=a", "b"), &err);
    ck_assert_uint_eq(list.at[0].names.n, 2);
    ck_assert_ok(parse_with("type=oci,name=a,name=b,name=a:latest", "b"), &err);
    ck_assert_uint_eq(list.at[0].names.n, 2);
}
END_TEST

static void name_is(const char *text, const char *full, const char *familiar, const char *tag)
{
    struct image_name n;
    ck_assert_ok(image_name_parse(&a, str_from(text), &n, &err), &err);
    ck_assert_strs(n.full, str_from(full));
    ck_assert_strs(n.familiar, str_from(familiar));
    ck_assert_strs(n.tag, str_from(tag));
}

START_TEST(names_are_completed_as_docker_does)
{
    name_is("app", "docker.io/library/app:latest", "app:latest", "latest");
    name_is("app:1.0", "docker.io/library/app:1.0", "app:1.0", "1.0");
    name_is("me/app", "docker.io/me/app:latest", "me/app:latest", "latest");
    name_is("docker.io/library/app", "docker.io/library/app:latest", "app:latest", "latest");
    name_is("docker.io/app", "docker.io/library/app:latest", "app:latest", "latest");
    name_is("localhost/app", "localhost/app:latest", "localhost/app:latest", "latest");
    name_is("r.example:5000/a/b__c-d:T_1.x", "r.example:5000/a/b__c-d:T_1.x",
            "r.example:5000/a/b__c-d:T_1.x", "T_1.x");
    name_is("host:5000/a", "host:5000/a:latest", "host:5000/a:latest", "latest");
}
END_TEST

START_TEST(malformed_names_are_refused)
{
    static const char *const wrong[] = {
        "",         "App",   "a//b", "/a",   "a/",     "a:",        "a:b/c",
        "a:-x",     "a b",   "-a",   "a-",   "a..b",   "a___b",     "a._b",
        "a@sha256", "a:b:c", "a\n",  "../a", "a:\xc3", "h_st.ex/a", "host:x/a",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct image_name n;
        ck_assert_msg(image_name_parse(&a, str_from(wrong[i]), &n, &err) < 0, "\"%s\" is accepted",
                      wrong[i]);
    }
}
END_TEST

UNIT_MAIN("output", a_path_alone_is_a_directory, a_dash_alone_is_a_tar_archive_on_standard_output,
          types_have_their_keys, what_makes_no_sense_is_refused, tags_are_for_images,
          names_are_completed_as_docker_does, malformed_names_are_refused)
