/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups in the text of passwd(5) and group(5) files. Lines that are none are passed over. */
#ifndef BASE_PASSWD_H
#define BASE_PASSWD_H

#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

struct passwd_entry {
    struct str name, home; /* home is "/" if the line says nothing */
    uid_t uid;
    gid_t gid;
};

/* The first line for a name, or for a number if by_id. */
bool passwd_find(struct str passwd, struct str user, bool by_id, struct passwd_entry *out);
bool group_find(struct str groups, struct str name, gid_t *out);

/* Goes through the groups that list a user: false at the end. *groups begins as the file's text. */
bool group_next_of(struct str *groups, struct str user, gid_t *out);

/* A number that may be a user's or group's. */
bool passwd_id(struct str s, uint32_t *out);

#endif
