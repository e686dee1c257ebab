/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of Dockerfile lines. A line that does not fit is reported once and skipped; it stays
 * in the tree as a broken instruction. Names, values and order are checked in lowering.
 */
%require "3.8"
%define api.pure full
%define api.prefix {df_}
%define api.token.prefix {TOK_}
%define api.value.type union
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%param {struct df_parse *ps}
%expect 0
%initial-action { @$ = span_of(ps->file->source, 0, 0); }

%code requires {
#include "frontend/df_scan.h"
}

%code provides {
int df_lex(DF_STYPE *lval, struct span *lloc, struct df_parse *ps);
}

%code {
#include "frontend/df_rules.h"

static void df_error(const struct span *at, struct df_parse *ps, const char *text);

#define YYLLOC_DEFAULT(Current, Rhs, N)                                                            \
    ((Current) = (N) ? span_join(YYRHSLOC(Rhs, 1), YYRHSLOC(Rhs, N))                               \
                     : span_of(YYRHSLOC(Rhs, 0).source, span_end(YYRHSLOC(Rhs, 0)), 0))

static void add_word(struct df_parse *ps, struct df_word word)
{
    vec_push(ps->c->arena, &ps->insn.words, word);
}

static void add_pair(struct df_parse *ps, struct df_pair pair)
{
    vec_push(ps->c->arena, &ps->insn.pairs, pair);
}

static void line_done(struct df_parse *ps, bool is_broken)
{
    ps->insn.is_broken = is_broken;
    if (ps->insn.type && ps->insn.type->kind == DF_FROM)
        vec_push(ps->c->arena, &ps->file->froms, ps->file->insns.n);
    vec_push(ps->c->arena, &ps->file->insns, ps->insn);
}
}

%token DF_EOF 0 "the end of the file"
%token EOL "the end of the line"
%token ARGS "ARG"
       COMMAND "RUN"
       FROM "FROM"
       HEALTHCHECK "HEALTHCHECK"
       ONBUILD "ONBUILD"
       PAIRS "ENV"
       PATHS "COPY"
       TEXT_LINE "USER"
       WORDS "EXPOSE"
%token AS "\"AS\"" CMD "\"CMD\"" NONE "\"NONE\""
%token EXEC "a JSON array"
%token <struct df_flag *> FLAG "a flag"
%token <struct df_word> IMAGE "an image"
%token <struct df_word> NAME "a name"
%token <struct df_word> PATH "a path"
%token <struct df_word> PORT "a port"
%token <struct df_word> TEXT "a value"
%token <struct df_word> TRIGGER "an instruction"
%token <struct df_word> WORD "a word" /* where none may stand */
%token <struct df_pair *> PAIR "NAME=VALUE"

%%

file: %empty | file line;

line: insn EOL  { line_done(ps, false); }
    | error EOL { line_done(ps, true); yyerrok; }
    ;

insn: FROM flags IMAGE[image]                { add_word(ps, $image); }
    | FROM flags IMAGE[image] AS NAME[name]  { add_word(ps, $image); add_word(ps, $name); }
    | COMMAND flags command
    | PATHS flags EXEC
    | PATHS flags paths
    | WORDS flags ports
    | TEXT_LINE flags TEXT[text]             { add_word(ps, $text); }
    | ONBUILD flags TRIGGER[text]            { add_word(ps, $text); }
    | PAIRS flags pairs
    | PAIRS flags NAME[name] TEXT[value]
      { add_pair(ps, (struct df_pair){$name, true, $value}); ps->insn.is_legacy = true; }
    | ARGS flags args
    | HEALTHCHECK flags NONE                 { ps->insn.is_none = true; }
    | HEALTHCHECK flags CMD command
    ;

flags: %empty
     | flags FLAG[flag] { vec_push(ps->c->arena, &ps->insn.flags, *$flag); }
     ;

command: %empty
       | EXEC
       | TEXT[text] { add_word(ps, $text); }
       ;

paths: PATH[path]       { add_word(ps, $path); }
     | paths PATH[path] { add_word(ps, $path); }
     ;

ports: PORT[port]       { add_word(ps, $port); }
     | ports PORT[port] { add_word(ps, $port); }
     ;

pairs: PAIR[pair]       { add_pair(ps, *$pair); }
     | pairs PAIR[pair] { add_pair(ps, *$pair); }
     ;

args: arg | args arg;

arg: PAIR[pair] { add_pair(ps, *$pair); }
   | NAME[name] { add_pair(ps, (struct df_pair){.name = $name}); }
   ;

%%

static void df_error(const struct span *at, struct df_parse *ps, const char *text)
{
    diag_error(ps->c->diags, *at, "%s", text); /* only "memory exhausted" comes this way */
}

struct diag *df_refuse(struct df_parse *ps, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *d = diag_verror(ps->c->diags, at, fmt, ap);
    va_end(ap);
    if (ps->is_trigger) {
        diag_demote(d);
        d->rule = &df_rule_onbuild_trigger;
        diag_note(d, "this stops the build of every image that is made from this one");
    }
    return d;
}

/* "A", "A or B", "A, B or C", the end of the line last; flags are optional everywhere and not
 * worth a word. */
static struct str expected_list(struct arena *a, const yypcontext_t *ctx, bool *pair)
{
    enum { MAX_EXPECTED = 8 };
    yysymbol_kind_t expected[MAX_EXPECTED];
    int n = yypcontext_expected_tokens(ctx, expected, MAX_EXPECTED), kept = 0;
    bool may_end = false;
    for (int i = 0; i < n; i++) {
        may_end |= expected[i] == YYSYMBOL_EOL;
        *pair |= expected[i] == YYSYMBOL_PAIR;
        if (expected[i] != YYSYMBOL_FLAG && expected[i] != YYSYMBOL_EOL)
            expected[kept++] = expected[i];
    }
    if (may_end)
        expected[kept++] = YYSYMBOL_EOL;
    struct str list = STR("");
    for (int i = 0; i < kept; i++)
        list = arena_printf(a, STR_FMT "%s%s", STR_ARG(list),
                            i == 0 ? "" : i + 1 < kept ? ", " : " or ",
                            yysymbol_name(expected[i]));
    return list;
}

/* BuildKit's parser refuses names without values also in a trigger, but not the lack of both. */
static int yyreport_syntax_error(const yypcontext_t *ctx, struct df_parse *ps)
{
    enum { MAX_QUOTED = 60 };
    bool pair = false, at_end = yypcontext_token(ctx) == YYSYMBOL_EOL;
    struct str expected = expected_list(ps->c->arena, ctx, &pair), got = ps->token;
    struct str insn = ps->insn.type ? ps->insn.type->name : ps->insn.keyword.s;
    struct span at = *yypcontext_location(ctx);
    bool is_trigger = ps->is_trigger;
    if (ps->insn.type && ps->insn.type->shape == DF_SHAPE_PAIRS)
        ps->is_trigger &= at_end && pair;
    ps->line_failed = true;
    if (at_end)
        df_refuse(ps, at, STR_FMT " is not complete: expected " STR_FMT, STR_ARG(insn),
                  STR_ARG(expected));
    else
        df_refuse(ps, at, "unexpected \"%.*s%s\", expected " STR_FMT,
                  (int)(got.n < MAX_QUOTED ? got.n : MAX_QUOTED), got.p,
                  got.n > MAX_QUOTED ? "..." : "", STR_ARG(expected));
    ps->is_trigger = is_trigger;
    return 0;
}

bool df_parse_trigger(struct df_parse *ps, struct str text)
{
    struct arena *a = ps->c->arena;
    size_t errors = ps->c->diags->n_errors;
    struct df_file file = {.source = ps->file->source};
    struct df_parse sub = {.c = ps->c, .file = &file, .reader = ps->reader, .mode = DF_MODE_LINE};
    sub.is_trigger = true;
    sub.reader.escape = '\\'; /* BuildKit parses a trigger anew, without the file's directives */
    sub.trigger = df_line_part(a, ps->insn.line, text);
    df_parse(&sub);
    sub.reader.escape = ps->reader.escape;
    ps->reader = sub.reader; /* it read the bodies of its heredocs */
    ps->insn.trigger = file.insns.at;
    return ps->c->diags->n_errors == errors;
}

bool df_parse_file(struct compile *c, uint32_t source, struct df_file *file)
{
    enum { RESERVE_MAX = 1 << 16 };
    *file = (struct df_file){.source = source};
    uint32_t n_lines = source_line_count(c->sources, source);
    vec_reserve(c->arena, &file->insns, n_lines < RESERVE_MAX ? n_lines : RESERVE_MAX);
    struct df_parse ps = {.c = c, .file = file, .mode = DF_MODE_LINE};
    df_reader_init(&ps.reader, c, source, &file->directives);
    size_t errors = c->diags->n_errors;
    if (df_parse(&ps) != 0 && c->diags->n_errors == errors)
        diag_error(c->diags, span_of(source, 0, 0), "the file is too complex to parse");
    return !ps.reader.is_cut;
}
