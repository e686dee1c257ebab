/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and comments to nested nodes, with what their layout depends on. */
#include <config.h>

#include "frontend/sx_node.h"

#include "frontend/sx_lex.h"

struct nodes {
    struct sx_reader rd;
    struct span_vec comments;
    uint32_t n_taken; /* of the comments */
    uint32_t end;     /* offset behind the last node */
};

size_t sx_string_part(struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '\\')
            continue;
        if (s.p[i + 1] == '\n' || str_starts(str_skip(s, i + 1), STR("\r\n")))
            return i + 1;
        i++;
    }
    return s.n;
}

uint32_t sx_text_width(struct str s)
{
    uint32_t width = 0;
    for (size_t i = 0; i < s.n && s.p[i] != '\n'; i++)
        width += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return width;
}

/* A node at `at`, which knows how it stands to the one before it. */
static struct sx_node node_at(struct nodes *ns, enum sx_node_kind kind, struct span at)
{
    struct sx_node n = {.kind = kind, .text = str_of(ns->rd.text + at.off, at.len)};
    unsigned lines = 0;
    for (uint32_t i = ns->end; i < at.off; i++)
        lines += ns->rd.text[i] == '\n';
    n.on_new_line = lines > 0;
    n.behind_empty = lines > 1;
    n.width = sx_text_width(n.text);
    ns->end = span_end(at);
    return n;
}

static struct sx_node atom_at(struct nodes *ns, struct span at)
{
    struct sx_node n = node_at(ns, SX_NODE_ATOM, at);
    n.is_continued = n.is_broken = n.text.p[0] == '"' && sx_string_part(n.text) < n.text.n;
    return n;
}

static struct sx_node comment_at(struct nodes *ns, struct span at)
{
    bool is_line = ns->rd.text[at.off] == ';';
    struct sx_node n = node_at(ns, is_line ? SX_NODE_LINE : SX_NODE_BLOCK, at);
    n.is_broken = is_line || n.on_new_line || str_find(n.text, '\n') >= 0;
    return n;
}

/* Adds an item, and to the list what follows from it. */
static void append(struct nodes *ns, struct sx_node *list, struct sx_node item)
{
    const struct sx_node *last = list->items.n ? &list->items.at[list->items.n - 1] : NULL;
    bool ends_comment = last && last->kind == SX_NODE_BLOCK && item.on_new_line;
    list->is_broken |= item.is_broken || ends_comment;
    list->width += item.width + (last && last->kind != SX_NODE_SKIP);
    vec_push(ns->rd.arena, &list->items, item);
}

/* The next token; the comments before it become items of the list. */
static int next(struct nodes *ns, struct sx_node *list, struct span *at)
{
    union SX_STYPE value;
    int token = sx_lex(&value, at, &ns->rd);
    for (; ns->n_taken < ns->comments.n; ns->n_taken++)
        append(ns, list, comment_at(ns, ns->comments.at[ns->n_taken]));
    return token;
}

/* Reads up to the end of the list, or of the file. Parentheses are known to match. */
static void read_items(struct nodes *ns, struct sx_node *list)
{
    struct span at;
    for (int token; (token = next(ns, list, &at)) != TOK_SX_END && token != TOK_SX_CLOSE;) {
        struct sx_node n;
        if (token == TOK_SX_ATOM) {
            n = atom_at(ns, at);
        } else if (token == TOK_SX_SKIP) {
            n = node_at(ns, SX_NODE_SKIP, at);
        } else {
            n = node_at(ns, SX_NODE_LIST, at);
            n.width++;
            read_items(ns, &n);
        }
        append(ns, list, n);
    }
    ns->end = span_end(at);
}

bool sx_nodes_read(struct compile *c, uint32_t source, struct sx_node_vec *out)
{
    size_t errors = c->diags->n_errors;
    struct sx_datum_vec data;
    struct nodes ns = {0};
    struct sx_node file = {.kind = SX_NODE_LIST};
    if (!compile_check_text(c, source))
        return false;
    sx_read(c->arena, c->diags, c->sources, source, &data);
    if (c->diags->n_errors != errors)
        return false;
    sx_reader_init(&ns.rd, c->arena, c->diags, c->sources, source);
    ns.rd.comments = &ns.comments;
    read_items(&ns, &file);
    *out = file.items;
    return true;
}
