/* SPDX-License-Identifier: Apache-2.0 */
/* What the URL of a git repository in ADD says behind its path: "?KEY=VALUE&...#REF:DIR". */
#ifndef FRONTEND_DF_GIT_H
#define FRONTEND_DF_GIT_H

#include "frontend/df_lower.h"

struct df_git {
    enum choice keep_git_dir; /* CHOICE_DEFAULT: it does not say */
    struct str checksum;      /* empty: none */
};

/* Checks what BuildKit checks in the URL of the word `w`. False: reported. */
bool df_git_read(struct df_lower *lo, const struct df_word *w, struct str url, struct df_git *out);

#endif
