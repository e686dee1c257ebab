/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on failed steps, one file each. */
#include <config.h>

#include "exec/failure.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "ir/read.h"
#include "ir/write.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { MAX_NOTE = 1 << 30 };

/* -1 if it is not there. */
static int open_notes(const struct layout *l)
{
    return openat(l->state, "failed", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

struct failure_mark failure_mark(const struct layout *l, const struct digest *key)
{
    char name[SHA256_HEX + 1];
    struct stat st;
    cleanup_close int dir = open_notes(l);
    digest_hex(key, name);
    if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return (struct failure_mark){0};
    return (struct failure_mark){st.st_ino, st.st_ctim};
}

static int read_note(const struct layout *l, const char *name, struct buf *text, struct str *why,
                     struct str *ir, struct ob_err *err)
{
    cleanup_close int dir = open_notes(l);
    int rc = dir < 0 ? 0 : fs_read_file_at(dir, name, text, MAX_NOTE, err);
    return rc > 0 ? str_cut(buf_str(text), '\n', why, ir) : rc;
}

bool failure_since(const struct layout *l, const struct digest *key, struct failure_mark mark,
                   struct arena *a, struct str *why)
{
    char name[SHA256_HEX + 1];
    struct failure_mark now = failure_mark(l, key);
    cleanup_buf struct buf text = BUF_INIT;
    struct str line, ir;
    struct ob_err ignored; /* who can't know builds again */
    bool is_same = now.ino == mark.ino && now.ctime.tv_sec == mark.ctime.tv_sec &&
                   now.ctime.tv_nsec == mark.ctime.tv_nsec;
    digest_hex(key, name);
    if (now.ino == 0 || is_same || read_note(l, name, &text, &line, &ir, &ignored) <= 0)
        return false;
    *why = arena_str(a, line);
    return true;
}

void failure_save(const struct layout *l, const struct digest *key, const char *why,
                  const struct plan *plan)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf text = BUF_INIT;
    struct ob_err ignored;
    digest_hex(key, name);
    mkdirat(l->state, "failed", 0700);
    cleanup_close int dir = open_notes(l);
    buf_printf(&text, "%s\n", why);
    ir_write_json(plan, &text);
    if (dir >= 0)
        fs_replace_file_at(dir, name, text.p, text.n, 0600, &ignored);
}

void failure_forget(const struct layout *l, const struct digest *key)
{
    char name[SHA256_HEX + 1];
    cleanup_close int dir = open_notes(l);
    digest_hex(key, name);
    if (dir >= 0)
        unlinkat(dir, name, 0);
}

int failure_plan(const struct layout *l, const char *key, struct plan *out, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    struct str why, ir;
    int rc = read_note(l, key, &text, &why, &ir, err);
    if (rc <= 0)
        return rc;
    return ir_read_json(out, ir, err) < 0 ? -1 : 1;
}

static void remove_old(int dir, const char *suffix, int64_t before)
{
    cleanup_dir DIR *d = dir < 0 ? NULL : fs_opendir(dir);
    struct stat st;
    for (struct dirent *e; d && (e = readdir(d));)
        if (str_ends(str_from(e->d_name), str_from(suffix)) &&
            fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_mtime < before)
            unlinkat(dir, e->d_name, 0);
}

void failure_remove_old(const struct layout *l, int64_t before)
{
    cleanup_close int notes = open_notes(l);
    remove_old(notes, "", before);
    remove_old(l->log, ".failed", before);
}
