/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused before a build is scheduled. */
#include <config.h>

#include "exec/build.h"

#include "base/cleanup.h"
#include "exec/secret.h"
#include "exec/ssh_relay.h"
#include "ir/need.h"

/* What no part of this obexec does. Sources of an ADD that are late are looked at by the step. */
static const enum ir_need lacking[] = {
    NEED_ADD_CHECKSUM, NEED_ADD_GIT, NEED_ADD_HTTP, NEED_EPOCH_SOURCE, NEED_RUN_DEVICE,
};

static enum ir_need lacked_by(const struct step *s)
{
    struct ir_needs needs = {0};
    step_needs(s, &needs);
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (needs_have(needs, lacking[i]))
            return lacking[i];
    return NEED_NONE;
}

static bool has_impossible_owner(const struct step *s)
{
    if (s->kind == STEP_RUN)
        vec_for (const struct ir_mount, m, &s->op.run.mounts)
            if (m->uid >= UINT32_MAX || m->gid >= UINT32_MAX)
                return true;
    return false;
}

static bool is_insecure(const struct step *s)
{
    return s->kind == STEP_RUN && s->op.run.security == SECURITY_INSECURE;
}

static int check_step(const struct build *b, const struct step *s, struct ob_err *err)
{
    enum ir_need need = lacked_by(s);
    if (is_insecure(s) && !b->options->allow_insecure)
        return ob_err_set(err, 0,
                          "it wants to do all that root may do: give "
                          "--allow=security.insecure if it may");
    if (need != NEED_NONE)
        return ob_err_set(err, 0, "it needs \"%s\", which this obexec can't do", need_name(need));
    if (has_impossible_owner(s))
        return ob_err_set(err, 0, "a mount's owner is no number of a user or group");
    return 0;
}

static const bool *find_built_on(const struct build *b)
{
    bool *out = arena_new_n(b->arena, bool, b->plan->steps.n);
    vec_for (const struct step, s, &b->plan->steps)
        if (s->parent != NO_STEP)
            out[s->parent] = true;
    vec_for (const struct target, t, &b->plan->targets)
        out[t->step] = true;
    return out;
}

/* What a step asks for and was not given is the step's to say: a cached one does without. */
static int check_given(const struct build *b, struct ob_err *err)
{
    vec_for (const struct build_secret, s, &b->options->secrets)
        if (secret_check(s, b->arena, err) < 0)
            return -1;
    vec_for (const struct build_ssh, s, &b->options->ssh) {
        cleanup_close int fd = ssh_agent_open(s, b->arena, err);
        if (fd < 0)
            return -1;
    }
    return 0;
}

int build_check(struct build *b, struct ob_err *err)
{
    b->is_built_on = find_built_on(b);
    vec_for (const struct step, s, &b->plan->steps)
        if (check_step(b, s, err) < 0)
            return ob_err_wrap(err, "step %zu (" STR_FMT ")", (size_t)(s - b->plan->steps.at) + 1,
                               STR_ARG(s->meta.heading));
    return check_given(b, err);
}
