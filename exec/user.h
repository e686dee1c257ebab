/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups of an image, by its own /etc/passwd and /etc/group. */
#ifndef EXEC_USER_H
#define EXEC_USER_H

#include "base/err.h"
#include "base/vec.h"

#include <sys/types.h>

struct user {
    uid_t uid;
    gid_t gid;
    VEC(gid_t) groups; /* supplementary, of a user without an explicit group */
    struct str home;   /* "/" if the image knows none */
};

enum user_purpose {
    USER_RUN,   /* names that look like numbers are found; a number that passwd does not have is in
                 * group 0 (runc) */
    USER_OWNER, /* numbers, or none, are taken as they are, whatever the image's files say; without
                 * a group it is the same number (BuildKit's --chown) */
};

/* Resolves "", "user", "user:group" with names or numbers ("" = root) in the filesystem at root,
 * which is hostile. */
int user_resolve(struct arena *a, int root, struct str spec, enum user_purpose purpose,
                 struct user *out, struct ob_err *err);

/* The text of /etc/passwd or /etc/group, empty if the image has no such file. */
int user_file(struct arena *a, int root, const char *path, struct str *out, struct ob_err *err);

#endif
