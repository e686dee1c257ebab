/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatting that proves itself: the text before and the text after are compiled, and must give the
 * same ids and the same configuration of images; where the first can only be read, as a template,
 * they must have the same words. So a mistake in a formatter is found out before anybody's file
 * says something else.
 */
#ifndef FRONTEND_FORMAT_H
#define FRONTEND_FORMAT_H

#include "frontend/language.h"

/* Appends source number `source` of c, formatted. False if it has errors, which are in the sink, or
 * if the formatted text would mean something else: then the sink has an error that says where. c
 * needs no plan. */
bool format_source(struct compile *c, const struct language *l, uint32_t source, struct buf *out);

#endif
