/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of a spec: one table row for each operation and each field, and the rules that no row
 * can say. A new operation is a row in op_forms, a case in sx_lower.c and one in sx_dump.c.
 */
#include <config.h>

#include "frontend/sx_form.h"

#include "frontend/sx_field.h"
#include "frontend/sx_path.h"

#include <stddef.h>

#define SPEC_USAGE "((from IMAGE) OPERATION...)"
#define MOUNT_USAGE "(ID (target PATH))"

static void read_option(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *d,
                        struct sx_option_vec *options)
{
    struct sx_option o = {.span = d->span};
    if (d->is_broken)
        return;
    if (d->kind != SX_LIST || d->items.n != 2) {
        diag_error(ck->diags, d->span, "not an option, expected %s", f->usage);
        return;
    }
    sx_take_word(ck, d->items.at[0], f->usage, &o.key);
    sx_take_word(ck, d->items.at[1], f->usage, &o.value);
    vec_push(ck->arena, options, o);
}

/* (buildkit_options (K V)...), and with one more pair of parentheses, as OBuilder prints it. */
static void read_options(struct sx_checker *ck, const struct sx_field *f,
                         const struct sx_datum *form, void *member)
{
    const struct sx_datum *list = form;
    size_t i = 1;
    if (form->items.n == 2 && form->items.at[1]->kind == SX_LIST) {
        const struct sx_datum *only = form->items.at[1];
        if (only->items.n == 0 || only->items.at[0]->kind == SX_LIST) {
            list = only;
            i = 0;
        }
    }
    for (; i < list->items.n && !sx_is_full(ck); i++)
        read_option(ck, f, list->items.at[i], member);
}

static const struct sx_field mount_fields[] = {
    {STR_INIT("target"), true, "(target PATH)", sx_read_word, offsetof(struct sx_mount, target)},
    {STR_INIT("buildkit_options"), false, "(buildkit_options (KEY VALUE)...)", read_options,
     offsetof(struct sx_mount, options)},
};

static const struct sx_record mount_record = {MOUNT_USAGE, mount_fields, 2, NULL};

static void check_target(struct sx_checker *ck, const struct sx_mount *m)
{
    if (!m->target.text.p || sx_path_is_absolute(m->target.text))
        return;
    struct str shown = sx_shown(ck->arena, m->target.text);
    diag_error(ck->diags, m->target.span,
               "target \"" STR_FMT "\" is not an absolute path, expected one that begins with \"/\"",
               STR_ARG(shown));
}

static void read_mount(struct sx_checker *ck, const struct sx_datum *d, struct sx_mount_vec *mounts)
{
    struct sx_mount m = {.span = d->span};
    if (d->is_broken)
        return;
    if (!sx_form_name(d).p) {
        diag_error(ck->diags, sx_opener(d), "%s, expected " MOUNT_USAGE,
                   d->kind == SX_ATOM ? "an atom where a list is needed" : "a list without an ID");
        return;
    }
    if (!sx_take_word(ck, d->items.at[0], MOUNT_USAGE, &m.id))
        return;
    if (m.id.text.n == 0)
        diag_error(ck->diags, m.id.span, "the ID is empty, expected " MOUNT_USAGE);
    sx_read_fields(ck, &mount_record, d, 1, &m);
    check_target(ck, &m);
    vec_push(ck->arena, mounts, m);
}

static void read_mounts(struct sx_checker *ck, const struct sx_field *f,
                        const struct sx_datum *form, void *member)
{
    (void)f;
    for (size_t i = 1; i < form->items.n && !sx_is_full(ck); i++)
        read_mount(ck, form->items.at[i], member);
}

/* (from (build NAME)) or (from context) */
static void read_copy_from(struct sx_checker *ck, const struct sx_field *f,
                           const struct sx_datum *form, void *member)
{
    const struct sx_datum *d = form->items.n == 2 ? form->items.at[1] : NULL;
    if (d && d->is_broken)
        return;
    if (d && d->kind == SX_ATOM && str_eq(d->text, STR("context")))
        return;
    if (d && str_eq(sx_form_name(d), STR("build")) && d->items.n == 2) {
        sx_take_word(ck, d->items.at[1], f->usage, member);
        return;
    }
    diag_error(ck->diags, form->span, "nothing to copy from, expected %s or (from context)",
               f->usage);
}

static bool is_operation(struct str name);

static const struct sx_field run_fields[] = {
    {STR_INIT("cache"), false, "(cache (ID (target PATH))...)", read_mounts,
     offsetof(struct sx_op, run.caches)},
    {STR_INIT("network"), false, "(network NAME...)", sx_read_words,
     offsetof(struct sx_op, run.networks)},
    {STR_INIT("secrets"), false, "(secrets (ID (target PATH))...)", read_mounts,
     offsetof(struct sx_op, run.secrets)},
    {STR_INIT("shell"), true, "(shell COMMAND)", sx_read_word, offsetof(struct sx_op, run.command)},
};

static const struct sx_field copy_fields[] = {
    {STR_INIT("from"), false, "(from (build NAME))", read_copy_from,
     offsetof(struct sx_op, copy.build)},
    {STR_INIT("src"), true, "(src PATH...)", sx_read_words, offsetof(struct sx_op, copy.src)},
    {STR_INIT("dst"), true, "(dst PATH)", sx_read_word, offsetof(struct sx_op, copy.dst)},
    {STR_INIT("exclude"), false, "(exclude NAME...)", sx_read_words,
     offsetof(struct sx_op, copy.exclude)},
};

static const struct sx_field user_fields[] = {
    {STR_INIT("uid"), false, "(uid N)", sx_read_number, offsetof(struct sx_op, user.uid)},
    {STR_INIT("gid"), false, "(gid N)", sx_read_number, offsetof(struct sx_op, user.gid)},
    {STR_INIT("name"), false, "(name NAME)", sx_read_word, offsetof(struct sx_op, user.name)},
};

static void check_workdir(struct sx_checker *ck, const struct sx_op *op, unsigned found)
{
    (void)found;
    const struct sx_word *dir = &op->args.at[0];
    if (dir->text.n == 0)
        diag_error(ck->diags, dir->span, "the directory is empty, expected (workdir DIR)");
}

static void check_env(struct sx_checker *ck, const struct sx_op *op, unsigned found)
{
    (void)found;
    const struct sx_word *name = &op->args.at[0];
    if (name->text.n == 0)
        diag_error(ck->diags, name->span, "the variable's name is empty, expected (env NAME VALUE)");
    else if (str_find(name->text, '=') >= 0)
        diag_error(ck->diags, name->span,
                   "\"=\" in the name of a variable, expected (env NAME VALUE)");
}

static void check_user(struct sx_checker *ck, const struct sx_op *op, unsigned found)
{
    enum { UID = 1, GID = 2, NAME = 4 };
    const char *usage = "expected (user (uid N) (gid N)) or (user (name NAME))";
    if (found == ~0u)
        return;
    if (found == NAME) {
        if (op->user.name.text.p && op->user.name.text.n == 0)
            diag_error(ck->diags, op->user.name.span, "the user's name is empty, %s", usage);
    } else if (found != (UID | GID))
        diag_error(ck->diags, sx_opener(op->form), "%s, %s",
                   found == 0     ? "no user"
                   : found & NAME ? "both a name and a number"
                                  : "one of uid and gid without the other",
                   usage);
}

static void check_copy_src(struct sx_checker *ck, const struct sx_word *src)
{
    if (!src->text.p)
        return;
    if (src->text.n == 0)
        diag_error(ck->diags, src->span, "a source is empty, expected a path; \".\" copies all");
    else if (sx_path_has_dotdot(src->text))
        diag_error(ck->diags, src->span,
                   "\"..\" in a source, expected a path below the context or the build's root");
}

/* OBuilder finds this when it runs the step, and fails; its own examples have it, so it is no
 * error here, and sx_lower.c adds the slash. */
static const struct diag_rule copy_into_without_slash = {"CopyIntoWithoutSlash", DIAG_WARNING};
static const struct diag_rule exclude_never_matches = {"ExcludeNeverMatches", DIAG_WARNING};

static void check_copy(struct sx_checker *ck, const struct sx_op *op, unsigned found)
{
    const struct sx_copy *copy = &op->copy;
    vec_for (const struct sx_word, src, &copy->src)
        if (!sx_is_full(ck))
            check_copy_src(ck, src);
    vec_for (const struct sx_word, name, &copy->exclude)
        if (str_find(name->text, '/') >= 0 && !sx_is_full(ck))
            diag_rule(ck->diags, &exclude_never_matches, name->span,
                      "this excludes nothing: a name with \"/\" is never the last part of a path");
    if (found == ~0u || !copy->dst.text.p)
        return;
    if (copy->dst.text.n == 0)
        diag_error(ck->diags, copy->dst.span, "the destination is empty, expected (dst PATH)");
    else if (copy->src.n > 1 && !str_ends(copy->dst.text, STR("/"))) {
        struct diag *e = diag_rule(ck->diags, &copy_into_without_slash, copy->dst.span,
                                   "several sources are copied into the destination, which does "
                                   "not end in \"/\"");
        struct str shown = sx_shown(ck->arena, copy->dst.text);
        diag_note(e, "write (dst " STR_FMT "/)", STR_ARG(shown));
    }
}

/* An operation has either positional arguments or fields. The order is that of suggestions. */
struct op_form {
    struct str name;
    enum sx_op_kind kind;
    size_t min_args, max_args;
    struct sx_record record;
    void (*check)(struct sx_checker *ck, const struct sx_op *op, unsigned found);
};

#define RECORD(usage, fields) {usage, fields, sizeof(fields) / sizeof((fields)[0]), is_operation}

static const struct op_form op_forms[] = {
    {STR_INIT("run"), SX_RUN, 0, 0,
     RECORD("(run (cache ...)? (network ...)? (secrets ...)? (shell COMMAND))", run_fields), NULL},
    {STR_INIT("copy"), SX_COPY, 0, 0,
     RECORD("(copy (from (build NAME))? (src PATH...) (dst PATH) (exclude NAME...)?)", copy_fields),
     check_copy},
    {STR_INIT("env"), SX_ENV, 2, 2, {"(env NAME VALUE)"}, check_env},
    {STR_INIT("workdir"), SX_WORKDIR, 1, 1, {"(workdir DIR)"}, check_workdir},
    {STR_INIT("user"), SX_USER, 0, 0,
     RECORD("(user (uid N) (gid N)) or (user (name NAME))", user_fields), check_user},
    {STR_INIT("shell"), SX_SHELL, 1, SIZE_MAX, {"(shell WORD...)"}, NULL},
    {STR_INIT("comment"), SX_COMMENT, 1, 1, {"(comment TEXT)"}, NULL},
};

enum { N_OPS = sizeof op_forms / sizeof op_forms[0] };

static const struct op_form *find_op(struct str name)
{
    for (size_t i = 0; i < N_OPS; i++)
        if (str_eq(op_forms[i].name, name))
            return &op_forms[i];
    return NULL;
}

static bool is_operation(struct str name)
{
    return find_op(name) != NULL;
}

/* False if the operation can't be checked any further. */
static bool read_args(struct sx_checker *ck, const struct op_form *of, struct sx_op *op)
{
    const struct sx_datum_vec *items = &op->form->items;
    size_t n = items->n - 1;
    if (n < of->min_args || n > of->max_args) {
        diag_error(ck->diags, op->form->span, "\"" STR_FMT "\" with %zu argument%s, expected %s",
                   STR_ARG(of->name), n, n == 1 ? "" : "s", of->record.usage);
        return false;
    }
    bool ok = true;
    for (size_t i = 1; i <= n && !sx_is_full(ck); i++) {
        struct sx_word w;
        ok &= sx_take_word(ck, items->at[i], of->record.usage, &w);
        vec_push(ck->arena, &op->args, w);
    }
    return ok;
}

static void read_op(struct sx_checker *ck, const struct op_form *of, const struct sx_datum *form,
                    struct sx_spec *spec)
{
    struct sx_op op = {.kind = of->kind, .form = form};
    unsigned found = 0;
    if (of->record.field)
        found = sx_read_fields(ck, &of->record, form, 1, &op);
    else if (!read_args(ck, of, &op))
        return;
    if (of->check)
        of->check(ck, &op, found);
    vec_push(ck->arena, &spec->ops, op);
}

static void report_unknown_op(struct sx_checker *ck, const struct sx_datum *form)
{
    struct str name = sx_form_name(form), shown = sx_shown(ck->arena, name);
    struct diag *e = diag_error(ck->diags, form->items.at[0]->span,
                                "unknown operation \"" STR_FMT "\"", STR_ARG(shown));
    struct suggest s;
    suggest_init(&s, name);
    for (size_t i = 0; i < N_OPS; i++)
        suggest_offer(&s, op_forms[i].name);
    suggest_offer(&s, STR("from"));
    suggest_offer(&s, STR("build"));
    sx_note_suggestion(e, &s,
                       "expected one of run, copy, env, workdir, user, shell and comment");
}

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
        diag_error(ck->diags, sx_opener(form), "\"build\" with %zu argument%s, expected %s",
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
        diag_error(ck->diags, sx_opener(d), "%s, expected (OPERATION ...), (from IMAGE) or (build ...)",
                   d->kind == SX_ATOM     ? "an atom where a list is needed"
                   : d->items.n == 0 ? "an empty list"
                                          : "a list that does not begin with a name");
}

static void read_item(struct sx_checker *ck, const struct sx_datum *d, struct sx_spec *spec,
                      const struct sx_datum **first_op)
{
    struct str name = sx_form_name(d);
    const struct op_form *of;
    if (!name.p)
        report_not_a_form(ck, d);
    else if (str_eq(name, STR("build")))
        read_build(ck, d, spec);
    else if (str_eq(name, STR("from")))
        read_from(ck, d, spec);
    else if (!(of = find_op(name))) {
        if (!d->items.at[0]->is_broken)
            report_unknown_op(ck, d);
    } else {
        if (!spec->from && !*first_op)
            *first_op = d;
        read_op(ck, of, d, spec);
    }
}

static void check_from(struct sx_checker *ck, const struct sx_datum *d, const struct sx_spec *spec,
                       const struct sx_datum *first_op)
{
    if (!spec->from)
        diag_error(ck->diags, sx_opener(d), "a spec without \"from\", expected " SPEC_USAGE);
    else if (first_op) {
        struct str name = sx_form_name(first_op);
        struct diag *e = diag_error(ck->diags, first_op->items.at[0]->span,
                                    "\"" STR_FMT "\" before \"from\", expected behind it",
                                    STR_ARG(name));
        diag_note_at(e, spec->from->items.at[0]->span, "the \"from\" is here");
    }
}

/* Whether d is a form where a list of forms should be: a spec without its outer parentheses. */
static bool is_bare_form(const struct sx_datum *d)
{
    struct str name = sx_form_name(d);
    return name.p &&
           (str_eq(name, STR("from")) || str_eq(name, STR("build")) || is_operation(name));
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

/* A ")" too many ends the spec early; the rest of the file is checked as what it was meant to be. */
static struct sx_spec *read_split_spec(struct sx_checker *ck, const struct sx_datum_vec *data)
{
    const struct sx_datum *first = data->at[0];
    struct diag *e = diag_error(ck->diags, sx_opener(data->at[1]),
                                "more behind the spec, expected one spec for each file");
    diag_note_at(e, span_of(first->span.source, span_end(first->span) - 1, 1), "the spec ends here");
    if (first->kind == SX_ATOM || !is_bare_form(data->at[1]))
        return read_spec(ck, first);
    return read_forms(ck, first, (const struct sx_datum *const *)data->at + 1, data->n - 1);
}

/* (from ...) (run ...) without parentheses around them. */
static struct sx_spec *read_bare_forms(struct sx_checker *ck, const struct sx_datum_vec *data)
{
    static const struct sx_datum nothing = {.kind = SX_LIST};
    struct sx_datum whole = nothing;
    whole.span = span_join(data->at[0]->span, data->at[data->n - 1]->span);
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
            diag_error(diags, span_of(file.source, 0, 0), "no spec in this file, expected " SPEC_USAGE);
        return empty;
    }
    if (is_bare_form(data->at[0]))
        return read_bare_forms(&ck, data);
    return data->n > 1 ? read_split_spec(&ck, data) : read_spec(&ck, data->at[0]);
}
