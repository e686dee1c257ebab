/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formatters, on texts whose language is guessed. What can be read can be formatted, and again
 * without a change; comments stay, in their order, and so do the bodies of heredocs. What compiles
 * means the same.
 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "frontend/df_scan.h"
#include "frontend/format.h"
#include "frontend/sx_node.h"

struct run {
    struct arena arena;
    struct sources sources;
    struct diag_sink diags;
    struct compile_options options;
    struct compile c;
    uint32_t source;
};

static void begin(struct run *r, struct str text)
{
    *r = (struct run){.arena = ARENA_INIT};
    r->sources = SOURCES_INIT(&r->arena);
    r->diags = DIAG_SINK_INIT(&r->arena);
    r->c = (struct compile){&r->arena, &r->sources, &r->diags, NULL, &r->options};
    r->source = source_add(&r->sources, STR("fuzz"), text);
}

/* What is collected of a text, a line each. */
static void put_line(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\r')
            buf_putc(out, s.p[i]);
    buf_putc(out, '\n');
}

static void collect_nodes(const struct sx_node_vec *nodes, struct buf *out)
{
    vec_for (const struct sx_node, n, nodes) {
        if (sx_node_is_comment(n))
            put_line(out, str_trim(n->text));
        collect_nodes(&n->items, out);
    }
}

static void collect_spec(struct run *r, struct buf *out)
{
    struct sx_node_vec nodes;
    if (!sx_nodes_read(&r->c, r->source, &nodes))
        BUG("what was read once can't be read again");
    collect_nodes(&nodes, out);
}

/* The comments from `from` to `to`. */
static void collect_comments(struct str text, size_t from, size_t to, struct buf *out)
{
    struct str rest = str_of(text.p + from, to - from), line;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        line = str_trim(df_trim_left(line));
        if (str_starts(line, STR("#")))
            put_line(out, line);
    }
}

static void collect_dockerfile(struct run *r, struct buf *out)
{
    struct df_file file;
    struct df_directives directives;
    struct str text = source_at(&r->sources, r->source)->text;
    size_t start = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
    size_t at = df_directives_read(&r->c, r->source, text, start, &directives);
    df_parse_file(&r->c, r->source, &file);
    vec_for (const struct df_insn, in, &file.insns) {
        const struct df_heredoc_vec *bodies = in->trigger ? &in->trigger->heredocs : &in->heredocs;
        vec_for (const struct df_heredoc, h, bodies) {
            collect_comments(text, at, h->body.off, out);
            buf_add(out, text.p + h->body.off, h->body.len);
            at = span_end(h->body);
        }
    }
    collect_comments(text, at, text.n, out);
}

/* What a formatter may not touch. */
static void collect(struct str text, bool is_spec, struct buf *out)
{
    struct run r;
    begin(&r, text);
    if (is_spec)
        collect_spec(&r, out);
    else
        collect_dockerfile(&r, out);
    arena_free(&r.arena);
}

static void check_kept(struct str before, struct str after, bool is_spec)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    collect(before, is_spec, &x);
    collect(after, is_spec, &y);
    if (!str_eq(buf_str(&x), buf_str(&y)))
        BUG("comments or heredocs are others:\n" STR_FMT "---\n" STR_FMT, STR_ARG(buf_str(&x)),
            STR_ARG(buf_str(&y)));
    buf_free(&x);
    buf_free(&y);
}

static void check_again(const struct language *l, struct str once)
{
    struct run r;
    struct buf twice = BUF_INIT;
    begin(&r, once);
    if (!l->format(&r.c, r.source, &twice))
        BUG("formatted, it can't be read: %s\n" STR_FMT, r.diags.list.at[0]->text.p, STR_ARG(once));
    if (!str_eq(once, buf_str(&twice)))
        BUG("formatted twice, it is another text:\n" STR_FMT "---\n" STR_FMT, STR_ARG(once),
            STR_ARG(buf_str(&twice)));
    buf_free(&twice);
    arena_free(&r.arena);
}

/* format_source compares the meaning. */
static void check_meaning(const struct language *l, struct str text)
{
    struct run r;
    struct buf out = BUF_INIT;
    begin(&r, text);
    bool ok = format_source(&r.c, l, r.source, &out);
    vec_for (struct diag *const, d, &r.diags.list)
        if ((*d)->notes.n && str_starts((*d)->text, STR("formatted, ")))
            BUG("%s:\n" STR_FMT, (*d)->text.p, STR_ARG(buf_str(&out)));
    if (!ok && l->same)
        BUG("what can be read is not formatted");
    if (ok != (r.diags.n_errors == 0))
        BUG("the formatter says %d, and there are %zu errors", ok, r.diags.n_errors);
    buf_free(&out);
    arena_free(&r.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r;
    struct buf once = BUF_INIT;
    begin(&r, str_of((const char *)data, size));
    const struct source s = *source_at(&r.sources, r.source);
    const struct language *l = language_guess(&s);
    if (l->format(&r.c, r.source, &once)) {
        check_again(l, buf_str(&once));
        check_kept(s.text, buf_str(&once), l->format == sx_format);
        check_meaning(l, s.text);
    }
    buf_free(&once);
    arena_free(&r.arena);
    return 0;
}
