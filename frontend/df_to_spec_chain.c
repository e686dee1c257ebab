/* SPDX-License-Identifier: Apache-2.0 */
/* One chain: from an image or scratch, step by step, with the comments above each. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "frontend/sx_emit.h"
#include "frontend/windows_image.h"

static const struct diag_rule base_assumed = {"BaseAssumed", DIAG_LOSS};
static const struct diag_rule platform_lost = {"PlatformLost", DIAG_LOSS};
static const struct diag_rule windows_by_name = {"WindowsByName", DIAG_LOSS};

void ts_error(struct ts_chain *ch, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag_verror(ch->t->c->diags, ch->cause->at, fmt, ap);
    va_end(ap);
}

struct diag *ts_loss(struct ts_chain *ch, const struct diag_rule *rule, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct str text = arena_vprintf(ch->t->a, fmt, ap);
    va_end(ap);
    return diag_rule(ch->t->c->diags, rule, ch->cause->at, STR_FMT, STR_ARG(text));
}

static bool has(const struct str_vec *list, struct str s)
{
    vec_for (const struct str, e, list)
        if (str_eq(*e, s))
            return true;
    return false;
}

bool ts_base_is_known(const struct ts_chain *ch)
{
    return ch->is_scratch || (ch->root && ch->root->base);
}

/* Remembers which variables of the base image a text is made of. */
static void take_env(struct ts_chain *ch, struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        const struct text_part *p = &t.part[i];
        if (p->kind == TEXT_ENV && !has(&ch->took_env, p->s))
            vec_push(ch->t->a, &ch->took_env, p->s);
        ch->took_cwd |= p->kind == TEXT_WORKDIR;
        ch->took_user |= p->kind == TEXT_USER;
        if (p->kind != TEXT_EXPAND)
            continue;
        take_env(ch, p->x->of);
        take_env(ch, p->x->word);
        take_env(ch, p->x->with);
    }
}

struct str ts_value(struct ts_chain *ch, struct text t)
{
    static const struct base_config unknown = {.workdir = STR_INIT("/")};
    struct str value = STR("");
    struct ob_err err;
    if (text_is_literal(t))
        return text_str(t);
    if (!ts_base_is_known(ch))
        take_env(ch, t);
    if (text_value(ch->t->a, t, &unknown, &value, &err) < 0)
        ts_error(ch, "%s", err.text);
    return value;
}

struct str ts_path(struct ts_chain *ch, struct text t)
{
    struct str path = ts_value(ch, t);
    if (path.n && text_head(t).n == 0) /* such paths are from the root */
        path = str_concat(ch->t->a, STR("/"), path);
    char *to = arena_cstr(ch->t->a, path);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '/' || n == 0 || to[n - 1] != '/')
            to[n++] = path.p[i];
    return str_of(to, n);
}

bool ts_is_news(struct to_spec *t, struct str what)
{
    void **slot = map_slot(&t->told, what);
    bool is_news = !*slot;
    *slot = t;
    return is_news;
}

void ts_line(struct ts_chain *ch, const char *begin)
{
    buf_printf(ch->out, "\n%*s%s", (int)ch->indent, "", begin);
}

static const struct step *step_at(const struct to_spec *t, uint32_t index)
{
    return &t->c->plan->steps.at[index];
}

static bool is_directive(struct str comment)
{
    struct str name, value;
    return df_directive_split(comment, &name, &value) &&
           (str_eq_nocase(name, STR("check")) || str_eq_nocase(name, STR("syntax")) ||
            str_eq_nocase(name, STR("escape")));
}

/* The comment lines right above the instruction. */
static void put_comments(struct ts_chain *ch)
{
    struct sources *ss = ch->t->c->sources;
    struct span at = ch->cause->at;
    uint32_t line = source_place(ss, at.source, at.off).line, first = line;
    if (!ch->cause->in)
        return;
    while (first > 1 && str_starts(str_trim(source_line(ss, at.source, first - 1)), STR("#")))
        first--;
    for (; first < line; first++) {
        struct str text = str_trim(source_line(ss, at.source, first));
        if (is_directive(text) || str_text_len(text) < text.n || !str_is_utf8(text, NULL))
            continue;
        while (str_starts(text, STR("#")))
            text = str_skip(text, 1);
        ts_line(ch, ";");
        buf_add_str(ch->out, text);
    }
}

/* Whether the image is one of Windows. Paths were read for the platform, whatever it looks like. */
static void take_system(struct ts_chain *ch, struct str image)
{
    ch->is_windows = ch->root && ch->root->is_windows;
    if (ch->is_windows ||
        (!windows_image_is(image) && ch->t->lo->file->directives.escape_char != '`'))
        return;
    ch->is_windows = true;
    struct diag *d =
        diag_rule(ch->t->c->diags, &windows_by_name, ch->cause->at,
                  "the image \"" STR_FMT "\" is taken to be one of Windows, with paths as on Linux",
                  STR_ARG(image));
    diag_note(d, "--platform=windows/amd64 says so, and how paths are to be read");
}

static void put_from(struct ts_chain *ch, const struct step *s)
{
    struct str image = s->kind == STEP_SCRATCH ? STR("scratch") : s->op.from.image;
    ch->is_scratch = s->kind == STEP_SCRATCH;
    buf_puts(ch->out, "(from ");
    sx_emit_atom(ch->out, image);
    buf_putc(ch->out, ')');
    if (ch->is_scratch)
        return;
    take_system(ch, image);
    if (ch->is_windows)
        ch->user = STR("ContainerAdministrator");
    struct str platform = s->op.from.platform;
    if (platform.n && !str_eq(platform, ch->t->c->options->platform))
        ts_loss(ch, &platform_lost,
                "the platform \"" STR_FMT "\" is lost: a spec takes that of who builds it",
                STR_ARG(platform));
}

static void put_step(struct ts_chain *ch, const struct step *s)
{
    if (s->kind != STEP_MKDIR && s->kind != STEP_FROM && s->kind != STEP_SCRATCH)
        put_comments(ch);
    switch (s->kind) {
    case STEP_FROM:
    case STEP_SCRATCH: put_from(ch, s); break;
    case STEP_RUN: ts_run(ch, s); break;
    case STEP_COPY: ts_copy(ch, s); break;
    case STEP_MKDIR: ts_mkdir(ch, s); break;
    case STEP_ADD: ts_add(ch, s); break;
    case STEP_FILE: ts_file(ch, s); break;
    case N_STEP_KINDS: BUG("no such step");
    }
}

/* The base image was taken to be something: one loss for all of it. */
static void report_base(struct ts_chain *ch, const struct step *from)
{
    struct buf b = BUF_INIT;
    if (ch->took_user)
        buf_puts(&b, ", the user root");
    if (ch->took_cwd)
        buf_puts(&b, ", the directory \"/\"");
    if (ch->took_shell)
        buf_puts(&b, ch->is_windows ? ", the shell cmd /S /C" : ", the shell /bin/sh -c");
    vec_for (const struct str, name, &ch->took_env)
        buf_printf(&b, ", %s" STR_FMT, str_eq(*name, STR("PATH")) ? "the usual " : "no ",
                   STR_ARG(*name));
    if (b.n) {
        struct diag *d = ts_loss(ch, &base_assumed,
                                 "the image \"" STR_FMT "\" is not known, and taken to have%s",
                                 STR_ARG(from->op.from.image), b.p + 1);
        diag_note(d, "with --pin, the spec has what the image has");
    }
    buf_free(&b);
}

static void set_cause(struct ts_chain *ch, uint32_t step)
{
    ch->cause = &ch->t->lo->causes.at[step - ch->t->lo->first_step];
}

/* What the stage says of its image, as far as operations say it. */
static void put_config(struct ts_chain *ch, const struct image_config *config)
{
    ts_want_env(ch, &config->env);
    if (!text_is_empty(config->workdir))
        ts_want_cwd(ch, config->workdir);
    if (!text_is_empty(config->user))
        ts_want_user(ch, ts_user(ch, config->user, false));
}

/* What a step takes while it is written, beside what its text is worth. */
enum { STEP_COST = 512 };

void ts_put_chain(struct to_spec *t, struct buf *out, unsigned indent, uint32_t last,
                  const struct image_config *config)
{
    VEC(uint32_t) steps = {0};
    struct ts_chain ch = {
        .t = t,
        .out = out,
        .indent = indent,
        .cwd = STR("/"),
        .user = STR("0:0"),
        .env = MAP_INIT(t->a),
        .dirs = MAP_INIT(t->a),
    };
    for (uint32_t i = last; i != NO_STEP; i = step_at(t, i)->parent)
        vec_push(t->a, &steps, i);
    uint32_t root = steps.at[steps.n - 1];
    ch.root = t->begins[root - t->lo->first_step];
    for (size_t i = steps.n; i-- > 0;) {
        set_cause(&ch, steps.at[i]);
        if (!compile_spend(t->c, ch.cause->at, 0))
            return;
        size_t before = out->n;
        put_step(&ch, step_at(t, steps.at[i]));
        compile_spend(t->c, ch.cause->at, STEP_COST + 8 * (out->n - before));
    }
    ts_settle(&ch, (struct str){0}, (struct str){0});
    if (config)
        put_config(&ch, config);
    set_cause(&ch, root);
    report_base(&ch, step_at(t, root));
}
