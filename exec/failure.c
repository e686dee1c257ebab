/* SPDX-License-Identifier: Apache-2.0 */
/* Notes on failed steps, one file each. */
#include <config.h>

#include "exec/failure.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/json.h"
#include "ir/identify.h"
#include "ir/read.h"
#include "ir/write.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
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

static struct str get_str(struct arena *a, const json_t *s)
{
    return arena_str(a, str_of(json_string_value(s), json_string_length(s)));
}

static bool parse(struct arena *a, struct str line, struct failure *out)
{
    json_error_t e;
    json_t *doc = json_loadb(line.p, line.n, 0, &e);
    *out = (struct failure){
        .why = get_str(a, json_object_get(doc, "why")),
        .is_private = json_is_true(json_object_get(doc, "private")),
        .context = get_str(a, json_object_get(doc, "context")),
        .step = (uint32_t)json_integer_value(json_object_get(doc, "step")),
        .parent = get_str(a, json_object_get(doc, "parent")),
        .base = get_str(a, json_object_get(doc, "base")),
    };
    const json_t *reads = json_object_get(doc, "reads");
    for (size_t i = 0; i < json_array_size(reads); i++)
        vec_push(a, &out->reads, get_str(a, json_array_get(reads, i)));
    bool ok = json_is_object(doc);
    json_decref(doc);
    return ok;
}

/* 1, 0 = no note, or one that a crash of the machine has emptied; -1. */
static int read_note(const struct layout *l, const char *name, struct buf *text, struct arena *a,
                     struct failure *out, struct str *ir, struct ob_err *err)
{
    struct str line;
    cleanup_close int dir = open_notes(l);
    int rc = dir < 0 ? 0 : fs_read_file_at(dir, name, text, MAX_NOTE, err);
    return rc > 0 ? str_cut(buf_str(text), '\n', &line, ir) && parse(a, line, out) : rc;
}

bool failure_since(const struct layout *l, const struct digest *key, struct failure_mark mark,
                   struct arena *a, struct str *why)
{
    char name[SHA256_HEX + 1];
    struct failure_mark now = failure_mark(l, key);
    cleanup_buf struct buf text = BUF_INIT;
    struct failure f;
    struct str ir;
    struct ob_err ignored; /* who can't know builds again */
    bool is_same = now.ino == mark.ino && now.ctime.tv_sec == mark.ctime.tv_sec &&
                   now.ctime.tv_nsec == mark.ctime.tv_nsec;
    digest_hex(key, name);
    if (now.ino == 0 || is_same || read_note(l, name, &text, a, &f, &ir, &ignored) <= 0 ||
        f.is_private)
        return false;
    *why = f.why;
    return true;
}

static void write_line(struct buf *text, const struct failure *f)
{
    struct json_out j = JSON_OUT_INIT(text);
    json_open(&j, '{');
    json_key_str(&j, "why", f->why);
    json_key(&j, "private");
    json_bool(&j, f->is_private);
    json_key_str(&j, "context", f->context);
    json_key_int(&j, "step", f->step);
    json_key_str(&j, "parent", f->parent);
    json_key_str(&j, "base", f->base);
    json_key(&j, "reads");
    json_open(&j, '[');
    vec_for (const struct str, r, &f->reads)
        json_str(&j, *r);
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(text, '\n');
}

void failure_save(const struct layout *l, const struct digest *key, const struct failure *f,
                  struct plan *plan)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf text = BUF_INIT;
    struct ob_err ignored;
    digest_hex(key, name);
    mkdirat(l->state, "failed", 0700);
    cleanup_close int dir = open_notes(l);
    write_line(&text, f);
    ir_identify(plan);
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

int failure_find(const struct layout *l, struct arena *a, const char *prefix, struct str *key,
                 struct ob_err *err)
{
    cleanup_close int dir = open_notes(l);
    cleanup_dir DIR *d = dir < 0 ? NULL : fs_opendir(dir);
    size_t n = strlen(prefix);
    *key = STR("");
    for (struct dirent *e; d && n >= 4 && (e = readdir(d));) {
        if (strncmp(e->d_name, prefix, n) != 0 || strlen(e->d_name) != SHA256_HEX)
            continue;
        if (key->n)
            return ob_err_set(err, 0, "\"%s\" fits more than one failed step: give more digits",
                              prefix);
        *key = arena_str(a, str_from(e->d_name));
    }
    return 0;
}

int failure_load(const struct layout *l, const char *key, struct failure *out, struct plan *plan,
                 struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    struct str ir;
    int rc = read_note(l, key, &text, plan->arena, out, &ir, err);
    if (rc <= 0)
        return rc;
    if (ir_read_json(plan, arena_str(plan->arena, ir), err) < 0)
        return -1;
    return out->step < plan->steps.n ? 1 : 0;
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
