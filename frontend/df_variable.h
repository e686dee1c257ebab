/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a variable's name stands for, and what is said about one that stands for nothing. Outside of
 * stages only global arguments are seen.
 */
#ifndef FRONTEND_DF_VARIABLE_H
#define FRONTEND_DF_VARIABLE_H

#include "frontend/df_lower.h"

/* The weight of a part of a text, in struct value. */
enum { DF_PART_WEIGHT = sizeof(struct text_part) };

enum df_found { DF_UNSET, DF_SET, DF_FROM_BASE };

struct df_variable {
    enum df_found found;
    struct value value; /* empty if it is unset, a reference if the base image decides */
};

struct df_variable df_variable_find(const struct df_lower *lo, struct str name);

/* Warns if that is probably a mistake, once for each name and stage. */
void df_variable_check(struct df_lower *lo, struct span at, struct str name,
                       const struct df_variable *v);

#endif
