/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic file modes, as chmod(1) has them: "u=rwX,go-w", "+x", "a=u", "u+s,+t". Without "u", "g",
 * "o" or "a" all three are meant, whatever the umask: that is what BuildKit does.
 */
#ifndef BASE_MODE_H
#define BASE_MODE_H

#include "base/str.h"

#include <sys/types.h>

bool mode_is_symbolic(struct str s);

/* The mode (permission bits up to 07777) that a file gets which has `mode` now. BUG if s is not
 * symbolic. "X" is x for directories and for files that anybody may execute. */
mode_t mode_apply(struct str s, mode_t mode, bool is_directory);

#endif
