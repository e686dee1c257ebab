/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in specs, for Unix and Windows images alike: "X:/" and "X:\" are absolute too. Paths are
 * text here; whether anything exists is the executor's business, so ".." is kept as it is.
 */
#ifndef FRONTEND_SX_PATH_H
#define FRONTEND_SX_PATH_H

#include "base/arena.h"

bool sx_path_is_absolute(struct str path);
bool sx_path_has_drive(struct str path);  /* "X:/" and "X:\" */
bool sx_path_has_dotdot(struct str path); /* as one of its parts */
bool sx_path_is_root(struct arena *a, struct str path);

/* Without "." parts, doubled slashes, and a slash at the end unless the path is a root. */
struct str sx_path_clean(struct arena *a, struct str path);

/* The directory `path`, seen from `dir`, cleaned. */
struct str sx_path_workdir(struct arena *a, struct str dir, struct str path);

/* The destination of a copy, seen from `dir`: as above, but it ends in a slash exactly if `path`
 * does, since that decides between "into" and "as". So "." in "/" is "/.", not "/". */
struct str sx_path_dst(struct arena *a, struct str dir, struct str path);

#endif
