/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User namespaces: whose ids this process knows, and becoming root of a namespace of its own, for
 * users who are not root. Nothing here knows what is done there.
 */
#ifndef BASE_USERNS_H
#define BASE_USERNS_H

#include "base/err.h"

#include <stdbool.h>

/* Whether this is the machine's own namespace: only there can devices be made, and only there do
 * overlays keep their marks where users can't write. */
bool userns_is_initial(void);

/* Whether root is the only user here, so that no file can belong to anybody else. */
bool userns_has_one_user(void);

/* Whether the process lacks what root of its own namespace has: then userns_enter helps. */
bool userns_is_needed(void);

/* Moves the process, which has one thread, into a new user namespace and a new mount namespace in
 * it. There it is root with all capabilities. 0 = with the ids that newuidmap(1) and newgidmap(1)
 * may give the user; 1 = with no other id, and *why says what is missing for more; -1. */
int userns_enter(struct ob_err *why, struct ob_err *err);

#endif
