/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop-noops: drops steps that make directories which are there already, or which the next step
 * makes anyway.
 * Requires: ids. Keeps: every filesystem that a stage, a target or another step has, and whether
 * the build fails. A stage whose last step goes has the step before, and its own configuration.
 * Ids and result keys from there on change.
 *
 * To prove, of a mkdir whose path is literal or late but the same text:
 * 1. It does nothing. Its owner can't be unknown: it is no name, or the earlier mkdir has found
 *    it, and only mkdirs stand between, which add no users. Its epoch, if it has one, is that of
 *    the earlier one, so it can be had. And its directory is there:
 *    - it is "/"; or
 *    - an earlier mkdir made it, or one below it, and only mkdirs stand between. They take nothing
 *      away. (A copy may: a file takes the place of a link that led to the directory.) Or
 *    - copies stand between too, but everything from scratch up to that mkdir is a mkdir. Then
 *      there was no link on its path, and neither copies nor files take the place of directories.
 *    A directory that is there keeps its owner, mode and time, so those of the mkdir don't count.
 * 2. The next step does it. Only that one stands on it, nobody else asks for it, and it begins by
 *    making this directory or one below it with the same owner, by the same function in obexec:
 *    another mkdir; files into a directory; a copy with a dst that ends in "/", which is made if
 *    there is something to copy, so one source must be no pattern. Neither has an epoch, as the
 *    next step would change the time of what this one made.
 *
 * A copy that is repeated is not dropped: the first may bring a link that leads the second astray.
 */
#include <config.h>

#include "base/path.h"
#include "base/pattern.h"
#include "ir/identify.h"
#include "ir/pass.h"

enum { LOOK_BACK = 16 }; /* steps: so that the time is linear in the plan */

/* A directory as a step names it. */
struct dir {
    struct text text;
    struct str clean; /* of a literal */
};

static struct dir dir_of(struct arena *a, struct text t)
{
    return (struct dir){t, text_is_literal(t) ? path_clean(a, text_str(t)) : STR("")};
}

/* Whether who has made `deep` has made `dir`. */
static bool covers(const struct dir *deep, const struct dir *dir)
{
    struct str d = deep->clean, p = dir->clean;
    if (!text_is_literal(deep->text) || !text_is_literal(dir->text))
        return text_eq(deep->text, dir->text);
    return str_starts(d, p) && (d.n == p.n || p.n == 0 || d.p[p.n] == '/');
}

static bool is_idle_root(const struct dir *dir, const struct op_mkdir *op)
{
    return text_is_literal(dir->text) && dir->clean.n == 0 && owner_is_numeric(op->owner) &&
           op->epoch.n == 0;
}

/* Steps whose chain is mkdirs on scratch, to the end. */
static bool *find_plain(const struct plan *p)
{
    bool *is_plain = arena_new_n(p->arena, bool, p->steps.n);
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *s = &p->steps.at[i];
        is_plain[i] = s->kind == STEP_SCRATCH || (s->kind == STEP_MKDIR && is_plain[s->parent]);
    }
    return is_plain;
}

/* Of each mkdir. */
static struct dir *find_dirs(const struct plan *p)
{
    struct dir *dirs = arena_new_n(p->arena, struct dir, p->steps.n);
    for (size_t i = 0; i < p->steps.n; i++)
        if (p->steps.at[i].kind == STEP_MKDIR)
            dirs[i] = dir_of(p->arena, p->steps.at[i].op.mkdir.path);
    return dirs;
}

/* The earlier step by which the directory of mkdir i is there; NO_STEP if none is known. */
static uint32_t find_maker(const struct plan *p, uint32_t i, const struct dir *dirs,
                           const bool *is_plain)
{
    const struct op_mkdir *op = &p->steps.at[i].op.mkdir;
    bool has_files = false;
    uint32_t at = p->steps.at[i].parent;
    for (int n = 0; n < LOOK_BACK; n++, at = p->steps.at[at].parent) {
        const struct step *s = &p->steps.at[at];
        if (s->kind == STEP_COPY || s->kind == STEP_FILE) {
            has_files = true;
            continue;
        }
        if (s->kind != STEP_MKDIR)
            return NO_STEP;
        bool has_owner =
            owner_is_numeric(op->owner) || (!has_files && text_eq(op->owner, s->op.mkdir.owner));
        bool has_epoch = op->epoch.n == 0 || str_eq(op->epoch, s->op.mkdir.epoch);
        if (has_owner && has_epoch && (!has_files || is_plain[at]) && covers(&dirs[at], &dirs[i]))
            return at;
    }
    return NO_STEP;
}

static bool always_copies(const struct op_copy *op)
{
    vec_for (const struct text, src, &op->src)
        if (text_is_literal(*src) && (op->style == COPY_SPEC || pattern_is_literal(text_str(*src))))
            return true;
    return false;
}

/* The directory that a step makes first whatever it finds, and how; false if there is none. */
static bool makes_first(const struct step *s, struct op_mkdir *out)
{
    switch (s->kind) {
    case STEP_MKDIR: *out = s->op.mkdir; return true;
    case STEP_COPY:
        *out = (struct op_mkdir){s->op.copy.dst, s->op.copy.owner, s->op.copy.epoch};
        break;
    case STEP_FILE:
        *out = (struct op_mkdir){s->op.file.dst, s->op.file.owner, s->op.file.epoch};
        break;
    default: return false;
    }
    return str_ends(text_tail(out->path), STR("/")) &&
           (s->kind != STEP_COPY || always_copies(&s->op.copy));
}

/* Whether step i, which stands on mkdir m and is all that does, makes its directory. */
static bool is_part_of(const struct plan *p, uint32_t m, uint32_t i)
{
    const struct op_mkdir *op = &p->steps.at[m].op.mkdir;
    struct op_mkdir first;
    if (!makes_first(&p->steps.at[i], &first) || op->epoch.n || first.epoch.n ||
        !text_eq(op->owner, first.owner))
        return false;
    struct dir made = dir_of(p->arena, op->path), next = dir_of(p->arena, first.path);
    return covers(&next, &made);
}

static void explain_root(const struct pass_report *r, const struct plan *p, const struct step *s)
{
    if (!r->explain)
        return;
    explain_begin(r->explain, "drop-noops: ", p, s);
    buf_puts(r->explain, " makes the root directory, which is there");
    explain_end(r->explain, s);
}

static void explain_other(const struct pass_report *r, const struct plan *p, const struct step *s,
                          const char *why, uint32_t other)
{
    if (!r->explain)
        return;
    explain_begin(r->explain, "drop-noops: ", p, s);
    explain_begin(r->explain, why, p, &p->steps.at[other]);
    explain_end(r->explain, s);
}

/* 1. Users of a step that does nothing get the one before. */
static bool drop_idle(struct plan *p, const struct pass_report *r)
{
    uint32_t n = p->steps.n;
    const bool *is_plain = find_plain(p);
    const struct dir *dirs = find_dirs(p);
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct step *s = &p->steps.at[i];
        map[i] = i;
        if (s->kind != STEP_MKDIR)
            continue;
        uint32_t maker = NO_STEP;
        if (is_idle_root(&dirs[i], &s->op.mkdir))
            explain_root(r, p, s);
        else if ((maker = find_maker(p, i, dirs, is_plain)) != NO_STEP)
            explain_other(r, p, s, " makes a directory that is there since ", maker);
        else
            continue;
        map[i] = map[s->parent];
    }
    plan_remap(p, map);
    return p->steps.n < n;
}

/* 2. */
static bool drop_parts(struct plan *p, const struct pass_report *r)
{
    uint32_t n = p->steps.n;
    const uint32_t *uses = plan_count_uses(p);
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = p->steps.at[i].parent;
        map[i] = i;
        if (m == NO_STEP || p->steps.at[m].kind != STEP_MKDIR || uses[m] != 1 ||
            !is_part_of(p, m, i))
            continue;
        map[m] = map[p->steps.at[m].parent];
        explain_other(r, p, &p->steps.at[m], " is a part of ", i);
    }
    plan_remap(p, map);
    return p->steps.n < n;
}

void pass_drop_noops(struct plan *p, const struct pass_report *r)
{
    bool has_dropped = drop_idle(p, r);
    has_dropped |= drop_parts(p, r);
    if (has_dropped)
        ir_identify(p);
}
