/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs and builds: what stands where, and what was meant where parentheses went wrong. The
 * operations are in sx_op.c.
 */
#include <config.h>

#include "frontend/sx_form.h"

#include "frontend/sx_op.h"

#define SPEC_USAGE "((from IMAGE) OPERATION...)"

static void read_from(struct sx_checker *ck, const struct sx_datum *form, struct sx_spec *spec)
{
    static const struct sx_field from = {STR_INIT("from"), true, "(from IMAGE)", NULL, 0};
    if (spec->from) {
        struct diag *e = diag_error(ck->diags, form->items.at[0]->span,
                                    "a second \"from\", expected one for each spec");
        diag_note_at(e, spec->from->items.at[0]->span, "the first is here");
        diag_note(e, "further images go into builds: (build NAME ((from IMAGE) ...))");
        return;
    }
    spec->from = form;
    sx_read_word(ck, &from, form, &spec->image);
    if (spec->image.text.p && spec->image.text.n == 0)
        diag_error(ck->diags, spec->image.span, "the image is empty, expected (from IMAGE)");
}

static struct sx_spec *read_spec(struct sx_checker *ck, const struct sx_datum *d);

static void read_build(struct sx_checker *ck, const struct sx_datum *form, struct sx_spec *spec)
{
    const char *usage = "(build NAME " SPEC_USAGE ")";
    struct sx_build *b = arena_new(ck->arena, struct sx_build);
    b->span = form->span;
    if (spec->from) {
        struct diag *e = diag_error(ck->diags, form->items.at[0]->span,
                                    "\"build\" behind \"from\", expected before it");
        diag_note_at(e, spec->from->items.at[0]->span, "the \"from\" is here");
    }
    if (form->items.n != 3) {
        diag_error(ck->diags, sx_opener(form), "\"build\" with %u argument%s, expected %s",
                   form->items.n - 1, form->items.n == 2 ? "" : "s", usage);
        if (form->items.n < 3)
            return;
    }
    if (sx_take_word(ck, form->items.at[1], usage, &b->name) && b->name.text.n == 0)
        diag_error(ck->diags, b->name.span, "the build's name is empty, expected %s", usage);
    if (form->items.n == 3)
        b->spec = read_spec(ck, form->items.at[2]);
    vec_push(ck->arena, &spec->builds, b);
}

static void report_not_a_form(struct sx_checker *ck, const struct sx_datum *d)
{
    if (!d->is_broken)
        diag_error(ck->diags, sx_opener(d),
                   "%s, expected (OPERATION ...), (from IMAGE) or (build ...)",
                   d->kind == SX_ATOM ? "an atom where a list is needed"
                   : d->items.n == 0  ? "an empty list"
                                      : "a list that does not begin with a name");
}

static void read_item(struct sx_checker *ck, const struct sx_datum *d, struct sx_spec *spec,
                      const struct sx_datum **first_op)
{
    struct str name = sx_form_name(d);
    if (!name.p)
        report_not_a_form(ck, d);
    else if (str_eq(name, STR("build")))
        read_build(ck, d, spec);
    else if (str_eq(name, STR("from")))
        read_from(ck, d, spec);
    else if (sx_read_op(ck, d, &spec->ops) && !spec->from && !*first_op)
        *first_op = d;
}

static void check_from(struct sx_checker *ck, const struct sx_datum *d, const struct sx_spec *spec,
                       const struct sx_datum *first_op)
{
    if (!spec->from)
        diag_error(ck->diags, sx_opener(d), "a spec without \"from\", expected " SPEC_USAGE);
    else if (first_op) {
        struct str name = sx_form_name(first_op);
        struct diag *e =
            diag_error(ck->diags, first_op->items.at[0]->span,
                       "\"" STR_FMT "\" before \"from\", expected behind it", STR_ARG(name));
        diag_note_at(e, spec->from->items.at[0]->span, "the \"from\" is here");
    }
}

/* Whether d is a form where a list of forms should be: a spec without its outer parentheses. */
static bool is_bare_form(const struct sx_datum *d)
{
    struct str name = sx_form_name(d);
    return name.p &&
           (str_eq(name, STR("from")) || str_eq(name, STR("build")) || sx_is_operation(name));
}

/* Reads d as a spec, and what `more` has as further forms of it. */
static struct sx_spec *read_forms(struct sx_checker *ck, const struct sx_datum *d,
                                  const struct sx_datum *const *more, size_t n_more)
{
    struct sx_spec *spec = arena_new(ck->arena, struct sx_spec);
    const struct sx_datum *first_op = NULL;
    spec->span = d->span;
    for (size_t i = 0; i < d->items.n && !sx_is_full(ck); i++)
        read_item(ck, d->items.at[i], spec, &first_op);
    for (size_t i = 0; i < n_more && !sx_is_full(ck); i++)
        read_item(ck, more[i], spec, &first_op);
    check_from(ck, d, spec, first_op);
    return spec;
}

static struct sx_spec *read_spec(struct sx_checker *ck, const struct sx_datum *d)
{
    struct sx_spec *empty = arena_new(ck->arena, struct sx_spec);
    empty->span = d->span;
    if (d->is_broken)
        return empty;
    if (d->kind == SX_ATOM || is_bare_form(d)) {
        diag_error(ck->diags, sx_opener(d), "%s where a spec is needed, expected " SPEC_USAGE,
                   d->kind == SX_ATOM ? "an atom" : "a single form");
        return empty;
    }
    if (ck->depth == SX_BUILD_DEPTH_MAX) {
        diag_error(ck->diags, sx_opener(d), "builds are nested too deeply, expected at most %d",
                   SX_BUILD_DEPTH_MAX);
        return empty;
    }
    ck->depth++;
    struct sx_spec *spec = read_forms(ck, d, NULL, 0);
    ck->depth--;
    return spec;
}

/* A ")" too many ends the spec early; what is behind it is checked as what it was meant to be. */
static struct sx_spec *read_split_spec(struct sx_checker *ck, const struct sx_datum_vec *data)
{
    const struct sx_datum *first = data->at[0];
    struct diag *e = diag_error(ck->diags, sx_opener(data->at[1]),
                                "more behind the spec, expected one spec for each file");
    diag_note_at(e, span_of(first->span.source, span_end(first->span) - 1, 1),
                 "the spec ends here");
    if (first->kind == SX_ATOM || !is_bare_form(data->at[1]))
        return read_spec(ck, first);
    return read_forms(ck, first, (const struct sx_datum *const *)data->at + 1, data->n - 1);
}

/* (from ...) (run ...) without parentheses around them. */
static struct sx_spec *read_bare_forms(struct sx_checker *ck, const struct sx_datum_vec *data)
{
    struct sx_datum whole = {
        .kind = SX_LIST,
        .span = span_join(data->at[0]->span, data->at[data->n - 1]->span),
    };
    diag_error(ck->diags, sx_opener(data->at[0]),
               "a single form where a spec is needed, expected " SPEC_USAGE
               ": parentheses around all forms");
    return read_forms(ck, &whole, (const struct sx_datum *const *)data->at, data->n);
}

struct sx_spec *sx_check(struct arena *a, struct diag_sink *diags, struct span file,
                         const struct sx_datum_vec *data)
{
    struct sx_checker ck = {.arena = a, .diags = diags};
    if (data->n == 0) {
        struct sx_spec *empty = arena_new(a, struct sx_spec);
        empty->span = file;
        if (diags->n_errors == 0)
            diag_error(diags, span_of(file.source, 0, 0),
                       "no spec in this file, expected " SPEC_USAGE);
        return empty;
    }
    if (is_bare_form(data->at[0]))
        return read_bare_forms(&ck, data);
    return data->n > 1 ? read_split_spec(&ck, data) : read_spec(&ck, data->at[0]);
}
