/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "backends/native_net.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/spawn.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define HELPER "slirp4netns"
#define WAY_OUT " (--network-default=host needs none)"

/* The first is what users of slirp4netns, podman and QEMU are used to. */
static const char *const prefixes[] = {"10.0.2", "192.168.213", "172.29.213", "10.213.213"};

/* Whether a line of /proc/net/route (interface, destination, gateway, …, the eighth the mask, in
 * hexadecimal, as they lie in memory) is a route into the network. The default route is not. */
static bool covers(const char *line, uint32_t net)
{
    uint32_t to, mask, of_256 = htonl(0xffffff00);
    if (sscanf(line, "%*s %x %*x %*x %*d %*d %*d %x", &to, &mask) != 2 || mask == 0)
        return false;
    return ((to ^ net) & mask & of_256) == 0;
}

static bool is_covered(const char *routes, const char *prefix)
{
    char address[24];
    struct in_addr net;
    snprintf(address, sizeof address, "%s.0", prefix);
    inet_pton(AF_INET, address, &net);
    for (const char *line = routes; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (covers(line, net.s_addr))
            return true;
    }
    return false;
}

const char *native_net_choose(const char *routes)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!is_covered(routes, prefixes[i]))
            return prefixes[i];
    return NULL;
}

/* The helper asks the servers in the host's resolv.conf, which may be a link to elsewhere. */
static bool finds_servers_confined(void)
{
    char path[PATH_MAX];
    if (!realpath("/etc/resolv.conf", path))
        return true;
    return strncmp(path, "/etc/", 5) == 0 || strncmp(path, "/run/", 5) == 0;
}

int native_net_open(struct native_net *n, struct ob_err *err)
{
    cleanup_buf struct buf routes = BUF_INIT;
    if (!spawn_finds(HELPER))
        return ob_err_set(
            err, 0, "a private network needs the program \"" HELPER "\", which is not installed");
    if (access("/dev/net/tun", R_OK | W_OK) < 0)
        return ob_err_set(err, errno, "a private network needs \"/dev/net/tun\"");
    if (fs_read_file_at(AT_FDCWD, "/proc/net/route", &routes, 16 << 20, err) < 0)
        return ob_err_wrap(err, "\"/proc/net/route\"");
    const char *prefix = native_net_choose(routes.n ? routes.p : "");
    if (!prefix)
        return ob_err_set(err, 0,
                          "a private network has no addresses: the host's routes cover "
                          "all that it could have");
    snprintf(n->prefix, sizeof n->prefix, "%s", prefix);
    n->is_confined = finds_servers_confined();
    return 0;
}

void native_net_resolv_conf(const struct native_net *n, const char *host, struct buf *out)
{
    struct str rest = str_from(host), line;
    buf_printf(out, "nameserver %s.3\n", n->prefix);
    while (rest.n > 0) {
        str_cut(rest, '\n', &line, &rest);
        if (str_starts(line, STR("search ")) || str_starts(line, STR("domain ")) ||
            str_starts(line, STR("options ")))
            buf_printf(out, STR_FMT "\n", STR_ARG(line));
    }
}

static int open_pipe(int *reader, int *writer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

int net_helper_open(struct net_helper *h, struct ob_err *err)
{
    *h = NET_HELPER_INIT;
    if (open_pipe(&h->ready, &h->ready_end) == 0 && open_pipe(&h->stop_end, &h->stop) == 0 &&
        (h->log = memfd_create(HELPER, MFD_CLOEXEC)) >= 0)
        return 0;
    ob_err_set(err, errno, "can't start " HELPER);
    net_helper_end(h);
    return -1;
}

static void close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void net_helper_start(struct net_helper *h, const struct native_net *n, pid_t pid)
{
    struct ob_err err;
    char program[] = HELPER, configure[] = "--configure", mtu[] = "--mtu=65520";
    char no_host[] = "--disable-host-loopback", sandbox[] = "--enable-sandbox";
    char seccomp[] = "--enable-seccomp", stop[] = "--exit-fd=0", interface[] = "eth0";
    char *confined = n->is_confined ? sandbox : seccomp; /* twice is once */
    char cidr[40], ready[32], target[24];
    char *const argv[] = {program, configure, mtu,   no_host, confined,  seccomp,
                          stop,    cidr,      ready, target,  interface, NULL};
    snprintf(cidr, sizeof cidr, "--cidr=%s.0/24", n->prefix);
    snprintf(ready, sizeof ready, "--ready-fd=%d", h->ready_end);
    snprintf(target, sizeof target, "%ld", (long)pid);
    fcntl(h->ready_end, F_SETFD, 0); /* this one program is to have it */
    if (spawn(argv, &(struct spawn_io){h->stop_end, h->log, h->log}, &h->pid, &err) < 0) {
        h->pid = 0;
        dprintf(h->log, "%s\n", err.text);
    }
    close_at(&h->ready_end);
    close_at(&h->stop_end);
}

/* The last line that the helper wrote. */
static struct str last_line(const struct buf *text)
{
    struct str s = buf_str(text);
    while (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    const char *newline = memrchr(s.p, '\n', s.n);
    return newline ? str_of(newline + 1, s.n - (size_t)(newline + 1 - s.p)) : s;
}

static int helper_failed(const struct net_helper *h, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    struct ob_err ignored;
    if (lseek(h->log, 0, SEEK_SET) < 0 || fs_read_all(h->log, &text, 64 << 10, &ignored) < 0 ||
        text.n == 0)
        return ob_err_set(err, 0, HELPER " failed without saying why" WAY_OUT);
    struct str line = last_line(&text);
    return ob_err_set(err, 0, HELPER ": " STR_FMT WAY_OUT, STR_ARG(line));
}

int net_helper_wait(const struct net_helper *h, struct ob_err *err)
{
    char byte;
    ssize_t n;
    close(h->ready_end);
    while ((n = read(h->ready, &byte, 1)) < 0 && errno == EINTR)
        ;
    return n == 1 ? 0 : helper_failed(h, err);
}

/* It takes the kernel some 20 ms to remove the interface of a helper that ends. Nobody waits for
 * that: the worker ends soon, and what adopts its children collects them. */
void net_helper_end(struct net_helper *h)
{
    if (h->pid > 0) {
        kill(h->pid, SIGKILL);
        waitpid(h->pid, NULL, WNOHANG);
    }
    close_at(&h->ready);
    close_at(&h->ready_end);
    close_at(&h->stop);
    close_at(&h->stop_end);
    close_at(&h->log);
    h->pid = 0;
}
