/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount. The fields of a mount are read in order, as in BuildKit: what belongs
 * to one type stands behind it.
 */
#include <config.h>

#include "frontend/df_lower.h"

/* The keys, by what they set. */
enum key {
    KEY_TYPE,
    KEY_FROM,
    KEY_SOURCE,
    KEY_TARGET,
    KEY_RO,
    KEY_RW,
    KEY_REQUIRED,
    KEY_SIZE,
    KEY_ID,
    KEY_SHARING,
    KEY_MODE,
    KEY_UID,
    KEY_GID,
    KEY_ENV,
    N_KEYS
};

static const struct {
    struct str name;
    enum key key;
} names[] = {
    {STR_INIT("type"), KEY_TYPE},
    {STR_INIT("from"), KEY_FROM},
    {STR_INIT("source"), KEY_SOURCE},
    {STR_INIT("src"), KEY_SOURCE},
    {STR_INIT("target"), KEY_TARGET},
    {STR_INIT("dst"), KEY_TARGET},
    {STR_INIT("destination"), KEY_TARGET},
    {STR_INIT("readonly"), KEY_RO},
    {STR_INIT("ro"), KEY_RO},
    {STR_INIT("readwrite"), KEY_RW},
    {STR_INIT("rw"), KEY_RW},
    {STR_INIT("required"), KEY_REQUIRED},
    {STR_INIT("size"), KEY_SIZE},
    {STR_INIT("id"), KEY_ID},
    {STR_INIT("sharing"), KEY_SHARING},
    {STR_INIT("mode"), KEY_MODE},
    {STR_INIT("uid"), KEY_UID},
    {STR_INIT("gid"), KEY_GID},
    {STR_INIT("env"), KEY_ENV},
};

enum { N_NAMES = sizeof names / sizeof names[0] };

/* A mount while it is read. */
struct mounting {
    struct df_lower *lo;
    const struct df_flag *flag;
    struct ir_mount m;
    const struct df_field *given[N_KEYS]; /* the last field of each key */
    struct str from;
    bool is_writable;
};

static bool __attribute__((format(printf, 3, 4)))
fail(const struct mounting *mt, const struct df_word *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    df_verror(mt->lo, df_word_span(at), fmt, ap);
    va_end(ap);
    return false;
}

static bool unknown(struct mounting *mt, const struct df_word *at, const char *what, struct str got,
                    const char *const *list)
{
    struct diag *d =
        df_error(mt->lo, df_word_span(at), "unknown %s \"" STR_FMT "\"", what, STR_ARG(got));
    df_note_nearest(d, got, list);
    return false;
}

static int find_in(struct str s, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (str_eq_nocase(s, str_from(list[i])))
            return i;
    return -1;
}

static bool read_type(struct mounting *mt, const struct df_field *f, struct str v)
{
    static const char *const types[] = {"bind", "cache", "tmpfs", "secret", "ssh", NULL};
    int i = find_in(v, types);
    if (i < 0)
        return unknown(mt, &f->value, "type of mount", v, types);
    mt->m.type = (enum mount_type)i;
    return true;
}

static bool read_sharing(struct mounting *mt, const struct df_field *f, struct str v)
{
    static const char *const modes[] = {"shared", "private", "locked", NULL};
    int i = find_in(v, modes);
    if (i < 0)
        return unknown(mt, &f->value, "sharing", v, modes);
    mt->m.sharing = (enum sharing)i;
    return true;
}

static bool read_number(struct mounting *mt, const struct df_field *f, struct str v, int64_t *out)
{
    unsigned long long n;
    if (!str_to_u64(v, &n) || n > UINT32_MAX)
        return fail(mt, &f->value, "\"" STR_FMT "\" is not a user's or group's number", STR_ARG(v));
    *out = (int64_t)n;
    return true;
}

/* Bytes, with an optional "k", "m", "g", "t" or "p", and an optional "b" or "ib" behind it. */
static bool size_read(struct str s, int64_t *out)
{
    size_t digits = 0;
    double value = 0, place = 1;
    bool point = false;
    for (; s.n && (ascii_is_digit(s.p[0]) || (s.p[0] == '.' && !point)); s = str_skip(s, 1)) {
        point |= s.p[0] == '.';
        if (s.p[0] == '.')
            continue;
        place = point ? place / 10 : 1;
        value = point ? value + place * (s.p[0] - '0') : value * 10 + (s.p[0] - '0');
        digits++;
    }
    s = str_trim(s);
    static const char units[] = "kmgtp";
    const char *unit = s.n ? strchr(units, ascii_lower(s.p[0])) : NULL;
    for (int i = 0; unit && i <= unit - units; i++)
        value *= 1024;
    s = str_skip(s, unit != NULL);
    bool ends = s.n == 0 || str_eq_nocase(s, STR("b")) || (unit && str_eq_nocase(s, STR("ib")));
    *out = value < 9e18 ? (int64_t)value : 0;
    return digits > 0 && ends && value < 9e18;
}

static bool read_size(struct mounting *mt, const struct df_field *f, struct str v)
{
    return size_read(v, &mt->m.size) ||
           fail(mt, &f->value, "\"" STR_FMT "\" is not a size like \"512m\"", STR_ARG(v));
}

static bool read_mode(struct mounting *mt, const struct df_field *f, struct str v)
{
    return df_octal_read(v, 07777, &mt->m.mode) ||
           fail(mt, &f->value, "mode \"" STR_FMT "\" is not an octal number up to 7777",
                STR_ARG(v));
}

/* A key alone means that it is so. */
static bool read_bool(struct mounting *mt, const struct df_field *f, struct str v, bool *out)
{
    *out = true;
    if (!f->has_value || df_bool_read(v, out))
        return true;
    return fail(mt, &f->value, "\"" STR_FMT "\" is neither true nor false", STR_ARG(v));
}

static bool read_text(struct mounting *mt, const struct df_field *f, struct text *out)
{
    struct value v;
    if (!df_expand(mt->lo, &f->value, &v))
        return false;
    *out = v.text;
    return true;
}

/* What has a value that must be known. */
static bool read_known(struct mounting *mt, const struct df_field *f, enum key key)
{
    struct str v;
    bool flag;
    if (!df_expand_literal(mt->lo, &f->value, &v))
        return false;
    switch (key) {
    case KEY_TYPE: return read_type(mt, f, v);
    case KEY_FROM: mt->from = v; return true;
    case KEY_ENV: mt->m.env = v; return true;
    case KEY_RO:
        if (!read_bool(mt, f, v, &flag))
            return false;
        mt->is_writable = !flag;
        return true;
    case KEY_RW: return read_bool(mt, f, v, &mt->is_writable);
    case KEY_REQUIRED: return read_bool(mt, f, v, &mt->m.required);
    case KEY_SIZE: return read_size(mt, f, v);
    case KEY_SHARING: return read_sharing(mt, f, v);
    case KEY_MODE: return read_mode(mt, f, v);
    case KEY_UID: return read_number(mt, f, v, &mt->m.uid);
    case KEY_GID: return read_number(mt, f, v, &mt->m.gid);
    case KEY_ID:
    case KEY_SOURCE:
    case KEY_TARGET:
    case N_KEYS: break;
    }
    BUG("key %d of a mount", key);
}

static bool unknown_key(struct mounting *mt, const struct df_field *f)
{
    const char *list[N_NAMES + 1] = {NULL};
    for (size_t i = 0; i < N_NAMES; i++)
        list[i] = names[i].name.p;
    return unknown(mt, &f->key, "key of a mount", f->key.s, list);
}

/* Whether a key may stand here: some belong to one type, which must have been given by then. */
static bool check_key(struct mounting *mt, const struct df_field *f, enum key key)
{
    enum mount_type type = mt->m.type;
    bool ok = key == KEY_SIZE       ? type == MOUNT_TMPFS
              : key == KEY_REQUIRED ? type == MOUNT_SECRET || type == MOUNT_SSH
              : key == KEY_ENV      ? type == MOUNT_SECRET
                                    : true;
    if (ok)
        return true;
    struct diag *d =
        df_error(mt->lo, df_word_span(&f->key), "a mount of type \"%s\" has no \"" STR_FMT "\"",
                 mount_type_name(type), STR_ARG(f->key.s));
    if (!mt->given[KEY_TYPE])
        diag_note(d, "\"type=...\" must stand before it");
    return false;
}

static bool read_field(struct mounting *mt, const struct df_field *f)
{
    enum key key = N_KEYS;
    for (size_t i = 0; i < N_NAMES; i++)
        if (str_eq_nocase(names[i].name, f->key.s))
            key = names[i].key;
    bool alone_is_fine = key == KEY_RO || key == KEY_RW || key == KEY_REQUIRED;
    if (f->whole.s.n == 0)
        return fail(mt, &f->whole, "nothing stands beside this comma, expected KEY=VALUE");
    if (!f->has_value && !alone_is_fine)
        return fail(mt, &f->whole, "\"" STR_FMT "\" must have the form KEY=VALUE",
                    STR_ARG(f->whole.s));
    if (key == N_KEYS)
        return unknown_key(mt, f);
    if (!check_key(mt, f, key))
        return false;
    if (key == KEY_TYPE) {
        if (!read_known(mt, f, key))
            return false;
        mt->given[key] = f;
        return true;
    }
    mt->given[key] = f;
    if (key == KEY_ID)
        return read_text(mt, f, &mt->m.id);
    if (key == KEY_SOURCE)
        return read_text(mt, f, &mt->m.source);
    if (key == KEY_TARGET)
        return read_text(mt, f, &mt->m.target);
    return read_known(mt, f, key);
}

static bool refuse_key(struct mounting *mt, enum key key)
{
    const struct df_field *f = mt->given[key];
    if (!f)
        return true;
    df_error(mt->lo, df_word_span(&f->whole), "a mount of type \"%s\" has no \"" STR_FMT "\"",
             mount_type_name(mt->m.type), STR_ARG(f->key.s));
    return false;
}

/* What the types do not have, wherever it stood. */
static bool check_mount(struct mounting *mt)
{
    enum mount_type type = mt->m.type;
    bool ok = true;
    if (type == MOUNT_BIND || type == MOUNT_TMPFS)
        ok &= refuse_key(mt, KEY_MODE) & refuse_key(mt, KEY_UID) & refuse_key(mt, KEY_GID);
    if (type != MOUNT_CACHE)
        ok &= refuse_key(mt, KEY_SHARING);
    if (type == MOUNT_SECRET)
        ok &= refuse_key(mt, KEY_FROM);
    if (type == MOUNT_SSH)
        ok &= refuse_key(mt, KEY_SOURCE);
    return ok;
}

static struct str base_name(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    ptrdiff_t slash;
    while ((slash = str_find(path, '/')) >= 0 && path.n > 1)
        path = str_skip(path, (size_t)slash + 1);
    return path;
}

/* The last part of a path, if it is known. */
static struct str target_name(struct text path)
{
    const struct text_part *last = path.n ? &path.part[path.n - 1] : NULL;
    if (!last || last->kind != TEXT_LITERAL || (path.n > 1 && str_find(last->s, '/') < 0))
        return STR("");
    return base_name(last->s);
}

/* The id is that or the source, or the last part of the target. */
static bool finish_secret(struct mounting *mt)
{
    struct arena *a = mt->lo->c->arena;
    struct ir_mount *m = &mt->m;
    if (!text_is_empty(m->source) && !text_is_empty(m->id))
        return fail(mt, &mt->given[KEY_SOURCE]->whole,
                    "a secret has \"id\" or \"source\", not both");
    if (text_is_empty(m->id))
        m->id = m->source;
    m->source = TEXT_EMPTY;
    if (text_is_empty(m->id))
        m->id = text_lit(a, target_name(m->target));
    if (text_is_empty(m->id))
        return fail(mt, &mt->flag->value,
                    "a secret needs an \"id\", or a \"target\" whose name is known");
    if (str_eq(m->mode, STR("400"))) /* defaults written out change no id */
        m->mode = STR("");
    if (!text_is_empty(m->target) || m->env.n)
        return true;
    m->target = text_lit(a, STR("/run/secrets/"));
    struct text name = m->id;
    if (text_is_literal(name))
        name = text_lit(a, base_name(text_str(name)));
    m->target = text_join(a, m->target, name);
    return true;
}

static void finish_ssh(struct mounting *mt)
{
    struct arena *a = mt->lo->c->arena;
    if (text_is_empty(mt->m.id))
        mt->m.id = text_lit(a, STR("default"));
    if (text_is_empty(mt->m.target))
        mt->m.target =
            text_lit(a, arena_printf(a, "/run/buildkit/ssh_agent.%u", mt->lo->stage->n_ssh));
    if (str_eq(mt->m.mode, STR("600")))
        mt->m.mode = STR("");
    mt->lo->stage->n_ssh++;
}

/* Without an id it is the target, as written; BUILDKIT_CACHE_MOUNT_NS stands before either. */
static void finish_cache(struct mounting *mt)
{
    struct arena *a = mt->lo->c->arena;
    struct str space = df_build_arg(mt->lo, STR("BUILDKIT_CACHE_MOUNT_NS"));
    struct ir_mount *m = &mt->m;
    if (text_is_empty(m->id)) {
        m->id = m->target;
        if (text_is_literal(m->id))
            m->id = text_lit(a, df_path_clean(a, text_str(m->id)));
    }
    if (m->mode.n == 0) /* said, so that the cache belongs to who is said to own it */
        m->mode = STR("755");
    if (space.n)
        m->id = text_join(a, text_lit(a, str_concat(a, space, STR("/"))), m->id);
}

static bool finish_origin(struct mounting *mt, struct step *s)
{
    struct df_lower *lo = mt->lo;
    struct ir_mount *m = &mt->m;
    struct df_origin from;
    if (m->type != MOUNT_BIND && m->type != MOUNT_CACHE)
        return true;
    if (mt->from.n == 0) {
        bool is_bind = m->type == MOUNT_BIND;
        m->from = is_bind ? MOUNT_FROM_CONTEXT : MOUNT_FROM_NOTHING;
        m->has_ignore = is_bind && lo->has_ignore;
        m->ignore = m->has_ignore ? lo->ignore : (struct str_vec){0};
        return true;
    }
    if (!df_stage_resolve(lo, &mt->given[KEY_FROM]->value, mt->from, &from))
        return false;
    m->from = from.is_context ? MOUNT_FROM_CONTEXT : MOUNT_FROM_STEP;
    m->context = from.context;
    if (!from.is_context)
        vec_push(lo->c->arena, &s->reads, from.step);
    return true;
}

/* A path that was given. */
static bool read_path(struct mounting *mt, enum key key, struct text *path)
{
    const struct df_field *f = mt->given[key];
    return !f || df_windows_path(mt->lo, &f->value, path);
}

static bool finish_paths(struct mounting *mt)
{
    struct ir_mount *m = &mt->m;
    if (!read_path(mt, KEY_TARGET, &m->target))
        return false;
    if (m->type != MOUNT_SECRET || !text_is_empty(m->target))
        m->target = df_mount_target(mt->lo->c->arena, mt->lo->stage, m->target);
    if (m->type == MOUNT_TMPFS)
        m->source = TEXT_EMPTY;
    if (!read_path(mt, KEY_SOURCE, &m->source))
        return false;
    if (!text_is_literal(m->source))
        return true;
    struct str source = df_copy_source(mt->lo->c->arena, text_str(m->source));
    m->source = str_eq(source, STR(".")) ? TEXT_EMPTY : text_lit(mt->lo->c->arena, source);
    return true;
}

static bool check_target(struct mounting *mt)
{
    struct text t = mt->m.target;
    struct arena *a = mt->lo->c->arena;
    if (!text_is_literal(t) || text_is_empty(t) || !str_eq(df_path_clean(a, text_str(t)), STR("/")))
        return true;
    const struct df_field *f = mt->given[KEY_TARGET];
    return fail(mt, f ? &f->value : &mt->flag->value,
                "a mount needs a target below the root directory");
}

static bool finish(struct mounting *mt, struct step *s)
{
    if (!check_mount(mt))
        return false;
    bool ok = true;
    switch (mt->m.type) {
    case MOUNT_SECRET: ok = finish_secret(mt); break;
    case MOUNT_SSH: finish_ssh(mt); break;
    case MOUNT_CACHE: finish_cache(mt); break;
    case MOUNT_BIND:
    case MOUNT_TMPFS: mt->m.id = TEXT_EMPTY; break;
    }
    if (!ok || !finish_origin(mt, s))
        return false;
    if (!finish_paths(mt))
        return false;
    mt->m.read_only = !mt->is_writable && mt->m.type != MOUNT_SECRET && mt->m.type != MOUNT_SSH;
    return check_target(mt);
}

/* BuildKit does not replace variables in "from". */
static bool check_from(struct mounting *mt, const struct df_field *f)
{
    if (!mt->lo->c->options->strict || !str_eq_nocase(f->key.s, STR("from")) ||
        str_find(f->value.s, '$') < 0)
        return true;
    struct diag *d = diag_error(mt->lo->c->diags, df_word_span(&f->value),
                                "variables in \"from\" are not for BuildKit (--strict)");
    diag_note(d, "name the image with \"FROM ... AS name\" and mount from that stage");
    return false;
}

static bool read_mount(struct mounting *mt, struct step *s)
{
    struct df_field_vec fields = {0};
    bool ok = true;
    if (!df_csv_read(mt->lo, &mt->flag->value, &fields))
        return false;
    vec_for (const struct df_field, f, &fields) {
        ok &= check_from(mt, f) && read_field(mt, f);
        if (!ok && !mt->given[KEY_TYPE] && fields.n > 1)
            return false; /* without its type nothing can be said of the rest */
    }
    if (!mt->given[KEY_RO] && !mt->given[KEY_RW])
        mt->is_writable = mt->m.type == MOUNT_CACHE || mt->m.type == MOUNT_TMPFS;
    return ok && finish(mt, s);
}

/* Programs find the agent by a variable; the first mount gives it, if the file sets none. */
static void add_agent(struct df_lower *lo, struct op_run *op)
{
    struct name_value nv = {.name = STR("SSH_AUTH_SOCK")};
    vec_for (const struct ir_mount, m, &op->mounts) {
        if (m->type != MOUNT_SSH || env_get(&op->env, nv.name))
            continue;
        nv.value = m->target;
        vec_push(lo->c->arena, &op->env, nv);
    }
}

bool df_mounts_read(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    bool ok = true;
    lo->stage->n_ssh = 0;
    vec_for (const struct df_flag, f, &in->flags) {
        if (!str_eq(f->name.s, STR("mount")))
            continue;
        struct mounting mt = {.lo = lo, .flag = f};
        bool read = read_mount(&mt, s);
        ok &= read;
        if (read)
            vec_push(lo->c->arena, &s->op.run.mounts, mt.m);
    }
    if (ok)
        add_agent(lo, &s->op.run);
    return ok;
}
