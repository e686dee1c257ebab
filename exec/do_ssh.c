/* SPDX-License-Identifier: Apache-2.0 */
/* The ssh agents of a run step: those that it asks for and the user gave. */
#include <config.h>

#include "base/cleanup.h"
#include "exec/look.h"
#include "exec/ssh_relay.h"
#include "exec/work.h"

struct run_agents {
    VEC(struct ssh_relay) relays;
};

static const struct build_ssh *find_agent(const struct build_options *o, struct str id)
{
    vec_for (const struct build_ssh, s, &o->ssh)
        if (str_eq(s->id, id))
            return s;
    return NULL;
}

/* The agent for a mount: 1, 0 = there is none and need not be, -1. */
static int choose_agent(struct work *w, const struct ir_mount *m, int *agent, struct ob_err *err)
{
    struct str id;
    if (work_value(w, m->id, &id, err) < 0)
        return work_fault(w);
    const struct build_ssh *s = find_agent(w->b->options, id);
    if (!s && !m->required)
        return 0;
    *agent =
        s ? ssh_agent_open(s, w->b->arena, err)
          : ob_err_set(err, 0,
                       "the step needs ssh agent \"" STR_FMT "\": give --ssh " STR_FMT "[=SOCKET]",
                       STR_ARG(id), STR_ARG(id));
    return *agent < 0 ? work_fault(w) : 1;
}

static int open_mount(struct work *w, const struct ir_mount *m, int scratch, size_t i, int *fd,
                      struct ob_err *err)
{
    char name[32];
    struct ssh_relay relay;
    cleanup_close int agent = -1;
    int rc = choose_agent(w, m, &agent, err);
    if (rc <= 0)
        return rc;
    snprintf(name, sizeof name, "ssh-%zu", i);
    mode_t mode = m->mode.n ? look_octal(m->mode) : 0600;
    if (ssh_relay_start(scratch, name, agent, mode, (uid_t)m->uid, (gid_t)m->gid, &relay, err) < 0)
        return ob_err_wrap(err, "ssh agent");
    vec_push(w->b->arena, &w->agents->relays, relay);
    *fd = relay.fd;
    return 0;
}

int work_open_agents(struct work *w, int scratch, struct run_source *sources, struct ob_err *err)
{
    const struct op_run *op = &w->job.step->op.run;
    w->agents = arena_new(w->b->arena, struct run_agents);
    for (size_t i = 0; i < op->mounts.n; i++) {
        const struct ir_mount *m = &op->mounts.at[i];
        if (m->type == MOUNT_SSH && open_mount(w, m, scratch, i, &sources[i].fd, err) < 0)
            return -1;
    }
    return 0;
}

void work_close_agents(struct work *w)
{
    if (w->agents)
        vec_for (struct ssh_relay, r, &w->agents->relays)
            ssh_relay_end(r);
    w->agents = NULL;
}
