/* SPDX-License-Identifier: Apache-2.0 */
/* obexec du, prune: how much there is, and taking from it. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/quantity.h"
#include "base/terminal.h"
#include "exec/cache.h"
#include "exec/prune.h"
#include "exec/run_options.h"
#include "exec/store_cmd.h"

#include <stdio.h>
#include <time.h>

enum { A_DAY = 24 * 60 * 60, SIZE_COLUMNS = 9 };

static struct prune prune_of(struct store_cmd *c)
{
    return (struct prune){c->o.kit.store, &c->o.layout, c->o.index, .policy = PRUNE_ALL};
}

static void print_size(uint64_t bytes)
{
    cleanup_buf struct buf b = BUF_INIT;
    quantity_add_bytes(&b, bytes);
    printf("%*s", SIZE_COLUMNS, b.p);
}

static void print_heading(struct str heading)
{
    cleanup_buf struct buf b = BUF_INIT;
    terminal_add(&b, heading);
    printf("  %s\n", b.n ? b.p : "");
}

/* du */

struct du {
    struct result_vec all;
    struct result **order; /* parents first */
    uint64_t *below;       /* what a result shares with those that it stands on */
    uint64_t total;
};

/* A store of layers keeps what is below once, for all that stand on it. */
static void add_up(struct store_cmd *c, struct du *d)
{
    bool has_layers = c->o.kit.store->ops->caps & STORE_CAP_LAYER;
    d->below = arena_new_n(&c->arena, uint64_t, d->all.n);
    for (uint32_t i = 0; i < d->all.n; i++) {
        const struct result *r = d->order[i];
        d->total += (uint64_t)r->bytes;
        if (has_layers && r->up != NO_RESULT)
            d->below[r - d->all.at] = d->below[r->up] + (uint64_t)d->all.at[r->up].bytes;
    }
}

static void print_day(int64_t t)
{
    char when[32];
    struct tm tm;
    time_t time = (time_t)t;
    strftime(when, sizeof when, "%Y-%m-%d", localtime_r(&time, &tm));
    printf("  %s", when);
}

static void print_results(const struct du *d)
{
    printf("%-12s%*s%*s  %-10s  %s\n", "ID", SIZE_COLUMNS + 2, "OWN", SIZE_COLUMNS + 2, "SHARED",
           "LAST USE", "STEP");
    vec_for (const struct result, r, &d->all) {
        printf("%.12s  ", r->key.p);
        print_size((uint64_t)r->bytes);
        printf("  ");
        print_size(d->below[r - d->all.at]);
        print_day(r->used);
        print_heading(r->heading);
    }
}

static void print_totals(const struct du *d, uint64_t caches, const struct store_usage *u)
{
    cleanup_buf struct buf b = BUF_INIT;
    buf_printf(&b, "%u %s: ", d->all.n, d->all.n == 1 ? "result" : "results");
    quantity_add_bytes(&b, d->total);
    buf_puts(&b, "; caches: ");
    quantity_add_bytes(&b, caches);
    buf_puts(&b, "; free: ");
    quantity_add_bytes(&b, u->bytes_free);
    buf_puts(&b, " of ");
    quantity_add_bytes(&b, u->bytes_total);
    printf("%s\n", b.p);
}

static int do_du(struct store_cmd *c, void *arg)
{
    (void)arg;
    struct prune p = prune_of(c);
    struct du d = {0};
    struct store_usage u;
    uint64_t caches;
    if (prune_list(&p, &c->arena, &d.all, &d.order, &c->err) < 0 ||
        cache_disk_bytes(&c->o.layout, &caches, &c->err) < 0 ||
        store_usage(c->o.kit.store, &u, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    add_up(c, &d);
    print_results(&d);
    print_totals(&d, caches, &u);
    return cli_close_stdout("obexec");
}

int cmd_du(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec du [--store=KIND:PATH]\n"
                "Say how much space results take: each of its own, which removing it would free,\n"
                "and what it shares with those that it stands on; what caches take; what is\n"
                "free.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 0,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_du, NULL);
}

/* prune */

struct prune_args {
    struct prune_policy policy;
    bool says_what; /* one of the options that say what is to go was given */
};

enum { OPT_ALL = 256, OPT_AUTO, OPT_BEFORE, OPT_KEEP_BYTES, OPT_KEEP_DAYS, OPT_MAX, OPT_MIN_FREE };

static const char prune_help[] =
    "Usage: obexec prune [OPTION]... [--store=KIND:PATH]\n"
    "Remove results, the least recently used first. What a running build uses stays, and\n"
    "what others stand on. With several options a result goes only if none keeps it.\n"
    "\n"
    "      --all                 remove all that is not in use\n"
    "      --keep-days=N         keep what was used in the last N days\n"
    "      --before=DATE         keep what was used on DATE (YYYY-MM-DD) or later\n"
    "      --keep-bytes=SIZE     remove until all results take no more than this\n"
    "      --min-free=SIZE|N%    remove until so much of the disk is free\n"
    "      --auto                as --min-free=10%\n"
    "      --max=N               remove no more than N results\n"
    "  -n, --dry-run             only say what would be removed\n" STORE_CMD_HELP;

static bool set_days(struct prune_policy *y, const char *text)
{
    unsigned long long n;
    if (!str_to_u64(str_from(text), &n) || n > 100000)
        return false;
    int64_t since = (int64_t)time(NULL) - (int64_t)n * A_DAY;
    y->used_since = since < y->used_since ? since : y->used_since;
    return true;
}

static bool set_before(struct prune_policy *y, const char *text)
{
    struct tm tm = {.tm_isdst = -1};
    char end;
    if (sscanf(text, "%4d-%2d-%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    int month = tm.tm_mon, day = tm.tm_mday;
    int64_t since = mktime(&tm); /* which makes 31 June the first of July */
    y->used_since = since < y->used_since ? since : y->used_since;
    return tm.tm_mon == month && tm.tm_mday == day;
}

static bool set_max(struct prune_policy *y, const char *text)
{
    unsigned long long n;
    bool is_number = str_to_u64(str_from(text), &n) && n > 0 && n < UINT32_MAX;
    y->max = is_number ? (uint32_t)n : 0;
    return is_number;
}

static const char *on_prune_option(void *arg, int opt)
{
    struct prune_args *a = arg;
    struct prune_policy *y = &a->policy;
    a->says_what |= opt != 'n' && opt != OPT_MAX;
    switch (opt) {
    case 'n': y->dry_run = true; return NULL;
    case OPT_AUTO: y->min_free = (struct build_min_free){.percent = 10}; return NULL;
    case OPT_BEFORE: return set_before(y, optarg) ? NULL : "--before takes a date YYYY-MM-DD";
    case OPT_KEEP_BYTES:
        return quantity_bytes(str_from(optarg), &y->keep_bytes)
                   ? NULL
                   : "--keep-bytes takes a size, such as 10g";
    case OPT_KEEP_DAYS: return set_days(y, optarg) ? NULL : "--keep-days takes a number of days";
    case OPT_MAX: return set_max(y, optarg) ? NULL : "--max takes a number of results";
    case OPT_MIN_FREE:
        return run_options_min_free(optarg, &y->min_free)
                   ? NULL
                   : "--min-free takes a size or a percentage, such as 10g or 15%";
    default: return NULL;
    }
}

static void print_removed(void *arg, const struct result *r)
{
    (void)arg;
    printf("%.12s  ", r->key.p);
    print_size((uint64_t)r->bytes);
    print_heading(r->heading);
}

static int do_prune(struct store_cmd *c, void *arg)
{
    const struct prune_args *a = arg;
    struct prune p = prune_of(c);
    p.policy = a->policy;
    p.removed = print_removed;
    int rc = prune_run(&p, &c->err);
    cleanup_buf struct buf b = BUF_INIT;
    quantity_add_bytes(&b, p.bytes);
    printf("%u %s %s, %s\n", p.n_removed, p.n_removed == 1 ? "result" : "results",
           a->policy.dry_run ? "to remove" : "removed", b.p);
    int status = cli_close_stdout("obexec");
    return rc < 0 ? store_cmd_fail(c, OB_EXIT_ENVIRONMENT) : status;
}

int cmd_prune(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, OPT_ALL},
        {"auto", no_argument, NULL, OPT_AUTO},
        {"before", required_argument, NULL, OPT_BEFORE},
        {"dry-run", no_argument, NULL, 'n'},
        {"keep-bytes", required_argument, NULL, OPT_KEEP_BYTES},
        {"keep-days", required_argument, NULL, OPT_KEEP_DAYS},
        {"max", required_argument, NULL, OPT_MAX},
        {"min-free", required_argument, NULL, OPT_MIN_FREE},
        {0},
    };
    struct prune_args args = {.policy = PRUNE_ALL};
    const struct store_cmd_usage usage = {
        .help = prune_help,
        .short_options = "n",
        .options = options,
        .on_option = on_prune_option,
        .arg = &args,
        .min_args = 0,
        .max_args = 0,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    if (status >= 0)
        return status;
    if (args.says_what)
        return store_cmd_run(&c, do_prune, &args);
    arena_free(&c.arena);
    return cli_usage_error("obexec", "prune: say what may go, such as --keep-days=30 or --all");
}
