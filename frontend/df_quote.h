/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing text so that a Dockerfile's reader gives it back. The layers are those in which it reads:
 * a flag loses its quotes, a mount's field its commas, a word is expanded, a path is a pattern.
 *
 * A newline has no form but in a JSON string; elsewhere the caller may not have one.
 */
#ifndef FRONTEND_DF_QUOTE_H
#define FRONTEND_DF_QUOTE_H

#include "base/arena.h"

/* A word that is expanded: as it is where that means the same, else in double quotes. */
struct str df_quote_word(struct arena *a, struct str s, char escape);
/* The same, always in quotes. */
struct str df_quote_value(struct arena *a, struct str s, char escape);
/* An element of a JSON array. */
struct str df_quote_json(struct arena *a, struct str s);
/* A flag, "--" and all, for which a backslash escapes whatever the file's escape character is. */
struct str df_quote_flag(struct arena *a, struct str s);
/* KEY=VALUE of a mount. */
struct str df_quote_field(struct arena *a, struct str s);
/* A path that stands for itself among patterns. On Windows a backslash is a separator. */
struct str df_quote_pattern(struct arena *a, struct str s, bool is_windows);

#endif
