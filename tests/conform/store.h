/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the store conformance program share. A test is a function without arguments
 * that runs in a process of its own, with an empty working directory; what it checks ends the
 * process when it does not hold.
 */
#ifndef TESTS_CONFORM_STORE_H
#define TESTS_CONFORM_STORE_H

#include "base/buf.h"
#include "exec/store.h"

struct test {
    const char *name; /* a sentence about behaviour */
    void (*run)(void);
};

extern const struct test store_tests[], tree_tests[], crash_tests[]; /* each ends with {0} */

_Noreturn void fail_test(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void skip_test(const char *why);

#define CHECK(cond) ((cond) ? (void)0 : fail_test(__FILE__, __LINE__, "%s does not hold", #cond))
#define CHECK_SYS(call)                                                                            \
    ((call) >= 0 ? (void)0 : fail_test(__FILE__, __LINE__, "%s: %s", #call, strerror(errno)))
/* For calls of the store that must answer `want`. */
#define CHECK_IS(call, want)                                                                       \
    do {                                                                                           \
        int got_ = (call);                                                                         \
        if (got_ != (want))                                                                        \
            fail_test(__FILE__, __LINE__, "%s gave %d%s%s", #call, got_, got_ < 0 ? ": " : "",     \
                      got_ < 0 ? the_err.text : "");                                               \
    } while (0)
#define CHECK_OK(call) CHECK_IS(call, 0)
/* For calls that must fail with an error that says `what`. */
#define CHECK_FAILS(call, what)                                                                    \
    do {                                                                                           \
        CHECK((call) == -1);                                                                       \
        if (!strstr(the_err.text, (what)))                                                         \
            fail_test(__FILE__, __LINE__, "%s says: %s", #call, the_err.text);                     \
    } while (0)

extern struct ob_err the_err; /* what the store's functions are given */

const char *key_of(unsigned n); /* a key; valid for the next seven calls */

const struct store_ops *store_kind(void);   /* of the store under test */
struct store *open_store(const char *path); /* of that kind, wrapped as was asked for */

struct store_txn *begin(struct store *s, const char *key, const char *base, struct rootfs *r);
void commit(struct store_txn *txn, struct rootfs *r); /* closes r first */
void check_present(struct store *s, const char *key);
void check_absent(struct store *s, const char *key);
void open_result(struct store *s, const char *key, struct rootfs *r);

void put_file(int dir, const char *name, const char *text); /* makes it, or replaces its text */
bool has_file(int dir, const char *name, const char *text); /* it is there, with this text */
unsigned count_entries(const char *path);                   /* of a directory */

/* A result on base that has one more file, called name, holding that name. */
void make_result(struct store *s, const char *key, const char *base, const char *name);

/* Everything about a tree that must survive, as sorted text (tests/conform/describe.c). */
void describe_tree(int root, struct buf *out);

#endif
