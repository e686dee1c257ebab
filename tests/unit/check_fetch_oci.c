/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "backends/backends.h"
#include "base/cleanup.h"
#include "tests/unit/image_maker.h"

const struct fetch_ops *const kit_fetchers[] = {&fetch_oci_layout_ops, &fetch_oci_archive_ops,
                                                NULL};

static struct arena arena;
static struct ob_err err;
static struct image_info info;
static int temp;

#define INDEX "application/vnd.oci.image.index.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define CONFIG "application/vnd.oci.image.config.v1+json"
#define LAYER "application/vnd.oci.image.layer.v1.tar"

/* The text of a descriptor; `more` is put before its end. */
static const char *describe(const char *type, struct str content, const char *more)
{
    struct digest d = sha256_of(content.p, content.n);
    char hex[SHA256_HEX + 1];
    digest_hex(&d, hex);
    return arena_printf(&arena, "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu%s}",
                        type, hex, content.n, more)
        .p;
}

static const char *blob_file(struct str content)
{
    struct digest d = sha256_of(content.p, content.n);
    char hex[SHA256_HEX + 1];
    digest_hex(&d, hex);
    return arena_printf(&arena, "layout/blobs/sha256/%s", hex).p;
}

/* Stores a blob and gives its descriptor. */
static const char *store(const char *type, struct str content, const char *more)
{
    write_file(blob_file(content), content);
    return describe(type, content, more);
}

static void write_index(const char *manifests)
{
    write_file("layout/index.json",
               arena_printf(&arena, "{\"schemaVersion\":2,\"manifests\":[%s]}", manifests));
}

static struct str make_layer(const char *name, const char *text)
{
    make_tar("layer.tar", TAR_PLAIN, {name, .text = text});
    return read_file(&arena, "layer.tar");
}

static struct str manifest_of(const char *config, const char *layers)
{
    return arena_printf(&arena, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}", config,
                        layers);
}

/* Stores an image of one layer, with a file of this name, and gives its manifest. */
static struct str make_image(const char *name, const char *config)
{
    const char *layer = store(LAYER, make_layer(name, name), "");
    return manifest_of(store(CONFIG, str_from(config), ""), layer);
}

static const char *tagged(const char *tag)
{
    return arena_printf(&arena, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}",
                        tag)
        .p;
}

static const char *for_platform(const char *arch, const char *variant)
{
    return arena_printf(
               &arena,
               ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\",\"variant\":\"%s\"}", arch,
               variant)
        .p;
}

static void begin(void)
{
    arena = ARENA_INIT;
    err = OB_ERR_INIT;
    temp = enter_temp();
    ck_assert_int_eq(mkdir("root", 0755), 0);
    ck_assert_int_eq(mkdir("layout", 0755), 0);
    ck_assert_int_eq(mkdir("layout/blobs", 0755), 0);
    ck_assert_int_eq(mkdir("layout/blobs/sha256", 0755), 0);
    write_file("layout/oci-layout", STR("{\"imageLayoutVersion\":\"1.0.0\"}"));
}

static void end(void)
{
    arena_free(&arena);
    leave_temp(temp);
}

static int resolve(const char *ref, const char *platform)
{
    struct fetch_ref r;
    ck_assert_ok(fetch_parse(str_from(ref), &r, &err), &err);
    return fetch_resolve(&r, &arena, str_from(platform), &info, &err);
}

static int fetch(const char *ref)
{
    struct fetch_ref r;
    cleanup_close int root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct rootfs fs = {.kind = ROOTFS_DIR, .fd = root, .plain = -1};
    if (resolve(ref, "") < 0 || fetch_parse(str_from(ref), &r, &err) < 0)
        return -1;
    return fetch_into(&r, STR(""), &info.digest, &fs, &err);
}

static void says(int rc, const char *text)
{
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(strstr(err.text, text), "the error is: %s", err.text);
}

static const char full_config[] =
    "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1\",\"B=\"],\"User\":"
    "\"7:8\","
    "\"WorkingDir\":\"/w\",\"Entrypoint\":[\"/e\"],\"Cmd\":[\"c\",\"d\"],\"Shell\":[\"/s\",\"-c\"],"
    "\"OnBuild\":[\"RUN "
    "x\"],\"Labels\":{\"l\":\"v\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

START_TEST(an_image_has_its_digest_configuration_and_files)
{
    begin();
    struct str m = make_image("hello", full_config);
    struct digest want = sha256_of(m.p, m.n);
    write_index(store(MANIFEST, m, ""));
    ck_assert_ok(fetch("oci-layout://layout"), &err);
    ck_assert(digest_eq(&info.digest, &want));
    ck_assert_uint_eq(info.env.n, 2);
    ck_assert_strs(info.env.at[0], STR("A=1"));
    ck_assert_strs(info.env.at[1], STR("B="));
    ck_assert_strs(info.user, STR("7:8"));
    ck_assert_strs(info.workdir, STR("/w"));
    ck_assert_strs(info.entrypoint.at[0], STR("/e"));
    ck_assert_uint_eq(info.cmd.n, 2);
    ck_assert_strs(info.cmd.at[1], STR("d"));
    ck_assert_strs(info.shell.at[1], STR("-c"));
    ck_assert_strs(info.onbuild.at[0], STR("RUN x"));
    ck_assert_strs(info.inherited,
                   STR("{\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"c\",\"d\"],"
                       "\"Entrypoint\":[\"/e\"],\"Env\":[\"A=1\",\"B=\"],\"Labels\":{\"l\":\"v\"},"
                       "\"OnBuild\":[\"RUN x\"],\"Shell\":[\"/s\",\"-c\"],\"User\":\"7:8\","
                       "\"WorkingDir\":\"/w\"},\"os\":\"linux\"}"));
    ck_assert_strs(read_file(&arena, "root/hello"), STR("hello"));
    end();
}
END_TEST

START_TEST(an_empty_configuration_is_fine)
{
    begin();
    write_index(store(MANIFEST, make_image("x", "{\"config\":{\"Cmd\":null}}"), ""));
    ck_assert_ok(resolve("oci-layout:layout", ""), &err);
    ck_assert_uint_eq(info.env.n + info.cmd.n + info.user.n, 0);
    end();
}
END_TEST

START_TEST(what_images_inherit_has_the_right_types)
{
    begin();
    write_index(store(MANIFEST, make_image("x", "{\"config\":{\"Labels\":[]}}"), ""));
    says(resolve("oci-layout:layout", ""), "\"config.Labels\" must be an object");
    write_index(store(MANIFEST, make_image("x", "{\"config\":{\"StopSignal\":9}}"), ""));
    says(resolve("oci-layout:layout", ""), "\"config.StopSignal\" must be a string");
    end();
}
END_TEST

START_TEST(layers_are_unpacked_lowest_first)
{
    begin();
    const char *low = store(LAYER, make_layer("f", "low"), "");
    make_tar("high.tgz", TAR_GZIP, {"f", .text = "high"}, {"g", .text = "g"});
    const char *high = store(LAYER "+gzip", read_file(&arena, "high.tgz"), "");
    const char *config = store(CONFIG, STR("{}"), "");
    const char *layers = arena_printf(&arena, "%s,%s", low, high).p;
    write_index(store(MANIFEST, manifest_of(config, layers), ""));
    ck_assert_ok(fetch("oci-layout:layout"), &err);
    ck_assert_strs(read_file(&arena, "root/f"), STR("high"));
    end();
}
END_TEST

START_TEST(a_blob_with_other_bytes_of_the_same_size_is_refused)
{
    begin();
    struct str layer = make_layer("f", "good");
    struct str m = make_image("f", "{}");
    write_index(store(MANIFEST, m, ""));
    struct str evil_layer = make_layer("f", "evil");
    ck_assert_uint_eq(layer.n, evil_layer.n);
    struct str real = make_layer("f", "f");
    write_file(blob_file(real), make_layer("f", "g"));
    says(fetch("oci-layout:layout"), "its content has the digest sha256:");
    write_file(blob_file(real), real);
    ck_assert_ok(fetch("oci-layout:layout"), &err);
    write_file(blob_file(STR("{}")), STR("[]"));
    says(resolve("oci-layout:layout", ""), "its content has the digest sha256:");
    write_file(blob_file(STR("{}")), STR("{}"));
    struct str other = arena_str(&arena, m);
    ((char *)other.p)[other.n - 1] = ' ';
    write_file(blob_file(m), other);
    says(resolve("oci-layout:layout", ""), "its content has the digest sha256:");
    end();
}
END_TEST

START_TEST(a_blob_of_another_size_is_refused)
{
    begin();
    write_index(store(MANIFEST, make_image("f", "{}"), ""));
    write_file(blob_file(STR("{}")), STR("{} "));
    says(resolve("oci-layout:layout", ""), "has 3 bytes and must have 2");
    write_file(blob_file(STR("{}")), STR("{}"));
    struct str layer = make_layer("f", "f");
    write_file(blob_file(layer), str_of(layer.p, layer.n - 512));
    says(fetch("oci-layout:layout"), "and must have");
    end();
}
END_TEST

START_TEST(missing_blobs_and_files_are_named)
{
    begin();
    struct str m = make_image("f", "{}");
    says(resolve("oci-layout:layout", ""), "it has no file \"index.json\"");
    write_index(describe(MANIFEST, m, ""));
    says(resolve("oci-layout:layout", ""), "it has no file \"blobs/sha256/");
    store(MANIFEST, m, "");
    unlink(blob_file(make_layer("f", "f")));
    says(fetch("oci-layout:layout"), "it has no file \"blobs/sha256/");
    unlink("layout/oci-layout");
    says(resolve("oci-layout:layout", ""), "it has no file \"oci-layout\"");
    says(resolve("oci-layout:absent", ""), "can't open \"absent\": No such file");
    end();
}
END_TEST

START_TEST(tags_choose)
{
    begin();
    const char *a = store(MANIFEST, make_image("a", "{}"), tagged("one"));
    const char *b = store(MANIFEST, make_image("b", "{}"), tagged("reg.io/x:two"));
    write_index(arena_printf(&arena, "%s,%s", a, b).p);
    ck_assert_ok(fetch("oci-layout:layout:reg.io/x:two"), &err);
    ck_assert(there_is("root/b") && !there_is("root/a"));
    ck_assert_ok(fetch("oci-layout://layout:one"), &err);
    ck_assert(there_is("root/a"));
    says(resolve("oci-layout:layout", ""), "its tags are \"one\", \"reg.io/x:two\"");
    says(resolve("oci-layout:layout:three", ""), "it has no tag \"three\"; its tags are \"one\"");
    says(resolve("oci-layout:layout:", ""), "the tag after \"layout:\" is missing");
    end();
}
END_TEST

START_TEST(platforms_choose_also_in_nested_indexes)
{
    begin();
    const char *list =
        arena_printf(&arena, "%s,%s,%s,%s",
                     store(MANIFEST, make_image("a", "{}"), for_platform("s390x", "")),
                     store(MANIFEST, make_image("b", "{}"), for_platform("arm", "v6")),
                     store(MANIFEST, make_image("c", "{}"), for_platform("arm", "v7")),
                     store(MANIFEST, make_image("d", "{}"), for_platform("arm64", "v8")))
            .p;
    struct str nested = arena_printf(&arena, "{\"manifests\":[%s]}", list);
    struct str c = make_image("c", "{}"), d = make_image("d", "{}");
    struct digest want_c = sha256_of(c.p, c.n), want_d = sha256_of(d.p, d.n);
    for (int is_nested = 0; is_nested < 2; is_nested++) {
        write_index(is_nested ? store(INDEX, nested, tagged("all")) : list);
        ck_assert_ok(resolve("oci-layout:layout", "linux/arm"), &err);
        ck_assert(digest_eq(&info.digest, &want_c));
        ck_assert_ok(resolve("oci-layout:layout", "linux/arm64"), &err);
        ck_assert(digest_eq(&info.digest, &want_d));
        says(resolve("oci-layout:layout", "linux/mips"),
             "no image for linux/mips; there is --platform linux/s390x, linux/arm/v6");
    }
    says(resolve("oci-layout:layout", "linux"), "not of the form os/arch[/variant]");
    says(resolve("oci-layout:layout", "linux/"), "not of the form os/arch[/variant]");
    end();
}
END_TEST

START_TEST(an_image_that_stands_alone_is_checked_against_the_platform_asked_for)
{
    begin();
    write_index(
        store(MANIFEST, make_image("a", "{\"os\":\"linux\",\"architecture\":\"mips\"}"), ""));
    ck_assert_ok(resolve("oci-layout:layout", ""), &err);
    ck_assert_ok(resolve("oci-layout:layout", "linux/mips"), &err);
    says(resolve("oci-layout:layout", "linux/arm"),
         "the image is for linux/mips, not for linux/arm");
    end();
}
END_TEST

START_TEST(endless_indexes_end)
{
    begin();
    struct str last = STR("{\"manifests\":[]}");
    const char *d = store(INDEX, last, "");
    for (int i = 0; i < 8; i++)
        d = store(INDEX, arena_printf(&arena, "{\"manifests\":[%s]}", d), "");
    write_index(d);
    says(resolve("oci-layout:layout", ""), "nested more than");
    end();
}
END_TEST

static void config_says(const char *config, const char *text)
{
    write_index(store(MANIFEST, make_image("a", config), ""));
    says(resolve("oci-layout:layout", ""), text);
    ck_assert_msg(strstr(err.text, strrchr(blob_file(str_from(config)), '/') + 1),
                  "the blob is not named: %s", err.text);
}

START_TEST(configurations_of_wrong_types_are_errors_with_a_path)
{
    begin();
    config_says("{\"config\":[]}", "\"config\" must be an object");
    config_says("{\"config\":{\"Env\":\"A=b\"}}", "\"config.Env\" must be an array");
    config_says("{\"config\":{\"Env\":[\"A=b\",7]}}", "\"config.Env[1]\" must be a string");
    config_says("{\"config\":{\"Env\":[\"A=b\",\"=c\"]}}", "\"config.Env[1]\" must have the form");
    config_says("{\"config\":{\"User\":0}}", "\"config.User\" must be a string");
    config_says("{\"config\":{\"Cmd\":{}}}", "\"config.Cmd\" must be an array");
    config_says("[]", "\".\" must be an object");
    config_says("{\"config\":", "not valid JSON: line 1");
    config_says("{\"a\":1,\"a\":2}", "not valid JSON");
    end();
}
END_TEST

START_TEST(malformed_indexes_are_errors_with_a_path)
{
    begin();
    write_file("layout/index.json", STR("{\"manifests\":"));
    says(resolve("oci-layout:layout", ""), "\"index.json\": not valid JSON: line 1");
    write_file("layout/index.json", STR(""));
    says(resolve("oci-layout:layout", ""), "\"index.json\": not valid JSON");
    write_file("layout/index.json", STR("{}"));
    says(resolve("oci-layout:layout", ""), "\"index.json\": \"manifests\" is missing");
    write_index("7");
    says(resolve("oci-layout:layout", ""), "\"manifests[0]\" must be an object");
    write_index("{\"mediaType\":\"" MANIFEST "\",\"size\":1}");
    says(resolve("oci-layout:layout", ""), "\"manifests[0].digest\" is missing");
    write_index("{\"mediaType\":\"" MANIFEST "\",\"size\":1,\"digest\":\"sha256:../../../x\"}");
    says(resolve("oci-layout:layout", ""), "\"manifests[0].digest\": digest \"sha256:../../../x\"");
    write_index("{\"mediaType\":\"" MANIFEST "\",\"size\":\"1\",\"digest\":\"x\"}");
    says(resolve("oci-layout:layout", ""), "\"manifests[0].size\" must be an integer");
    write_index("");
    says(resolve("oci-layout:layout", "linux/arm"), "no image for linux/arm; there is none");
    write_file("layout/oci-layout", STR("{\"imageLayoutVersion\":\"2.0.0\"}"));
    says(resolve("oci-layout:layout", ""), "\"oci-layout\": layout version \"2.0.0\"");
    end();
}
END_TEST

START_TEST(layers_of_unknown_types_are_refused)
{
    begin();
    const char *layer = store("application/x-squashfs", make_layer("f", "f"), "");
    write_index(store(MANIFEST, manifest_of(store(CONFIG, STR("{}"), ""), layer), ""));
    says(fetch("oci-layout:layout"), "a layer of type \"application/x-squashfs\"");
    end();
}
END_TEST

static void pack_layout(const char *to, struct str m, struct str layer)
{
    make_tar(to, TAR_PLAIN, {"./blobs", AE_IFDIR},
             {"./index.json", .text = read_file(&arena, "layout/index.json").p},
             {blob_file(m) + strlen("layout/"), .text = m.p},
             {blob_file(STR("{}")) + strlen("layout/"), .text = "{}"},
             {blob_file(layer) + strlen("layout/"), .text = layer.p},
             {"oci-layout", .text = read_file(&arena, "layout/oci-layout").p});
}

START_TEST(an_archive_is_read_like_its_directory)
{
    begin();
    /* make_tar takes text, so the archive has a layer that is text too: it is no tar, but it is
     * reached, and its digest is right. */
    struct str text = STR("a layer that is not a tar file");
    const char *layer = store(LAYER, text, "");
    struct str m = manifest_of(store(CONFIG, STR("{}"), ""), layer);
    struct digest want = sha256_of(m.p, m.n);
    write_index(store(MANIFEST, m, tagged("t")));
    pack_layout("image.tar", m, text);
    ck_assert_ok(resolve("oci-archive:image.tar:t", ""), &err);
    ck_assert(digest_eq(&info.digest, &want));
    says(fetch("oci-archive:image.tar"), "image \"image.tar\": \"blobs/sha256/");
    says(resolve("oci-archive:image.tar:u", ""), "it has no tag \"u\"");
    struct str bytes = read_file(&arena, "image.tar");
    write_file("image.tar", str_of(bytes.p, bytes.n / 2));
    ck_assert_int_eq(resolve("oci-archive:image.tar", ""), -1);
    says(resolve("oci-archive:layout", ""), "\"layout\" is not a regular file");
    end();
}
END_TEST

START_TEST(a_digest_that_is_gone_is_not_replaced_by_another_image)
{
    begin();
    struct fetch_ref r;
    struct rootfs fs = {
        .kind = ROOTFS_DIR, .plain = -1, .fd = open("root", O_DIRECTORY | O_CLOEXEC)};
    struct str first = make_image("a", "{}");
    write_index(store(MANIFEST, first, ""));
    ck_assert_ok(resolve("oci-layout:layout", ""), &err);
    unlink(blob_file(first));
    write_index(store(MANIFEST, make_image("b", "{}"), ""));
    ck_assert_ok(fetch_parse(STR("oci-layout:layout"), &r, &err), &err);
    says(fetch_into(&r, STR(""), &info.digest, &fs, &err), "it has no file");
    ck_assert(!there_is("root/b"));
    close(fs.fd);
    end();
}
END_TEST

UNIT_MAIN_AS_ROOT("fetch_oci", NULL, NULL, an_image_has_its_digest_configuration_and_files,
                  an_empty_configuration_is_fine, what_images_inherit_has_the_right_types,
                  layers_are_unpacked_lowest_first,
                  a_blob_with_other_bytes_of_the_same_size_is_refused,
                  a_blob_of_another_size_is_refused, missing_blobs_and_files_are_named, tags_choose,
                  platforms_choose_also_in_nested_indexes,
                  an_image_that_stands_alone_is_checked_against_the_platform_asked_for,
                  endless_indexes_end, configurations_of_wrong_types_are_errors_with_a_path,
                  malformed_indexes_are_errors_with_a_path, layers_of_unknown_types_are_refused,
                  an_archive_is_read_like_its_directory,
                  a_digest_that_is_gone_is_not_replaced_by_another_image)
