/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of S-expressions: generic lists. What the lists of a spec mean is checked on the
 * data (sx_form.c), so that one wrong form never hides the next, and all that can go wrong here is
 * an unbalanced parenthesis or a "#;" without a datum behind it.
 */
%require "3.8"
%define api.pure full
%define api.prefix {sx_}
%define api.token.prefix {TOK_SX_}
%define api.value.type union
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct sx_reader *rd}
%initial-action { @$ = span_of(rd->source, 0, 0); }

%code requires {
#include "frontend/sx_read.h"
}

%code {
#include <config.h>

#include "frontend/sx_lex.h"

#include "base/buf.h"

/* Lists nest as deeply as the parser's stack allows: two entries for each. */
enum { STACK_DEPTH_MAX = 10000 };
#define YYMAXDEPTH STACK_DEPTH_MAX

#define YYLLOC_DEFAULT(cur, rhs, n)                                                                \
    ((cur) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                                   \
                 : span_of(YYRHSLOC(rhs, 0).source, span_end(YYRHSLOC(rhs, 0)), 0))

static void sx_error(const struct span *at, struct sx_reader *rd, const char *text);
static struct sx_datum *list_new(struct sx_reader *rd, struct span span, struct sx_datum_vec items);
static void report_unclosed(struct sx_reader *rd, struct span opener);
static void report_stray(struct sx_reader *rd, struct span closer);
static void note_skip(struct sx_reader *rd, struct span skip);
}

%token END 0 "end of file"
%token OPEN "\"(\""
%token CLOSE "\")\""
%token SKIP "\"#;\""
%token <struct sx_datum *> ATOM "an atom"

%type <struct sx_datum *> datum
%type <struct sx_datum_vec> data items

%printer { fprintf(yyo, STR_FMT, STR_ARG($$->text)); } ATOM
%printer { fprintf(yyo, "%s", $$->kind == SX_ATOM ? "atom" : "list"); } datum
%printer { fprintf(yyo, "%u items", $$.n); } data items

%%

file:
    data                        { rd->data = $data; }
;

data:
    %empty                      { $$ = (struct sx_datum_vec){0}; }
|   data[before] datum          { $$ = $before; vec_push(rd->arena, &$$, $datum); }
|   data[before] skipped        { $$ = $before; }
|   data[before] CLOSE          { $$ = $before; report_stray(rd, @2); yyerrok; }
;

datum:
    ATOM
|   OPEN items CLOSE            { $$ = list_new(rd, @$, $items); yyerrok; }
|   OPEN items error            { $$ = list_new(rd, @1, $items); report_unclosed(rd, @1); yyerrok; }
;

items:
    %empty                      { $$ = (struct sx_datum_vec){0}; }
|   items[before] datum         { $$ = $before; vec_push(rd->arena, &$$, $datum); }
|   items[before] skipped       { $$ = $before; }
;

/* Each "#;" drops one datum; what it drops first drops data of its own. */
skipped:
    SKIP skips datum
|   SKIP skips error            { note_skip(rd, @1); }
;

skips:
    %empty
|   skips skipped
;

%%

static bool is_among(yysymbol_kind_t token, const yysymbol_kind_t *list, int n)
{
    for (int i = 0; i < n; i++)
        if (list[i] == token)
            return true;
    return false;
}

/* An unclosed list is reported by its rule, which knows where it began. What is left is a "#;". */
static int yyreport_syntax_error(const yypcontext_t *context, struct sx_reader *rd)
{
    yysymbol_kind_t expected[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    if (is_among(YYSYMBOL_CLOSE, expected, n))
        return 0;
    struct buf text = BUF_INIT;
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ",
                   yysymbol_name(expected[i]));
    rd->mistake = diag_error(rd->diags, *yypcontext_location(context), "unexpected %s, expected %s",
                             yysymbol_name(yypcontext_token(context)), text.p);
    buf_free(&text);
    return 0;
}

/* Called only when the parser's stack is full. */
static void sx_error(const struct span *at, struct sx_reader *rd, const char *text)
{
    (void)text;
    diag_error(rd->diags, *at, "lists are nested too deeply here, expected fewer than %d levels",
               STACK_DEPTH_MAX / 2);
}

static struct sx_datum *list_new(struct sx_reader *rd, struct span span, struct sx_datum_vec items)
{
    struct sx_datum *d = arena_new(rd->arena, struct sx_datum);
    *d = (struct sx_datum){.kind = SX_LIST, .span = span, .items = items};
    return d;
}

static void report_unclosed(struct sx_reader *rd, struct span opener)
{
    if (!rd->is_cut)
        diag_error(rd->diags, opener, "this \"(\" is never closed");
}

static void report_stray(struct sx_reader *rd, struct span closer)
{
    if (!rd->mistake || rd->mistake->span.off != closer.off)
        diag_error(rd->diags, closer, "this \")\" closes nothing");
}

static void note_skip(struct sx_reader *rd, struct span skip)
{
    if (rd->mistake)
        diag_note_at(rd->mistake, skip, "\"#;\" drops the datum behind it");
}

void sx_reader_init(struct sx_reader *rd, struct arena *a, struct diag_sink *diags,
                    const struct sources *ss, uint32_t source)
{
    struct str text = source_at(ss, source)->text, bom = STR("\xef\xbb\xbf");
    *rd = (struct sx_reader){
        .arena = a,
        .diags = diags,
        .source = source,
        .text = text.p,
        .cursor = text.p + (str_starts(text, bom) ? bom.n : 0), /* Windows editors write one */
        .limit = text.p + text.n,
    };
}

void sx_read(struct arena *a, struct diag_sink *diags, const struct sources *ss, uint32_t source,
             struct sx_datum_vec *data)
{
    struct sx_reader rd;
    sx_reader_init(&rd, a, diags, ss, source);
    sx_parse(&rd);
    *data = rd.data;
}
