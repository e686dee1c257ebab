/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How what a step makes looks: its mode, owner and time, whatever made it. The step's epoch, if it
 * has one, is the time of every file and directory that the step makes, also of those on the way.
 */
#ifndef EXEC_LOOK_H
#define EXEC_LOOK_H

#include "base/err.h"
#include "base/vec.h"

#include <sys/types.h>
#include <time.h>

struct look {
    bool keep_owner; /* as the source; else uid and gid */
    uid_t uid;
    gid_t gid;
    struct str chmod; /* octal or symbolic, of everything but links; empty = as the source */
    bool set_time;    /* time for everything; else as the source */
    struct timespec time;
};

/* Whether every file gets the same mode, so that the source's does not count. */
bool look_is_octal(struct str chmod);
mode_t look_octal(struct str s);
/* The permissions for what has `source` as its type and permissions. */
mode_t look_mode(const struct look *l, mode_t source);
struct timespec look_time(const struct look *l, struct timespec source);

/* As epoch_seconds (ir/plan.h). */
bool look_epoch(struct str epoch, struct timespec *out);

/* Whether a directory, or a link to one, is at `path` ("" = the root itself). */
bool look_is_dir(int root, const char *path);

/* Directories that were made, whose times are to be set when nothing comes into them any more. */
struct made_dirs {
    struct arena *arena;
    struct str_vec path; /* from the root, parents first */
};

/* As fs_mkdirs_in, with mode 0755 and the look's owner (root if owners are kept). Notes what it
 * makes if the look has a time. */
int look_mkdirs(const struct look *l, int root, const char *path, struct made_dirs *made,
                struct ob_err *err);
int look_end_dirs(const struct look *l, int root, const struct made_dirs *made, struct ob_err *err);

#endif
