/* SPDX-License-Identifier: Apache-2.0 */
/* Work that is shared out: all of it once, and one error of several. */
#include <config.h>

#include "base/parallel.h"
#include "tests/unit/fixture.h"

#include <stdatomic.h>

enum { N = 1000 };

static atomic_int done[N];
static size_t bad = N; /* from this piece on, all fail */

struct own {
    size_t n;
};

static int piece(void *arg, size_t i, struct ob_err *err)
{
    struct own *own = arg;
    own->n++;
    if (bad < N) /* all threads take part, and the first error is not the last that is noted */
        usleep(i > bad ? 2000 : 50);
    if (i >= bad)
        return ob_err_set(err, 0, "piece %zu", i);
    atomic_fetch_add(&done[i], 1);
    return 0;
}

static int run(size_t n, unsigned n_threads, struct ob_err *err)
{
    struct own own[PARALLEL_MAX] = {0};
    void *args[PARALLEL_MAX];
    size_t sum = 0;
    for (unsigned k = 0; k < n_threads; k++)
        args[k] = &own[k];
    int rc = parallel_run(n, args, n_threads, piece, err);
    for (unsigned k = 0; k < n_threads; k++)
        sum += own[k].n;
    ck_assert(rc < 0 || sum == n);
    return rc;
}

START_TEST(each_piece_is_done_once)
{
    struct ob_err err;
    for (unsigned threads = 1; threads <= PARALLEL_MAX; threads++) {
        ck_assert_ok(run(N, threads, &err), &err);
        ck_assert_ok(run(threads - 1, threads, &err), &err);
        for (unsigned i = 0; i < N; i++)
            ck_assert_int_eq(atomic_exchange(&done[i], 0), 1 + (i < threads - 1));
    }
}
END_TEST

START_TEST(the_first_of_several_errors_is_told_and_little_is_done_after_it)
{
    struct ob_err err;
    bad = 40;
    for (int again = 0; again < 20; again++) {
        ck_assert_int_eq(run(N, 4, &err), -1);
        ck_assert_str_eq(err.text, "piece 40");
    }
    for (size_t i = 0; i < bad; i++)
        ck_assert_int_eq(done[i], 20);
}
END_TEST

START_TEST(there_is_at_least_one_thread)
{
    ck_assert_uint_ge(parallel_threads(), 1);
    ck_assert_uint_le(parallel_threads(), PARALLEL_MAX);
}
END_TEST

UNIT_MAIN("parallel", each_piece_is_done_once,
          the_first_of_several_errors_is_told_and_little_is_done_after_it,
          there_is_at_least_one_thread)
