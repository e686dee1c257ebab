/* SPDX-License-Identifier: Apache-2.0 */
/* What a build does to keep space free: see prune.h. */
#include <config.h>

#include "exec/prune.h"

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/quantity.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

static int find_low(const struct build *b, bool *is_low, struct ob_err *err)
{
    struct store_usage u;
    const struct build_min_free *m = &b->options->min_free;
    *is_low = false;
    if (m->bytes == 0 && m->percent == 0)
        return 0;
    if (store_usage(b->kit.store, &u, err) < 0)
        return -1;
    *is_low = u.bytes_free < prune_wanted(m, &u);
    return 0;
}

static int free_space(struct build *b, struct prune *p, struct ob_err *err)
{
    *p = (struct prune){b->kit.store, &b->layout, b->index, .policy = PRUNE_ALL};
    p->policy.min_free = b->options->min_free;
    return prune_run(p, err);
}

int prune_before(struct build *b, struct ob_err *err)
{
    struct prune p;
    bool is_low;
    cleanup_buf struct buf text = BUF_INIT;
    if (find_low(b, &is_low, err) < 0)
        return -1;
    if (!is_low)
        return 0;
    if (free_space(b, &p, err) < 0) {
        if (err->errnum == EROFS)
            return 0; /* what is built all the same needs space, and says so */
        return ob_err_wrap(err, "can't remove old results");
    }
    buf_printf(&text, "little space was free: removed %u old %s, ", p.n_removed,
               p.n_removed == 1 ? "result" : "results");
    quantity_add_bytes(&text, p.bytes);
    if (find_low(b, &is_low, err) < 0)
        return -1;
    if (is_low)
        buf_puts(&text, "; it is still less than --min-free asks for");
    b->progress->event(b->progress, &(struct event){.kind = EVENT_NOTE, .text = buf_str(&text)});
    return 0;
}

/* Where nothing more can go, looking at all results again would be in vain. */
static bool is_recent(const struct timespec *t)
{
    enum { PAUSE_MS = 5000 };
    return t->tv_sec != 0 && clock_ms_since(t) < PAUSE_MS;
}

void prune_meanwhile(struct build *b)
{
    struct ob_err ignored; /* the next step, which finds no space, says it */
    struct prune p;
    bool is_low;
    if (find_low(b, &is_low, &ignored) < 0 || !is_low || is_recent(&b->pruned))
        return;
    index_close(b->index); /* SQLite's connections must not cross a fork */
    b->pruned = clock_now();
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none; /* who interrupts the build does not wait for this */
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(free_space(b, &p, &ignored) < 0);
    }
    b->pruner = pid > 0 ? pid : 0;
}
