/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets that the user gave: found by id, and read when a step needs them. No value is ever
 * written to the store; what is kept of one that counts for results is a digest with a key of the
 * store's own, by which nobody can try values elsewhere.
 */
#ifndef EXEC_SECRET_H
#define EXEC_SECRET_H

#include "exec/build.h"

/* NULL = it was not given, which is no error for every mount. */
const struct build_secret *secret_find(const struct build_options *o, struct str id);

/* The file that holds it; empty if a variable does. As in docker, one of which neither is said is
 * the variable of its name, or else the file. */
struct str secret_file(const struct build_secret *s);
/* Opens the file. */
int secret_open(const struct build_secret *s, struct arena *a, int flags, struct ob_err *err);
/* Whether the file or the variable is there, without reading it: it may be a pipe. */
int secret_check(const struct build_secret *s, struct arena *a, struct ob_err *err);
int secret_read(const struct build_secret *s, struct arena *a, struct str *out, struct ob_err *err);

/* What the secret adds to the keys of steps that use it. */
int secret_digest(const struct build_secret *s, const struct layout *l, struct arena *a,
                  struct digest *out, struct ob_err *err);

#endif
