/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations of a spec: one table row for each of them and for each field, and the rules that
 * no row can say. A new operation is a row in op_forms, and a case each in sx_lower.c, sx_dump.c
 * and sx_to_df.c.
 */
#include <config.h>

#include "frontend/sx_op.h"

#include "frontend/sx_emit.h"
#include "frontend/sx_path.h"

#include <stddef.h>

/* OBuilder fails at the first when it comes to the step. Its own examples have it, so it is no
 * error here, and sx_lower.c adds the slash. */
static const struct diag_rule copy_into_without_slash = {"CopyIntoWithoutSlash", DIAG_WARNING};
static const struct diag_rule exclude_never_matches = {"ExcludeNeverMatches", DIAG_WARNING};

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
               "target \"" STR_FMT
               "\" is not an absolute path, expected one that begins with \"/\"",
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
        diag_error(ck->diags, name->span,
                   "the variable's name is empty, expected (env NAME VALUE)");
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

/* Only "/" counts for OBuilder, on Windows as well, where a backslash looks as good. */
static void note_slash(struct sx_checker *ck, struct diag *d, struct str dst)
{
    bool is_backslash = sx_path_has_drive(dst) && str_ends(dst, STR("\\"));
    struct buf atom = BUF_INIT;
    dst.n -= is_backslash;
    sx_emit_atom(&atom, str_concat(ck->arena, dst, STR("/")));
    struct str shown = sx_shown(ck->arena, buf_str(&atom));
    diag_note(d, "write (dst " STR_FMT ")%s", STR_ARG(shown),
              is_backslash ? ", as only \"/\" counts, on Windows too" : "");
    buf_free(&atom);
}

static void check_copy_dst(struct sx_checker *ck, const struct sx_copy *copy)
{
    if (!copy->dst.text.p)
        return;
    if (copy->dst.text.n == 0)
        diag_error(ck->diags, copy->dst.span, "the destination is empty, expected (dst PATH)");
    else if (copy->src.n > 1 && !str_ends(copy->dst.text, STR("/"))) {
        struct diag *e = diag_rule(ck->diags, &copy_into_without_slash, copy->dst.span,
                                   "several sources are copied into the destination, which does "
                                   "not end in \"/\"");
        note_slash(ck, e, copy->dst.text);
    }
}

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
    if (found != ~0u)
        check_copy_dst(ck, copy);
}

/* An operation has either positional arguments or fields. The order is that of suggestions. */
struct op_form {
    struct str name;
    enum sx_op_kind kind;
    size_t min_args, max_args;
    struct sx_record record;
    void (*check)(struct sx_checker *ck, const struct sx_op *op, unsigned found);
};

#define RECORD(usage, fields)                                                                      \
    {                                                                                              \
        usage, fields, sizeof(fields) / sizeof((fields)[0]), sx_is_operation                       \
    }

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

bool sx_is_operation(struct str name)
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

static void report_unknown_op(struct sx_checker *ck, const struct sx_datum *form)
{
    if (form->items.at[0]->is_broken)
        return;
    struct str name = sx_form_name(form), shown = sx_shown(ck->arena, name);
    struct diag *e = diag_error(ck->diags, form->items.at[0]->span,
                                "unknown operation \"" STR_FMT "\"", STR_ARG(shown));
    struct suggest s;
    suggest_init(&s, name);
    for (size_t i = 0; i < N_OPS; i++)
        suggest_offer(&s, op_forms[i].name);
    suggest_offer(&s, STR("from"));
    suggest_offer(&s, STR("build"));
    sx_note_suggestion(e, &s, "expected one of run, copy, env, workdir, user, shell and comment");
}

bool sx_read_op(struct sx_checker *ck, const struct sx_datum *form, struct sx_op_vec *ops)
{
    const struct op_form *of = find_op(sx_form_name(form));
    if (!of) {
        report_unknown_op(ck, form);
        return false;
    }
    struct sx_op op = {.kind = of->kind, .form = form};
    unsigned found = 0;
    if (of->record.field)
        found = sx_read_fields(ck, &of->record, form, 1, &op);
    else if (!read_args(ck, of, &op))
        return true;
    if (of->check)
        of->check(ck, &op, found);
    vec_push(ck->arena, ops, op);
    return true;
}
