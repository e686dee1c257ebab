/* SPDX-License-Identifier: Apache-2.0 */
/* The next token of a spec; the grammar's token numbers come with it. */
#ifndef FRONTEND_SX_LEX_H
#define FRONTEND_SX_LEX_H

#include "frontend/sx_read.h"

#include "frontend/sx_parse.h"

int sx_lex(union SX_STYPE *value, struct span *place, struct sx_reader *rd);

#endif
