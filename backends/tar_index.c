/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an archive's headers once and remembers where each member's bytes are. */
#include <config.h>

#include "backends/tar_index.h"

#include "backends/libarchive_read.h"
#include "backends/unpack_tree.h"
#include "base/cleanup.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>

enum { MAX_LINKS = 8 }; /* from member to member */

struct member {
    uint64_t off, size;
    struct str link; /* the member this one stands for; .p is NULL if it is a file */
};

/* The path of a link's target, relative to the archive's root; ".." stops there. */
static struct str link_target(struct arena *a, struct str from, struct str target)
{
    struct str_vec parts = {0};
    struct str at, rest = from;
    if (!str_starts(target, STR("/")))
        while (str_cut(rest, '/', &at, &rest)) /* the directory of from: all but its last part */
            vec_push(a, &parts, at);
    for (rest = target; rest.n > 0;) {
        str_cut(rest, '/', &at, &rest);
        if (str_eq(at, STR("..")))
            parts.n -= parts.n > 0;
        else if (at.n > 0 && !str_eq(at, STR(".")))
            vec_push(a, &parts, at);
    }
    struct str out = STR("");
    vec_for (struct str, part, &parts)
        out = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(out), out.n ? "/" : "", STR_ARG(*part));
    return out;
}

static int add_member(struct tar_index *ix, struct archive *ar, struct archive_entry *e,
                      struct unpack_name *name, struct ob_err *err)
{
    struct arena *a = &ix->arena;
    const char *raw = archive_entry_pathname(e);
    if (!raw || unpack_name_clean(name, raw, err) < 0)
        return raw ? ob_err_wrap(err, "member \"%s\"", raw)
                   : ob_err_set(err, 0, "a member has no name");
    struct str path = arena_str(a, str_from(name->path));
    struct member *m = arena_new(a, struct member);
    if (archive_entry_hardlink(e)) {
        m->link = link_target(a, STR(""), str_from(archive_entry_hardlink(e)));
    } else if (archive_entry_filetype(e) == AE_IFLNK && archive_entry_symlink(e)) {
        m->link = link_target(a, path, str_from(archive_entry_symlink(e)));
    } else if (archive_entry_filetype(e) == AE_IFREG && archive_entry_sparse_count(e) == 0) {
        m->off = ix->file.off + (uint64_t)archive_filter_bytes(ar, 0);
        m->size = (uint64_t)archive_entry_size(e);
    } else {
        return 0;
    }
    *map_slot(&ix->members, path) = m; /* of two with one name the last counts, as when unpacked */
    return 0;
}

static int read_headers(struct tar_index *ix, struct archive *ar, struct ob_err *err)
{
    struct unpack_name name = {0};
    struct archive_entry *e;
    int rc, status = 0;
    while ((rc = archive_read_next_header(ar, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN)
        if ((status = add_member(ix, ar, e, &name, err)) < 0)
            break;
    unpack_name_free(&name);
    if (status == 0 && rc != ARCHIVE_EOF)
        status = libarchive_error(ar, err);
    return status;
}

int tar_index_open(struct tar_index *ix, const char *path, struct ob_err *err)
{
    *ix = (struct tar_index){.file = BLOB_INIT, .members = MAP_INIT(&ix->arena)};
    int found = blob_open(AT_FDCWD, path, &ix->file, err);
    if (found <= 0)
        return found < 0 ? -1 : ob_err_set(err, ENOENT, "can't open \"%s\"", path);
    if (blob_inflate(&ix->file, err) < 0)
        return ob_err_wrap(err, "\"%s\"", path);
    struct libarchive_locale locale;
    libarchive_locale_begin(&locale);
    struct archive *ar = libarchive_open_seekable_tar(&ix->file, err);
    int rc = ar ? read_headers(ix, ar, err) : -1;
    archive_read_free(ar);
    libarchive_locale_end(&locale);
    return rc < 0 ? ob_err_wrap(err, "\"%s\"", path) : 0;
}

void tar_index_close(struct tar_index *ix)
{
    blob_close(&ix->file);
    arena_free(&ix->arena);
    ix->members = (struct map){0};
}

int tar_index_member(struct tar_index *ix, const char *name, struct blob *out, struct ob_err *err)
{
    const struct member *m = map_get(&ix->members, str_from(name));
    for (int links = 0; m && m->link.p; links++) {
        if (links == MAX_LINKS)
            return ob_err_set(err, 0, "\"%s\" is behind too many links", name);
        m = map_get(&ix->members, m->link);
    }
    if (!m)
        return 0;
    if (m->off > ix->file.size || m->size > ix->file.size - m->off)
        return ob_err_set(err, 0, "the archive ends before its member \"%s\" does", name);
    int fd = fcntl(ix->file.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", name);
    *out = (struct blob){fd, m->off, m->size};
    return 1;
}
