/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that is copied from, where translations may look into it: what a source is, what a
 * pattern matches, what .dockerignore leaves out. Nothing is followed out of the directory.
 */
#ifndef FRONTEND_CONTEXT_H
#define FRONTEND_CONTEXT_H

#include "base/err.h"
#include "base/pattern.h"
#include "base/vec.h"

#include <sys/types.h>

struct context {
    struct arena *arena;
    int fd;
    struct ignore_list ignore; /* what .dockerignore says */
};

int context_open(struct context *cx, struct arena *a, const char *path, struct ob_err *err);
void context_close(struct context *cx);

enum context_kind {
    CONTEXT_MISSING, /* or an ignored file */
    CONTEXT_FILE,    /* or anything else that is no directory */
    CONTEXT_DIRECTORY,
};

/* What the relative path is once links were followed; *real gets where they lead. An ignored
 * directory is one: an exception may bring back what is in it. */
enum context_kind context_kind(const struct context *cx, struct str path, struct str *real);

/* Type and permissions, of a link its own. 0 if there is no such file. */
mode_t context_mode(const struct context *cx, struct str path);

/* The first path that is ignored of the relative path and what is below it, where names in `except`
 * don't count; found->p is NULL if there is none. No link is followed. */
int context_find_ignored(const struct context *cx, struct str path, const struct str_vec *except,
                         struct str *found, struct ob_err *err);

/* The names in a directory that are not ignored, sorted. */
int context_list(const struct context *cx, struct str dir, struct str_vec *out, struct ob_err *err);

/* The paths that match the pattern, sorted as BuildKit takes them. */
int context_glob(const struct context *cx, struct str pattern, struct str_vec *out,
                 struct ob_err *err);

/* Whether ADD would unpack the file: by what it begins with. */
bool context_is_archive(const struct context *cx, struct str path);

#endif
