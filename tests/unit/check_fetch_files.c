/* SPDX-License-Identifier: Apache-2.0 */
/* References, and the fetchers tar, dir and docker-archive. */
#include <config.h>

#include "backends/backends.h"
#include "base/cleanup.h"
#include "tests/unit/image_maker.h"

#include <sys/socket.h>
#include <sys/un.h>

const struct fetch_ops *const kit_fetchers[] = {&fetch_tar_ops, &fetch_dir_ops,
                                                &fetch_docker_archive_ops, NULL};

static struct arena arena;
static struct ob_err err;
static struct image_info info;
static int temp;

static void begin(void)
{
    arena = ARENA_INIT;
    err = OB_ERR_INIT;
    temp = enter_temp();
    ck_assert_int_eq(mkdir("root", 0755), 0);
}

static void end(void)
{
    arena_free(&arena);
    leave_temp(temp);
}

static int resolve(const char *ref)
{
    struct fetch_ref r;
    ck_assert_ok(fetch_parse(str_from(ref), &r, &err), &err);
    return fetch_resolve(&r, &arena, STR(""), &info, &err);
}

/* Fetches what resolve found. */
static int fetch_resolved(const char *ref)
{
    struct fetch_ref r;
    cleanup_close int root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct rootfs fs = {.kind = ROOTFS_DIR, .fd = root, .plain = -1};
    ck_assert_ok(fetch_parse(str_from(ref), &r, &err), &err);
    return fetch_into(&r, STR(""), &info.digest, &fs, &err);
}

static void says(int rc, const char *text)
{
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(strstr(err.text, text), "the error is: %s", err.text);
}

START_TEST(references_have_a_known_scheme)
{
    struct fetch_ref r;
    ck_assert_ok(fetch_parse(STR("tar:/x/y"), &r, &err), &err);
    ck_assert_ptr_eq(r.ops, &fetch_tar_ops);
    ck_assert_strs(r.rest, STR("/x/y"));
    ck_assert_ok(fetch_parse(STR("dir:///x:y"), &r, &err), &err);
    ck_assert_ptr_eq(r.ops, &fetch_dir_ops);
    ck_assert_strs(r.rest, STR("/x:y"));
    says(fetch_parse(STR("debian:12"), &r, &err),
         "image \"debian:12\" can't be fetched: it must start with tar:, dir: or docker-archive:");
    says(fetch_parse(STR("tar"), &r, &err), "must start with tar:");
    says(fetch_parse(STR(""), &r, &err), "must start with tar:");
    says(fetch_parse(STR("tar:"), &r, &err), "image \"tar:\" has no path");
    says(fetch_parse(STR("dir://"), &r, &err), "image \"dir://\" has no path");
    says(fetch_parse(STR("docker-image://debian:12"), &r, &err),
         "registries are not supported: give the image with --build-context "
         "debian:12=oci-layout://DIR");
}
END_TEST

START_TEST(a_tar_is_known_by_the_digest_of_its_bytes)
{
    begin();
    make_tar("r.tar", TAR_GZIP, {"etc/x", .text = "hello", .uid = 4});
    struct str bytes = read_file(&arena, "r.tar");
    struct digest want = sha256_of(bytes.p, bytes.n);
    ck_assert_ok(resolve("tar:r.tar"), &err);
    ck_assert(digest_eq(&info.digest, &want));
    ck_assert_ok(fetch_resolved("tar:r.tar"), &err);
    ck_assert_strs(read_file(&arena, "root/etc/x"), STR("hello"));
    make_tar("r.tar", TAR_GZIP, {"etc/x", .text = "other"});
    says(fetch_resolved("tar:r.tar"), "image \"r.tar\": its content has the digest sha256:");
    says(resolve("tar:absent.tar"), "can't open \"absent.tar\"");
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    says(resolve("tar:fifo"), "\"fifo\" is not a regular file");
    end();
}
END_TEST

static void make_tree(void)
{
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(mkdir("d/sub", 0711), 0);
    write_file("d/sub/file", STR("content"));
    ck_assert_int_eq(chmod("d/sub/file", 04755), 0);
    ck_assert_int_eq(link("d/sub/file", "d/zhard"), 0);
    ck_assert_int_eq(symlink("/etc/passwd", "d/soft"), 0);
    ck_assert_int_eq(mkfifo("d/fifo", 0600), 0);
    struct timespec t[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, "d/sub", t, 0), 0);
}

START_TEST(a_directory_is_copied_with_links_and_times)
{
    struct stat st;
    begin();
    make_tree();
    ck_assert_ok(resolve("dir:d"), &err);
    ck_assert_ok(fetch_resolved("dir:d"), &err);
    ck_assert_strs(read_file(&arena, "root/zhard"), STR("content"));
    ck_assert_int_eq(lstat("root/sub/file", &st), 0);
    ck_assert_uint_eq(st.st_nlink, 2);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 04755);
    ck_assert_int_eq(lstat("root/sub", &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFDIR | 0711);
    ck_assert_int_eq(st.st_mtime, 1000);
    ck_assert_int_eq(lstat("root/soft", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_int_eq(lstat("root/fifo", &st), 0);
    ck_assert(S_ISFIFO(st.st_mode));
    struct digest source = info.digest;
    ck_assert_ok(resolve("dir:root"), &err);
    ck_assert_msg(digest_eq(&source, &info.digest), "a copy has another digest than its source");
    end();
}
END_TEST

static void expect_change(struct digest *last, const char *what)
{
    ck_assert_ok(resolve("dir:d"), &err);
    ck_assert_msg(!digest_eq(last, &info.digest), "the digest does not see %s", what);
    *last = info.digest;
}

START_TEST(a_directory_has_another_digest_after_any_change_but_of_times)
{
    begin();
    make_tree();
    ck_assert_ok(resolve("dir:d"), &err);
    struct digest last = info.digest;
    struct timespec t[2] = {{.tv_sec = 5}, {.tv_sec = 5}};
    ck_assert_int_eq(utimensat(AT_FDCWD, "d/sub/file", t, 0), 0);
    ck_assert_ok(resolve("dir:d"), &err);
    ck_assert(digest_eq(&last, &info.digest));
    write_file("d/sub/file", STR("Content"));
    expect_change(&last, "content");
    chmod("d/sub/file", 0700);
    expect_change(&last, "a mode");
    unlink("d/soft");
    symlink("/etc/shadow", "d/soft");
    expect_change(&last, "a link's target");
    unlink("d/zhard");
    write_file("d/zhard", STR("Content"));
    chmod("d/zhard", 0700);
    expect_change(&last, "the end of a hard link");
    rename("d/sub", "d/tub");
    expect_change(&last, "a name");
    mkdir("d/empty", 0755);
    expect_change(&last, "an empty directory");
    if (geteuid() == 0) {
        chown("d/empty", 5, 6);
        expect_change(&last, "an owner");
    }
    write_file("d/late", STR(""));
    says(fetch_resolved("dir:d"), "directory \"d\": its content has the digest sha256:");
    says(resolve("dir:absent"), "directory \"absent\": can't open it: No such file");
    end();
}
END_TEST

START_TEST(sockets_are_left_out)
{
    begin();
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_ok(resolve("dir:d"), &err);
    struct digest empty = info.digest;
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "d/socket"};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&addr, sizeof addr), 0);
    ck_assert_ok(resolve("dir:d"), &err);
    ck_assert(digest_eq(&empty, &info.digest));
    close(s);
    end();
}
END_TEST

static const char *hex_of(struct str s)
{
    struct digest d = sha256_of(s.p, s.n);
    char hex[SHA256_HEX + 1];
    digest_hex(&d, hex);
    return arena_str(&arena, str_from(hex)).p;
}

static const char *config_for(struct str layer)
{
    return arena_printf(&arena,
                        "{\"os\":\"linux\",\"config\":{\"User\":\"u\"},"
                        "\"rootfs\":{\"diff_ids\":[\"sha256:%s\"]}}",
                        hex_of(layer))
        .p;
}

static struct str make_layer(void)
{
    make_tar("layer.tar", TAR_PLAIN, {"f", .text = "f"});
    return read_file(&arena, "layer.tar");
}

/* An archive of one image whose layer is taken from a file. */
static void save_image(const char *to, struct str layer, const char *config, const char *manifest)
{
    struct archive *ar = archive_write_new();
    archive_write_set_format_ustar(ar);
    ck_assert_int_eq(archive_write_open_filename(ar, to), ARCHIVE_OK);
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, "abc/layer.tar");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)layer.n);
    ck_assert_int_eq(archive_write_header(ar, e), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(ar, layer.p, layer.n), (int)layer.n);
    archive_entry_free(e);
    struct tar_entry more[] = {
        {"def/layer.tar", AE_IFLNK, .text = "../abc/layer.tar"},
        {"loop", AE_IFLNK, .text = "loop"},
        {"config.json", .text = config},
        {"manifest.json", .text = manifest},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        add_tar_entry(ar, &more[i]);
    ck_assert_int_eq(archive_write_close(ar), ARCHIVE_OK);
    archive_write_free(ar);
}

#define ONE(layer)                                                                                 \
    "[{\"Config\":\"config.json\",\"RepoTags\":[\"deb:12\"],\"Layers\":[\"" layer "\"]}]"

START_TEST(a_saved_image_is_known_by_its_id_and_named_as_docker_does)
{
    begin();
    struct str layer = make_layer();
    const char *config = config_for(layer);
    struct digest want = sha256_of(config, strlen(config));
    save_image("i.tar", layer, config, ONE("abc/layer.tar"));
    ck_assert_ok(resolve("docker-archive:i.tar"), &err);
    ck_assert(digest_eq(&info.digest, &want));
    ck_assert_strs(info.user, STR("u"));
    ck_assert_ok(fetch_resolved("docker-archive:i.tar"), &err);
    ck_assert_strs(read_file(&arena, "root/f"), STR("f"));
    ck_assert_ok(resolve("docker-archive:i.tar:deb:12"), &err);
    ck_assert_ok(resolve("docker-archive:i.tar:docker.io/library/deb:12"), &err);
    says(resolve("docker-archive:i.tar:deb"), "it has no image \"deb\"; its images are \"deb:12\"");
    end();
}
END_TEST

START_TEST(a_saved_layer_may_be_a_link_to_another)
{
    begin();
    struct str layer = make_layer();
    save_image("i.tar", layer, config_for(layer), ONE("def/layer.tar"));
    ck_assert_ok(resolve("docker-archive:i.tar"), &err);
    ck_assert_ok(fetch_resolved("docker-archive:i.tar"), &err);
    ck_assert_strs(read_file(&arena, "root/f"), STR("f"));
    save_image("i.tar", layer, config_for(layer), ONE("loop"));
    says(fetch_resolved("docker-archive:i.tar"), "\"loop\" is behind too many links");
    end();
}
END_TEST

START_TEST(a_saved_layer_may_be_compressed)
{
    begin();
    struct str layer = make_layer();
    make_tar("layer.tgz", TAR_GZIP, {"f", .text = "f"});
    save_image("i.tar", read_file(&arena, "layer.tgz"), config_for(layer), ONE("abc/layer.tar"));
    ck_assert_ok(resolve("docker-archive:i.tar"), &err);
    ck_assert_ok(fetch_resolved("docker-archive:i.tar"), &err);
    ck_assert_strs(read_file(&arena, "root/f"), STR("f"));
    end();
}
END_TEST

START_TEST(saved_images_that_lie_are_refused)
{
    begin();
    struct str layer = make_layer();
    const char *config = config_for(layer);
    make_tar("evil.tar", TAR_PLAIN, {"f", .text = "e"});
    save_image("i.tar", read_file(&arena, "evil.tar"), config, ONE("abc/layer.tar"));
    ck_assert_ok(resolve("docker-archive:i.tar"), &err);
    says(fetch_resolved("docker-archive:i.tar"), "\"abc/layer.tar\": its content has the digest");
    save_image("i.tar", layer, config, "[{\"Config\":\"config.json\",\"Layers\":[]}]");
    says(fetch_resolved("docker-archive:i.tar"), "it lists 0 layers, but \"config.json\" has 1");
    save_image("i.tar", layer, "{}", ONE("abc/layer.tar"));
    says(fetch_resolved("docker-archive:i.tar"), "\"config.json\": its content has the digest");
    save_image("i.tar", layer, config, ONE("/etc/passwd"));
    says(fetch_resolved("docker-archive:i.tar"), "it has no file \"/etc/passwd\"");
    save_image("i.tar", layer, config, "{}");
    says(resolve("docker-archive:i.tar"), "\"manifest.json\": \".\" must be an array");
    save_image("i.tar", layer, config, "[{}]");
    says(resolve("docker-archive:i.tar"), "\"[0].Config\" is missing");
    save_image("i.tar", layer, config,
               "[{\"Config\":\"config.json\"},{\"Config\":\"config.json\"}]");
    says(resolve("docker-archive:i.tar"), "it has 2 images: say which with :NAME");
    make_tar("plain.tar", TAR_PLAIN, {"x"});
    says(resolve("docker-archive:plain.tar"), "it has no file \"manifest.json\"");
    end();
}
END_TEST

UNIT_MAIN_AS_ROOT("fetch_files", NULL, NULL, references_have_a_known_scheme,
                  a_tar_is_known_by_the_digest_of_its_bytes,
                  a_directory_is_copied_with_links_and_times,
                  a_directory_has_another_digest_after_any_change_but_of_times,
                  sockets_are_left_out, a_saved_image_is_known_by_its_id_and_named_as_docker_does,
                  a_saved_layer_may_be_a_link_to_another, a_saved_layer_may_be_compressed,
                  saved_images_that_lie_are_refused)
