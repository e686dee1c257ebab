/* SPDX-License-Identifier: Apache-2.0 */
/* Slash-separated paths as text. Nothing here looks at a filesystem. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/arena.h"
#include "base/err.h"

/* Names in a tree that obkit reads from an archive or writes to one. A lookup costs time for all
 * directories above, and a list of a tree has all of each name; no program could open such a path
 * at once. */
enum { PATH_LEVELS = 2000, PATH_BYTES = 64 << 10 };

/* Relative to a root, without empty, "." and ".." components; ".." stops at the root. The root
 * itself is the empty path. */
struct str path_clean(struct arena *a, struct str path);
/* The last component: what follows the last slash. */
struct str path_base(struct str path);
/* What precedes it, without the slash between them. */
struct str path_dir(struct str path);
/* dir/name, or name if dir is empty. */
struct str path_join(struct arena *a, struct str dir, struct str name);
/* Whether a clean path is within that. The error does not repeat it: it is long, and what it begins
 * with will do. */
int path_check(struct str path, struct ob_err *err);
/* The path with one slash at its end at least. */
struct str path_with_slash(struct arena *a, struct str path);

#endif
