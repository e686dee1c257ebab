/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's few operations; passes, reader and writer have files of their own. */
#include <config.h>

#include "ir/plan.h"

#include "base/err.h"
#include "base/passwd.h"

uint32_t plan_add_step(struct plan *p, const struct step *s)
{
    if (p->steps.n >= NO_STEP)
        BUG("too many steps");
    vec_push(p->arena, &p->steps, *s);
    return (uint32_t)p->steps.n - 1;
}

struct step step_of_kind(enum step_kind kind)
{
    return (struct step){.kind = kind, .parent = NO_STEP};
}

const char *step_kind_name(enum step_kind kind)
{
    static const char *const names[] = {
        [STEP_FROM] = "from", [STEP_SCRATCH] = "scratch", [STEP_RUN] = "run",
        [STEP_COPY] = "copy", [STEP_MKDIR] = "mkdir",     [STEP_ADD] = "add",
        [STEP_FILE] = "file",
    };
    return names[kind];
}

const char *network_name(enum network n)
{
    static const char *const names[] = {
        [NETWORK_DEFAULT] = "default",
        [NETWORK_NONE] = "none",
        [NETWORK_HOST] = "host",
    };
    return names[n];
}

const char *mount_type_name(enum mount_type t)
{
    static const char *const names[] = {
        [MOUNT_BIND] = "bind",     [MOUNT_CACHE] = "cache", [MOUNT_TMPFS] = "tmpfs",
        [MOUNT_SECRET] = "secret", [MOUNT_SSH] = "ssh",
    };
    return names[t];
}

const struct text *env_get(const struct name_value_vec *env, struct str name)
{
    vec_for (const struct name_value, e, env)
        if (str_eq(e->name, name))
            return &e->value;
    return NULL;
}

bool epoch_seconds(struct str epoch, int64_t *out)
{
    bool is_before = str_starts(epoch, STR("-"));
    unsigned long long n;
    if (!str_to_u64(str_skip(epoch, is_before), &n) || n > INT64_MAX)
        return false;
    *out = is_before ? -(int64_t)n : (int64_t)n;
    return true;
}

bool owner_is_numeric(struct text owner)
{
    struct str user, group;
    uint32_t id;
    if (owner.n == 0)
        return true;
    if (!text_is_literal(owner))
        return false;
    bool has_group = str_cut(text_str(owner), ':', &user, &group);
    return passwd_id(user, &id) && (!has_group || passwd_id(group, &id));
}
