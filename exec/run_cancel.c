/* SPDX-License-Identifier: Apache-2.0 */
/* The signal handlers of a worker, and the little that they share with it. */
#include <config.h>

#include "exec/run_cancel.h"

#include <signal.h>
#include <sys/time.h>

static struct sandbox_run *volatile current; /* what SIGTERM is for */
static volatile sig_atomic_t is_asked;
static struct itimerval grace_time;

static void on_alarm(int sig)
{
    (void)sig;
    if (current)
        sandbox_kill(current);
}

static void on_term(int sig)
{
    if (!current)
        _exit(OB_EXIT_INTERRUPTED);
    is_asked = 1;
    if (grace_time.it_value.tv_sec == 0 && grace_time.it_value.tv_usec == 0) {
        on_alarm(sig);
        return;
    }
    sandbox_terminate(current);
    setitimer(ITIMER_REAL, &grace_time, NULL);
}

void run_cancel_prepare(uint64_t grace)
{
    struct sigaction term = {.sa_handler = on_term, .sa_flags = SA_RESTART};
    struct sigaction alarm = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    grace_time.it_value.tv_sec = (time_t)(grace / 1000);
    grace_time.it_value.tv_usec = (suseconds_t)(grace % 1000 * 1000);
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGALRM, &alarm, NULL);
}

static void mask_term(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(how, &set, NULL);
}

void run_cancel_begin(void)
{
    mask_term(SIG_BLOCK);
    is_asked = 0;
}

void run_cancel_watch(struct sandbox_run *run)
{
    current = run;
    mask_term(SIG_UNBLOCK);
}

bool run_cancel_end(void)
{
    static const struct itimerval none;
    mask_term(SIG_BLOCK);
    current = NULL;
    setitimer(ITIMER_REAL, &none, NULL);
    bool asked = is_asked;
    mask_term(SIG_UNBLOCK);
    return asked;
}
