/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a graph takes from its JSON back to JSON: reads, verifies and optimizes it, and writes
 * it to /dev/null, a few times over. Prints the least processor time of a round in microseconds
 * and the most memory that the process ever had in KiB; with -v the parts of that time as well.
 *
 *     ir_speed [-v] IR.json
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "ir/pass.h"
#include "ir/read.h"
#include "ir/write.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { READ, OPTIMIZE, WRITE, N_PARTS };

/* Of the processor: other programs that want it do not count. */
static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void round_trip(const char *path, int null, double part[N_PARTS])
{
    struct arena a = ARENA_INIT;
    struct plan p = PLAN_INIT(&a);
    struct buf text = BUF_INIT;
    struct ob_err why;
    double start = now_us();
    if (fs_read_file_at(AT_FDCWD, path, &text, (size_t)1 << 30, &why) <= 0 ||
        ir_read_json(&p, buf_str(&text), &why) < 0)
        errx(3, "%s: %s", path, why.text);
    buf_free(&text);
    double was_read = now_us();
    ir_optimize(&p, 2, PASS_SILENT);
    double was_optimized = now_us();
    if (ir_write_json_fd(&p, null, &why) < 0)
        errx(3, "%s", why.text);
    arena_free(&a);
    part[READ] = was_read - start;
    part[OPTIMIZE] = was_optimized - was_read;
    part[WRITE] = now_us() - was_optimized;
}

static double sum(const double part[N_PARTS])
{
    return part[READ] + part[OPTIMIZE] + part[WRITE];
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 5 };
    struct rusage usage;
    double best[N_PARTS], part[N_PARTS];
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    const char *path = argv[1 + verbose];
    cleanup_close int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (argc != 2 + verbose || null < 0)
        errx(2, "usage: ir_speed [-v] IR.json");
    round_trip(path, null, best);
    for (int i = 1; i < ROUNDS; i++) {
        round_trip(path, null, part);
        if (sum(part) < sum(best))
            memcpy(best, part, sizeof best);
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%.0f %ld\n", sum(best), usage.ru_maxrss);
    if (verbose)
        printf("read and verify %.0f, optimize %.0f, write %.0f\n", best[READ], best[OPTIMIZE],
               best[WRITE]);
    return 0;
}
