/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private networks: a namespace of its own whose one interface is served by slirp4netns, a process
 * beside the sandbox that turns what comes from there into sockets of its own. That needs no
 * address, route or packet filter of the host, does not change any, and leaves nothing.
 */
#ifndef BACKENDS_NATIVE_NET_H
#define BACKENDS_NATIVE_NET_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* What all private networks have in common. */
struct native_net {
    char prefix[16];  /* "10.0.2": of a network of 256 addresses that no route of the host covers */
    bool is_confined; /* the helper needs to see nothing of the host but /etc and /run */
};

/* Whether this machine can have private networks; the error says what is missing. */
int native_net_open(struct native_net *n, struct ob_err *err);

/* The first prefix that no line of /proc/net/route covers; NULL if all are covered. */
const char *native_net_choose(const char *routes);
/* From the host's resolv.conf to the sandbox's: the same domains, asked of the network's server. */
void native_net_resolv_conf(const struct native_net *n, const char *host, struct buf *out);

/* The process that serves one network. */
struct net_helper {
    pid_t pid;            /* 0 = none */
    int ready, ready_end; /* a pipe: it writes when the network is there; ready_end is its end */
    int stop, stop_end;   /* a pipe: it ends when `stop`, the end that is written to, is closed */
    int log;              /* what it says */
};

#define NET_HELPER_INIT ((struct net_helper){0, -1, -1, -1, -1, -1})

/* Before the process is made whose network is served. */
int net_helper_open(struct net_helper *h, struct ob_err *err);
/* Serves the network namespace of process `pid`, which gets to know if that fails. */
void net_helper_start(struct net_helper *h, const struct native_net *n, pid_t pid);
/* In the process that is served: waits until the network is there. */
int net_helper_wait(const struct net_helper *h, struct ob_err *err);
void net_helper_end(struct net_helper *h);

#endif
