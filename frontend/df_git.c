/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of a git repository's URL. BuildKit refuses keys that it does not know, keys that come
 * twice, and values that contradict each other or the fragment.
 */
#include <config.h>

#include "frontend/df_git.h"

#include "base/suggest.h"

enum key {
    KEY_REF,
    KEY_TAG,
    KEY_BRANCH,
    KEY_SUBDIR,
    KEY_CHECKSUM,
    KEY_COMMIT, /* another name of checksum */
    KEY_MTIME,
    KEY_KEEP_GIT_DIR, /* from here on, true or false; without a value it is true */
    KEY_SUBMODULES,
    KEY_FETCH_BY_COMMIT,
    N_KEYS
};

static const struct str keys[N_KEYS] = {
    [KEY_REF] = STR_INIT("ref"),
    [KEY_TAG] = STR_INIT("tag"),
    [KEY_BRANCH] = STR_INIT("branch"),
    [KEY_SUBDIR] = STR_INIT("subdir"),
    [KEY_CHECKSUM] = STR_INIT("checksum"),
    [KEY_COMMIT] = STR_INIT("commit"),
    [KEY_MTIME] = STR_INIT("mtime"),
    [KEY_KEEP_GIT_DIR] = STR_INIT("keep-git-dir"),
    [KEY_SUBMODULES] = STR_INIT("submodules"),
    [KEY_FETCH_BY_COMMIT] = STR_INIT("fetch-by-commit"),
};

struct field {
    struct str text; /* KEY[=VALUE] as it stands in the URL; empty: it is not there */
    struct str value;
    bool yes; /* for those that are true or false */
};

struct query {
    struct df_lower *lo;
    const struct df_word *word;
    struct str url;
    struct str fragment; /* with its "#", or empty */
    struct str ref, dir; /* of the fragment */
    struct field fields[N_KEYS];
};

/* Where a part of the URL stands: the whole word, unless that is the URL as it is written. */
static struct span place(const struct query *q, struct str part)
{
    struct df_word w = *q->word;
    if (str_eq(w.raw, q->url))
        w.raw = str_of(w.raw.p + (part.p - q->url.p), part.n);
    return df_word_span(&w);
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* s with its %XX replaced, and in a query its "+", which is a blank there. */
static struct str decode(struct arena *a, struct str s, bool in_query)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = i + 2 < s.n && s.p[i] == '%' ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high * 16 + low) : in_query && s.p[i] == '+' ? ' ' : s.p[i];
        if (low >= 0)
            i += 2;
    }
    return str_of(out, n);
}

static bool unknown_key(const struct query *q, struct str text, struct str key)
{
    struct suggest s;
    suggest_init(&s, key);
    for (int k = 0; k < N_KEYS; k++)
        suggest_offer(&s, keys[k]);
    struct diag *d =
        df_error(q->lo, place(q, text),
                 "\"" STR_FMT "\" means nothing in the URL of a git repository", STR_ARG(text));
    if (s.best.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(s.best));
    return false;
}

static bool check_value(const struct query *q, enum key k, struct field *f)
{
    const char *want = NULL;
    f->yes = true;
    if (k >= KEY_KEEP_GIT_DIR)
        want = f->value.n == 0 || df_bool_read(f->value, &f->yes) ? NULL : "\"true\" or \"false\"";
    else if (f->value.n == 0)
        want = "a value";
    else if (k == KEY_MTIME && !str_eq(f->value, STR("checkout")) &&
             !str_eq(f->value, STR("commit")))
        want = "\"checkout\" or \"commit\"";
    if (want)
        df_error(q->lo, place(q, f->text),
                 "\"" STR_FMT "\" of a git URL takes %s, not \"" STR_FMT "\"", STR_ARG(keys[k]),
                 want, STR_ARG(f->value));
    return !want;
}

static bool read_field(struct query *q, struct str text)
{
    struct str key, value;
    struct arena *a = q->lo->c->arena;
    str_cut(text, '=', &key, &value);
    key = decode(a, key, true);
    int k = 0;
    while (k < N_KEYS && !str_eq(key, keys[k]))
        k++;
    if (k == N_KEYS)
        return unknown_key(q, text, key);
    struct field *f = &q->fields[k];
    if (f->text.n) {
        df_error(q->lo, place(q, text), "\"" STR_FMT "\" is given twice in one git URL",
                 STR_ARG(keys[k]));
        return false;
    }
    *f = (struct field){.text = text, .value = decode(a, value, true)};
    return check_value(q, (enum key)k, f);
}

/* "##" begins another form of fragments, which is not looked at. */
static void read_fragment(struct query *q, struct str text)
{
    struct arena *a = q->lo->c->arena;
    if (text.n == 0 || text.p[0] == '#')
        return;
    q->fragment = str_of(text.p - 1, text.n + 1);
    str_cut(decode(a, text, false), ':', &q->ref, &q->dir);
}

static bool read_query(struct query *q)
{
    struct str rest, fragment, part;
    str_cut(q->url, '#', &rest, &fragment);
    read_fragment(q, fragment);
    bool more = str_cut(rest, '?', &part, &rest);
    while (more) {
        more = str_cut(rest, '&', &part, &rest);
        if (part.n && !read_field(q, part))
            return false;
    }
    return true;
}

static bool contradict(const struct query *q, struct str a, struct str b)
{
    df_error(q->lo, place(q, a), "\"" STR_FMT "\" contradicts \"" STR_FMT "\" in the same git URL",
             STR_ARG(a), STR_ARG(b));
    return false;
}

/* A tag or a branch is a ref that begins with `prefix`, whether it is written with it or not. */
static struct str full_ref(struct arena *a, struct str prefix, struct str name)
{
    return str_starts(name, prefix) ? name : str_concat(a, prefix, name);
}

static bool check_refs(const struct query *q)
{
    struct arena *a = q->lo->c->arena;
    const struct field *ref = &q->fields[KEY_REF], *tag = &q->fields[KEY_TAG];
    const struct field *branch = &q->fields[KEY_BRANCH];
    if (tag->text.n && branch->text.n)
        return contradict(q, branch->text, tag->text);
    if (ref->text.n && q->ref.n && !str_eq(ref->value, q->ref))
        return contradict(q, ref->text, q->fragment);
    const struct field *named = tag->text.n ? tag : branch;
    struct str other = ref->text.n ? ref->value : q->ref;
    if (named->text.n == 0 || other.n == 0)
        return true;
    struct str prefix = named == tag ? STR("refs/tags/") : STR("refs/heads/");
    if (str_eq(other, full_ref(a, prefix, named->value)))
        return true;
    return contradict(q, named->text, ref->text.n ? ref->text : q->fragment);
}

bool df_git_read(struct df_lower *lo, const struct df_word *w, struct str url, struct df_git *out)
{
    struct query q = {.lo = lo, .word = w, .url = url};
    *out = (struct df_git){.keep_git_dir = CHOICE_DEFAULT};
    if (!read_query(&q) || !check_refs(&q))
        return false;
    const struct field *dir = &q.fields[KEY_SUBDIR], *keep = &q.fields[KEY_KEEP_GIT_DIR];
    if (dir->text.n && q.dir.n && !str_eq(dir->value, q.dir))
        return contradict(&q, dir->text, q.fragment);
    if (keep->text.n)
        out->keep_git_dir = keep->yes ? CHOICE_YES : CHOICE_NO;
    out->checksum = q.fields[q.fields[KEY_CHECKSUM].text.n ? KEY_CHECKSUM : KEY_COMMIT].value;
    return true;
}
