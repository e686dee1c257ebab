/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec/isolate.h"

#include "base/cleanup.h"
#include "base/quantity.h"

#include <inttypes.h>
#include <stdio.h>

static bool leaves_network_open(const struct step *s)
{
    return s->kind == STEP_RUN && s->op.run.network == NETWORK_DEFAULT;
}

static bool is_run(const struct step *s)
{
    return s->kind == STEP_RUN;
}

static bool is_insecure(const struct step *s)
{
    return s->kind == STEP_RUN && s->op.run.security == SECURITY_INSECURE;
}

static bool has_step(const struct plan *p, bool (*is_such)(const struct step *s))
{
    vec_for (const struct step, s, &p->steps)
        if (is_such(s))
            return true;
    return false;
}

static int check_private(struct build *b, struct ob_err *err)
{
    return sandbox_check(b->kit.sandbox, &(struct step_cfg){.network = STEP_NETWORK_PRIVATE}, err);
}

static int decide_network(struct build *b, struct ob_err *err)
{
    switch (b->options->network) {
    case BUILD_NETWORK_NONE: b->network = STEP_NETWORK_NONE; return 0;
    case BUILD_NETWORK_HOST: b->network = STEP_NETWORK_HOST; return 0;
    case BUILD_NETWORK_PRIVATE:
        b->network = STEP_NETWORK_PRIVATE;
        return check_private(b, err) < 0 ? ob_err_wrap(err, "--network-default=private") : 0;
    case BUILD_NETWORK_AUTO: break;
    }
    struct ob_err why;
    b->network = STEP_NETWORK_PRIVATE;
    if (check_private(b, &why) == 0)
        return 0;
    b->network = STEP_NETWORK_HOST;
    b->network_note = arena_printf(b->arena, "steps have the host's network, as %s", why.text).p;
    return 0;
}

static int check_limits(struct build *b, struct ob_err *err)
{
    const struct step_limits *l = &b->options->limits;
    if (!l->cpu_milli && !l->memory && !l->pids)
        return 0;
    const struct step_cfg cfg = {.network = STEP_NETWORK_NONE, .limits = *l};
    if (sandbox_check(b->kit.sandbox, &cfg, err) < 0)
        return ob_err_wrap(err, "limits of steps");
    return 0;
}

static int check_insecure(struct build *b, struct ob_err *err)
{
    const struct step_cfg cfg = {.network = STEP_NETWORK_NONE, .is_insecure = true};
    return sandbox_check(b->kit.sandbox, &cfg, err);
}

int isolate_decide(struct build *b, struct ob_err *err)
{
    if ((has_step(b->plan, leaves_network_open) && decide_network(b, err) < 0) ||
        (has_step(b->plan, is_insecure) && check_insecure(b, err) < 0))
        return -1;
    return has_step(b->plan, is_run) ? check_limits(b, err) : 0;
}

enum step_network isolate_network(const struct build *b, const struct op_run *op)
{
    switch (op->network) {
    case NETWORK_NONE: return STEP_NETWORK_NONE;
    case NETWORK_HOST: return STEP_NETWORK_HOST;
    case NETWORK_DEFAULT: break;
    }
    return b->network;
}

bool isolate_denies_network(const struct build *b, const struct op_run *op)
{
    return op->network == NETWORK_DEFAULT && b->options->network == BUILD_NETWORK_NONE;
}

void isolate_note(struct build *b, const struct step *step)
{
    if (!b->network_note || !leaves_network_open(step))
        return;
    struct event e = {.kind = EVENT_NOTE, .text = str_from(b->network_note)};
    b->network_note = NULL;
    b->progress->event(b->progress, &e);
}

void isolate_explain(const struct step_limits *l, const struct sandbox_status *status,
                     struct ob_err *err)
{
    cleanup_buf struct buf size = BUF_INIT;
    quantity_add_bytes(&size, l->memory);
    if (status->is_out_of_pids)
        ob_err_wrap(err, "out of processes: the step may have %" PRIu64 " (--pids)", l->pids);
    if (status->is_out_of_memory)
        ob_err_wrap(err, "out of memory: the step may use %s (--memory)", size.p);
}
