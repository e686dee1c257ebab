/* SPDX-License-Identifier: Apache-2.0 */
/* posix_spawn with descriptors in place and signals reset. */
#include <config.h>

#include "base/spawn.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A descriptor below 3 that has to go to another place is copied out of the way first: what goes
 * to its place would overwrite it. Fills fds; what it copied is in copies. */
static int clear_places(const struct spawn_io *io, int fds[3], int copies[3])
{
    const int wanted[3] = {io->in, io->out, io->err};
    for (int i = 0; i < 3; i++) {
        fds[i] = wanted[i];
        if (wanted[i] < 0 || wanted[i] > 2 || wanted[i] == i)
            continue;
        fds[i] = copies[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0)
            return errno;
    }
    return 0;
}

static int add_io(posix_spawn_file_actions_t *fa, const int fds[3])
{
    for (int i = 0; i < 3; i++) {
        int e = fds[i] < 0 ? 0 : posix_spawn_file_actions_adddup2(fa, fds[i], i);
        if (e != 0)
            return e;
    }
    return 0;
}

int spawn(char *const argv[], const struct spawn_io *io, pid_t *pid, struct ob_err *err)
{
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t attr;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&fa);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int fds[3], copies[3] = {-1, -1, -1};
    int e = clear_places(io, fds, copies);
    if (e == 0)
        e = add_io(&fa, fds);
    if (e == 0)
        e = posix_spawnp(pid, argv[0], &fa, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&fa);
    for (int i = 0; i < 3; i++)
        if (copies[i] >= 0)
            close(copies[i]);
    return e == 0 ? 0 : ob_err_set(err, e, "can't run \"%s\"", argv[0]);
}

bool spawn_finds(const char *program)
{
    const char *path = getenv("PATH");
    struct str rest = str_from(path ? path : "/bin:/usr/bin"), dir;
    for (bool more = true; more;) {
        cleanup_buf struct buf file = BUF_INIT;
        more = str_cut(rest, ':', &dir, &rest);
        buf_printf(&file, STR_FMT "/%s", STR_ARG(dir.n ? dir : STR(".")), program);
        if (access(file.p, X_OK) == 0)
            return true;
    }
    return false;
}

int spawn_wait(pid_t pid, int *status, struct ob_err *err)
{
    int st;
    while (waitpid(pid, &st, 0) < 0)
        if (errno != EINTR)
            return ob_err_set(err, errno, "can't wait for process %ld", (long)pid);
    *status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
    return 0;
}
