/* SPDX-License-Identifier: Apache-2.0 */
/* Which ids a new user namespace can have, and giving them to it: base/userns.c's other half. */
#ifndef BASE_USERNS_IDS_H
#define BASE_USERNS_IDS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { USERNS_RANGES = 32 };

/* The ids inside, inside + 1, … are those that the namespace outside calls outside, … */
struct userns_range {
    uint32_t inside, outside, count;
};

struct userns_map {
    struct userns_range at[USERNS_RANGES];
    unsigned n;
};

struct userns_ids {
    struct userns_map users, groups;
    bool is_direct; /* the kernel takes them from us; else from newuidmap and newgidmap */
};

/* Adds what the text of /etc/subuid or /etc/subgid gives the user of this name (NULL = it has
 * none) and number, in its order, after what is in the map. */
void userns_add_sub_ids(struct userns_map *m, struct str text, const char *name, uid_t uid);

/* Finds out what this process can give. 1; 0 = itself only, and *why says what is missing. */
int userns_find_ids(struct userns_ids *out, struct ob_err *why);

/* Gives the ids to the namespace of another process; runs outside of it. */
int userns_give_ids(const struct userns_ids *ids, pid_t pid, struct ob_err *err);

#endif
