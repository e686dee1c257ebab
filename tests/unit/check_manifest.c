/* SPDX-License-Identifier: Apache-2.0 */
/* What a copy selects, and what its digest depends on. */
#include <config.h>

#include "exec/manifest.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir dir;
static struct copy_request request;
static struct str_vec exclude;
static struct ignore_list ignore;
static struct manifest m;

/* tree/{a, b/{c, deep/d}, link -> a, empty/} */
static void start(void)
{
    scratch_start(&dir);
    scratch_mkdir(&dir, "tree");
    scratch_mkdir(&dir, "tree/b");
    scratch_mkdir(&dir, "tree/b/deep");
    scratch_mkdir(&dir, "tree/empty");
    scratch_text(&dir, "tree/a", "content of a");
    scratch_text(&dir, "tree/b/c", "c");
    scratch_text(&dir, "tree/b/deep/d", "d");
    scratch_symlink(&dir, "a", "tree/link");
    request = (struct copy_request){.root = dir.fd, .exclude = &exclude, .keep_owner = true};
}

static void stop(void)
{
    scratch_end(&dir);
}

static void source(const char *path)
{
    vec_push(&a, &request.src, str_from(path));
}

static struct digest build(void)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(manifest_build(&a, &request, &m, &err), &err);
    return m.digest;
}

static void ignored(const char *lines)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(ignore_parse(&a, str_from(lines), &ignore, &err), &err);
    request.ignore = &ignore;
}

/* The sources of all files, one after the other. */
static void has_files(const char *want)
{
    struct buf b = BUF_INIT;
    vec_for (struct manifest_file *const, f, &m.files)
        buf_printf(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG((*f)->source));
    ck_assert_str_eq(b.n ? b.p : "", want);
    buf_free(&b);
}

static void refused(const char *want)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(manifest_build(&a, &request, &m, &err), -1);
    ck_assert_str_eq(err.text, want);
}

START_TEST(a_directory_is_listed_parents_first_sorted_by_name)
{
    source("tree");
    build();
    has_files("tree tree/a tree/b tree/b/c tree/b/deep tree/b/deep/d tree/empty tree/link");
    ck_assert_uint_eq(m.items.n, 1);
    ck_assert(m.items.at[0].is_dir);
    ck_assert_strs(m.items.at[0].name, STR("tree"));
    ck_assert_strs(m.files.at[0]->path, STR(""));
    ck_assert_strs(m.files.at[3]->path, STR("b/c"));
    ck_assert_strs(m.files.at[7]->link, STR("a"));
    struct digest want = sha256_of("content of a", 12);
    ck_assert(digest_eq(&m.files.at[1]->content, &want));
}
END_TEST

START_TEST(sources_stay_in_their_order)
{
    source("tree/b/c");
    source("/tree/./a");
    build();
    has_files("tree/b/c tree/a");
    ck_assert_uint_eq(m.items.n, 2);
    ck_assert_strs(m.items.at[1].name, STR("a"));
    ck_assert_uint_eq(m.items.at[1].first, 1);
}
END_TEST

START_TEST(the_digest_does_not_depend_on_times)
{
    source("tree");
    struct digest before = build();
    struct timespec t[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
    ck_assert_int_eq(utimensat(dir.fd, "tree/a", t, 0), 0);
    ck_assert_int_eq(utimensat(dir.fd, "tree/b", t, 0), 0);
    struct digest after = build();
    ck_assert(digest_eq(&before, &after));
    ck_assert_int_eq(m.files.at[1]->state.mtime.tv_sec, 2);
}
END_TEST

START_TEST(the_digest_depends_on_all_that_reaches_the_result)
{
    struct digest seen[20];
    size_t n = 0;
    source("tree");
    for (int change = 0; change < 9; change++) {
        switch (change) {
        case 1: scratch_text(&dir, "tree/a", "content of b"); break;
        case 2: ck_assert_int_eq(fchmodat(dir.fd, "tree/a", 0600, 0), 0); break;
        case 3: ck_assert_int_eq(renameat(dir.fd, "tree/a", dir.fd, "tree/z"), 0); break;
        case 4: ck_assert_int_eq(unlinkat(dir.fd, "tree/link", 0), 0); break;
        case 5: scratch_symlink(&dir, "z", "tree/link"); break;
        case 6: ck_assert_int_eq(unlinkat(dir.fd, "tree/empty", AT_REMOVEDIR), 0); break;
        case 7: ck_assert_int_eq(fchmodat(dir.fd, "tree/b", 0700, 0), 0); break;
        case 8: ck_assert_int_eq(linkat(dir.fd, "tree/z", dir.fd, "tree/y", 0), 0); break;
        default: break;
        }
        struct digest d = build();
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(!digest_eq(&d, &seen[i]), "change %d does not count", change);
        seen[n++] = d;
    }
}
END_TEST

START_TEST(modes_and_owners_count_only_where_they_are_kept)
{
    source("tree");
    request.set_mode = true;
    struct digest before = build();
    ck_assert_int_eq(fchmodat(dir.fd, "tree/a", 0600, 0), 0);
    struct digest after = build();
    ck_assert(digest_eq(&before, &after));
    if (geteuid() != 0)
        return; /* only root can give files away */
    ck_assert_int_eq(fchownat(dir.fd, "tree/a", 1, 2, 0), 0);
    struct digest kept = build();
    ck_assert(!digest_eq(&kept, &before));
    request.keep_owner = false;
    before = build();
    ck_assert_int_eq(fchownat(dir.fd, "tree/a", 3, 4, 0), 0);
    after = build();
    ck_assert(digest_eq(&before, &after));
}
END_TEST

START_TEST(the_digest_does_not_depend_on_where_the_source_lies)
{
    source("tree/b");
    ck_assert_int_eq(linkat(dir.fd, "tree/b/c", dir.fd, "tree/b/e", 0), 0);
    struct digest before = build();
    scratch_mkdir(&dir, "else");
    ck_assert_int_eq(renameat(dir.fd, "tree/b", dir.fd, "else/b"), 0);
    request.src.n = 0;
    source("else/b");
    struct digest after = build();
    ck_assert(digest_eq(&before, &after));
}
END_TEST

START_TEST(attributes_count_and_are_sorted)
{
    source("tree/a");
    struct digest plain = build();
    char path[100];
    snprintf(path, sizeof path, "%s/tree/a", dir.path);
    if (setxattr(path, "user.z", "1", 1, 0) < 0)
        return; /* a file system without them */
    struct digest one = build();
    ck_assert(!digest_eq(&plain, &one));
    ck_assert_int_eq(setxattr(path, "user.b", "\0x", 2, 0), 0);
    build();
    ck_assert_uint_eq(m.files.at[0]->xattrs.n, 2);
    ck_assert_strs(m.files.at[0]->xattrs.at[0].name, STR("user.b"));
    ck_assert_strs(m.files.at[0]->xattrs.at[0].value, STR("\0x"));
}
END_TEST

START_TEST(hard_links_are_found_within_an_item_only)
{
    ck_assert_int_eq(linkat(dir.fd, "tree/a", dir.fd, "tree/b/e", 0), 0);
    source("tree");
    build();
    ck_assert_strs(m.files.at[6]->source, STR("tree/b/e"));
    ck_assert_ptr_eq(m.files.at[6]->hardlink, m.files.at[1]);
    request.src.n = 0;
    source("tree/a");
    source("tree/b/e");
    build();
    ck_assert_ptr_null(m.files.at[1]->hardlink);
    ck_assert(digest_eq(&m.files.at[0]->content, &m.files.at[1]->content));
}
END_TEST

START_TEST(specs_exclude_by_name_anywhere)
{
    vec_push(&a, &exclude, STR("c"));
    vec_push(&a, &exclude, STR("deep"));
    request.style = COPY_SPEC;
    source("tree");
    build();
    has_files("tree tree/a tree/b tree/empty tree/link");
}
END_TEST

START_TEST(dockerfiles_exclude_by_pattern)
{
    vec_push(&a, &exclude, STR("tree/*/c"));
    vec_push(&a, &exclude, STR("c"));
    vec_push(&a, &exclude, STR("**/d*"));
    source("tree");
    build();
    has_files("tree tree/a tree/b tree/empty tree/link");
}
END_TEST

START_TEST(ignored_files_are_left_out_but_for_exceptions)
{
    ignored("tree/b\n!tree/b/deep/d\ntree/empty\n");
    source("tree");
    build();
    has_files("tree tree/a tree/b tree/b/deep tree/b/deep/d tree/link");
}
END_TEST

START_TEST(what_is_ignored_does_not_change_the_digest)
{
    ignored("**/c\n");
    source("tree");
    struct digest before = build();
    scratch_text(&dir, "tree/b/c", "changed");
    struct digest after = build();
    ck_assert(digest_eq(&before, &after));
}
END_TEST

START_TEST(an_ignored_source_is_an_error)
{
    ignored("tree/a\n");
    source("tree/a");
    refused("\"tree/a\" is excluded, by .dockerignore or by the step");
}
END_TEST

START_TEST(patterns_match_in_dockerfiles_only)
{
    source("tree/*");
    build();
    ck_assert_uint_eq(m.items.n, 4);
    request.style = COPY_SPEC;
    refused("\"tree/*\" is not there");
}
END_TEST

START_TEST(a_pattern_may_match_nothing_a_name_may_not)
{
    source("tree/x*");
    build();
    ck_assert_uint_eq(m.items.n, 0);
    source("tree/x");
    refused("\"tree/x\" is not there");
}
END_TEST

START_TEST(a_source_that_is_a_link_is_followed_in_dockerfiles_only)
{
    source("tree/link");
    build();
    ck_assert(S_ISREG(m.files.at[0]->mode));
    ck_assert_strs(m.items.at[0].name, STR("link"));
    request.style = COPY_SPEC;
    build();
    ck_assert(S_ISLNK(m.files.at[0]->mode));
    ck_assert_strs(m.files.at[0]->link, STR("a"));
}
END_TEST

START_TEST(a_link_that_is_followed_is_not_what_is_missing)
{
    scratch_symlink(&dir, "b", "tree/to-sub");
    source("tree/to-sub/none");
    refused("\"tree/to-sub/none\" is not there");
    scratch_symlink(&dir, "none", "tree/b/dead");
    request.src.n = 0;
    source("tree/to-sub/dead");
    refused("\"tree/to-sub/dead\" is a link to \"none\", which is not in the context");
}
END_TEST

START_TEST(links_do_not_lead_out_of_the_root)
{
    scratch_symlink(&dir, "/etc", "tree/out");
    scratch_symlink(&dir, "../../../../etc/passwd", "tree/up");
    source("tree/out/passwd");
    refused("\"tree/out\" is a link to \"/etc\", which is not in the context");
    request.src.n = 0;
    source("tree/up");
    refused("\"tree/up\" is a link to \"../../../../etc/passwd\", which is not in the context");
    request.is_result = true;
    refused("\"tree/up\" is a link to \"../../../../etc/passwd\", which is not there");
    request.src.n = 0;
    source("../../etc/passwd");
    refused("\"etc/passwd\" is not there");
}
END_TEST

START_TEST(sockets_are_left_out_and_pipes_are_not_opened)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/tree/b/s", dir.path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&addr, sizeof addr), 0);
    close(s);
    ck_assert_int_eq(mkfifoat(dir.fd, "tree/b/p", 0600), 0);
    source("tree/b");
    build();
    has_files("tree/b tree/b/c tree/b/deep tree/b/deep/d tree/b/p");
}
END_TEST

UNIT_MAIN_WITH("manifest", start, stop, a_directory_is_listed_parents_first_sorted_by_name,
               sources_stay_in_their_order, the_digest_does_not_depend_on_times,
               the_digest_depends_on_all_that_reaches_the_result,
               modes_and_owners_count_only_where_they_are_kept,
               the_digest_does_not_depend_on_where_the_source_lies, attributes_count_and_are_sorted,
               hard_links_are_found_within_an_item_only, specs_exclude_by_name_anywhere,
               dockerfiles_exclude_by_pattern, ignored_files_are_left_out_but_for_exceptions,
               what_is_ignored_does_not_change_the_digest, an_ignored_source_is_an_error,
               patterns_match_in_dockerfiles_only, a_pattern_may_match_nothing_a_name_may_not,
               a_source_that_is_a_link_is_followed_in_dockerfiles_only,
               links_do_not_lead_out_of_the_root, a_link_that_is_followed_is_not_what_is_missing,
               sockets_are_left_out_and_pipes_are_not_opened)
