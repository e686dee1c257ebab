/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spec as the formatter sees it: the tokens as they were written, in the nesting of their
 * parentheses, with comments as items among the others. Unlike struct sx_datum it leaves nothing
 * out but blanks.
 */
#ifndef FRONTEND_SX_NODE_H
#define FRONTEND_SX_NODE_H

#include "frontend/compile.h"

struct sx_node;
DEFINE_VEC(sx_node_vec, struct sx_node);

enum sx_node_kind {
    SX_NODE_ATOM,
    SX_NODE_LIST,
    SX_NODE_SKIP,  /* "#;" alone: what it drops is the item behind it */
    SX_NODE_LINE,  /* ; comment */
    SX_NODE_BLOCK, /* #| comment |# */
};

struct sx_node {
    enum sx_node_kind kind;
    bool on_new_line;  /* a line ends between it and what stands before it */
    bool behind_empty; /* more than one does */
    bool is_continued; /* SX_NODE_ATOM: a string in which lines end with a backslash */
    bool is_broken;    /* it can't stand on one line, or a comment in it has a line of its own */
    uint32_t width;    /* in characters, on one line; up to the first end of a line in it */
    struct str text;   /* as written; of a list only "(" */
    struct sx_node_vec items;
};

/* Reads what stands at the top level of a source. False if it has errors; they are in the sink. */
bool sx_nodes_read(struct compile *c, uint32_t source, struct sx_node_vec *out);

static inline bool sx_node_is_comment(const struct sx_node *n)
{
    return n->kind == SX_NODE_LINE || n->kind == SX_NODE_BLOCK;
}

/* The length of the first part of a string as it was written, up to behind a backslash that
 * continues the line; all of it if there is none. */
size_t sx_string_part(struct str s);

/* Characters, up to the first end of a line. */
uint32_t sx_text_width(struct str s);

#endif
