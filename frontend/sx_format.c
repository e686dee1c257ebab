/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lays out a spec as OBuilder's printer and its examples do: an operation a line, a blank of
 * indentation for each parenthesis, a `run` with several fields as a field a line. Where a line
 * ends depends on the tokens, on widths, and on which comments had a line of their own; on nothing
 * else, so that the result is laid out as itself.
 */
#include <config.h>

#include "frontend/sx_node.h"

enum {
    WIDTH = 80,       /* where OBuilder's printer breaks lines */
    INDENT_MAX = 200, /* lists may nest by the thousand */
    TAB = 8,
};

struct layout {
    struct buf *out;
    uint32_t column;
};

/* What a list is, which its place says. */
enum role {
    ROLE_SPEC,  /* ((from ...) ...) */
    ROLE_OP,    /* (run ...) and the like, (build NAME SPEC) */
    ROLE_FIELD, /* what stands in one */
};

/* How the items of a list that does not stand on one line are placed. */
struct style {
    enum role items;
    uint32_t indent;
    bool breaks_lists, breaks_atoms; /* each begins a line, but the first item of all */
    uint32_t n_leading;              /* of the others, these stay on the line of the parenthesis */
    bool keeps_empty;                /* an empty line between items stays */
};

static void put(struct layout *l, struct str s)
{
    buf_add_str(l->out, s);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n')
            l->column = 0;
        else
            l->column += ((unsigned char)s.p[i] & 0xc0) != 0x80;
}

static void put_blanks(struct layout *l, uint32_t n)
{
    memset(buf_extend(l->out, n), ' ', n);
    l->column += n;
}

static void new_line(struct layout *l, uint32_t indent)
{
    put(l, STR("\n"));
    put_blanks(l, indent < INDENT_MAX ? indent : INDENT_MAX);
}

/* Takes the blanks off the start of *s; gives the column where what is behind them stands. */
static uint32_t cut_blanks(struct str *s)
{
    uint32_t column = 0;
    for (; s->n && (s->p[0] == ' ' || s->p[0] == '\t'); *s = str_skip(*s, 1))
        column += s->p[0] == '\t' ? TAB - column % TAB : 1;
    return column;
}

/* Takes what sx_string_part finds off *s, with the end of the line behind it. */
static struct str cut_part(struct str *s)
{
    size_t n = sx_string_part(*s);
    struct str part = str_of(s->p, n);
    *s = str_skip(*s, n);
    if (s->n)
        *s = str_skip(*s, s->p[0] == '\r' ? 2 : 1);
    return part;
}

static bool is_line_end(struct str s)
{
    return str_starts(s, STR("\n")) || str_starts(s, STR("\r\n"));
}

/* The least indentation of the lines that continue a string. */
static uint32_t least_indent(struct str s)
{
    uint32_t least = UINT32_MAX;
    for (cut_part(&s); s.n; cut_part(&s)) {
        uint32_t column = cut_blanks(&s);
        if (!is_line_end(s) && column < least)
            least = column;
    }
    return least;
}

/* Blanks behind a continued line are no part of the string: its lines are aligned behind the quote,
 * and keep what they are indented more than others. */
static void put_string(struct layout *l, struct str s)
{
    uint32_t indent = l->column + 1, least = least_indent(s);
    put(l, cut_part(&s));
    while (s.n) {
        put(l, STR("\n"));
        uint32_t column = cut_blanks(&s);
        if (!is_line_end(s))
            put_blanks(l, indent + column - least);
        put(l, cut_part(&s));
    }
}

/* Without the CR of ends of lines. */
static void put_comment(struct layout *l, struct str s)
{
    s = str_trim(s);
    for (size_t i = 0; i < s.n; i++) {
        size_t cr = i;
        while (cr < s.n && s.p[cr] == '\r')
            cr++;
        if (cr < s.n && s.p[cr] == '\n')
            i = cr;
        put(l, str_of(s.p + i, 1));
    }
}

static void put_node(struct layout *l, const struct sx_node *n, enum role role);

static void put_flat(struct layout *l, const struct sx_node *list)
{
    const struct sx_node *last = NULL;
    put(l, STR("("));
    vec_for (const struct sx_node, n, &list->items) {
        if (last && last->kind != SX_NODE_SKIP)
            put(l, STR(" "));
        if (n->kind == SX_NODE_LIST)
            put_flat(l, n);
        else
            put(l, n->text);
        last = n;
    }
    put(l, STR(")"));
}

/* Whether an item that is no comment begins a line: as the style wants it, or as there is no room.
 */
static bool breaks(const struct layout *l, const struct style *st, const struct sx_node *n,
                   uint32_t index)
{
    bool may_break = index >= st->n_leading;
    if (n->kind == SX_NODE_LIST || n->kind == SX_NODE_SKIP)
        return st->breaks_lists || may_break;
    if (n->is_continued)
        return st->breaks_lists;
    return st->breaks_atoms || (may_break && l->column + 1 + n->width > WIDTH);
}

/* What stands between two items, or before the first. */
static void put_between(struct layout *l, const struct style *st, const struct sx_node *last,
                        const struct sx_node *n, uint32_t index)
{
    bool breaks_line;
    if (sx_node_is_comment(n))
        breaks_line = n->on_new_line;
    else if (!last || last->kind == SX_NODE_SKIP)
        breaks_line = false;
    else if (sx_node_is_comment(last))
        breaks_line = last->kind == SX_NODE_LINE || n->on_new_line;
    else
        breaks_line = breaks(l, st, n, index);
    if (breaks_line || (last && last->kind == SX_NODE_LINE)) {
        if (last && n->behind_empty && st->keeps_empty)
            put(l, STR("\n"));
        new_line(l, st->indent);
    } else if (last && (last->kind != SX_NODE_SKIP || sx_node_is_comment(n)))
        put(l, STR(" "));
}

static void put_items(struct layout *l, const struct style *st, const struct sx_node_vec *items)
{
    const struct sx_node *last = NULL;
    uint32_t index = 0;
    vec_for (const struct sx_node, n, items) {
        put_between(l, st, last, n, index);
        put_node(l, n, st->items);
        index += !sx_node_is_comment(n) && n->kind != SX_NODE_SKIP;
        last = n;
    }
}

/* The name at the head of a list; empty if there is none. */
static struct str head_of(const struct sx_node *list)
{
    vec_for (const struct sx_node, n, &list->items)
        if (!sx_node_is_comment(n))
            return n->kind == SX_NODE_ATOM ? n->text : STR("");
    return STR("");
}

static bool has_continued(const struct sx_node *list)
{
    vec_for (const struct sx_node, n, &list->items)
        if (n->is_continued)
            return true;
    return false;
}

static uint32_t count_lists(const struct sx_node *list)
{
    uint32_t count = 0;
    vec_for (const struct sx_node, n, &list->items)
        count += n->kind == SX_NODE_LIST;
    return count;
}

static bool fits(const struct layout *l, const struct sx_node *list)
{
    return !list->is_broken && l->column + list->width <= WIDTH;
}

/* An item of a spec: (build NAME SPEC), and operations whose fields stand below each other. */
static bool has_rows(const struct layout *l, const struct sx_node *list)
{
    struct str head = head_of(list);
    uint32_t n_lists = count_lists(list);
    if (str_eq(head, STR("build")) || has_continued(list))
        return true;
    if (n_lists > 1)
        return str_eq(head, STR("run")) || !fits(l, list);
    return n_lists == 1 && list->is_broken;
}

/* Further arguments stand below the first one, which follows the name. */
static struct style style_of(const struct layout *l, const struct sx_node *list, enum role role)
{
    struct style st = {.items = ROLE_FIELD, .indent = l->column + 1, .n_leading = 1};
    struct str head = head_of(list);
    if (role == ROLE_SPEC)
        return (struct style){ROLE_OP, l->column + 1, true, true, 0, true};
    if (role == ROLE_OP && str_eq(head, STR("build")))
        st.items = ROLE_SPEC;
    st.breaks_lists = role == ROLE_OP ? has_rows(l, list) : has_continued(list);
    if (!st.breaks_lists && head.n && list->items.at[0].kind == SX_NODE_ATOM) {
        st.indent += sx_text_width(head) + 1;
        st.n_leading = 2;
    }
    return st;
}

static void put_list(struct layout *l, const struct sx_node *list, enum role role)
{
    struct style st = style_of(l, list, role);
    bool is_flat = role == ROLE_SPEC ? list->items.n == 0 : fits(l, list) && !st.breaks_lists;
    if (is_flat) {
        put_flat(l, list);
        return;
    }
    put(l, STR("("));
    put_items(l, &st, &list->items);
    if (list->items.n && list->items.at[list->items.n - 1].kind == SX_NODE_LINE)
        new_line(l, st.indent);
    put(l, STR(")"));
}

static void put_node(struct layout *l, const struct sx_node *n, enum role role)
{
    switch (n->kind) {
    case SX_NODE_ATOM:
        if (n->is_continued)
            put_string(l, n->text);
        else
            put(l, n->text);
        return;
    case SX_NODE_LIST: put_list(l, n, role); return;
    case SX_NODE_SKIP: put(l, n->text); return;
    case SX_NODE_LINE:
    case SX_NODE_BLOCK: put_comment(l, n->text); return;
    }
    BUG("kind of node %d", n->kind);
}

bool sx_format(struct compile *c, uint32_t source, struct buf *out)
{
    static const struct style file = {ROLE_SPEC, 0, true, true, 0, true};
    struct sx_node_vec nodes;
    struct layout l = {.out = out};
    if (!sx_nodes_read(c, source, &nodes))
        return false;
    if (nodes.n)
        nodes.at[0].on_new_line = false;
    put_items(&l, &file, &nodes);
    if (l.column)
        put(&l, STR("\n"));
    return true;
}
