# A unit test is tests/unit/check_NAME.c and one line in UNIT_TESTS. Test programs link all of
# obkit: LDADD is the default for programs without a _LDADD of their own.
LDADD = $(FRONTEND_LIBS) $(EXEC_LIBS) $(CHECK_LIBS)

UNIT_TESTS = \
	tests/unit/check_arena

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
EXTRA_DIST += tests/unit/fixture.h

# What runs inside a sandbox, on an otherwise empty root, is static, and so never sanitized.
STATIC_CFLAGS = -std=gnu11 -Wall -Wextra
STATIC_LINK = $(CC) $(CFLAGS) -static -o $@
if HAVE_CHECK
check_PROGRAMS += tests/conform/sandbox
endif
if HAVE_STATIC
check_PROGRAMS += tests/conform/escape tests/conform/inside
noinst_PROGRAMS += tests/bench/floor tests/bench/true-static
endif
TESTS += tests/conform/run-sandbox.sh
tests_conform_escape_CFLAGS = $(STATIC_CFLAGS)
tests_conform_escape_LINK = $(STATIC_LINK)
tests_conform_escape_LDADD =
tests_conform_inside_CFLAGS = $(STATIC_CFLAGS)
tests_conform_inside_LINK = $(STATIC_LINK)
tests_conform_inside_LDADD =
EXTRA_DIST += tests/conform/run-sandbox.sh

tests_bench_floor_LDADD =
tests_bench_true_static_SOURCES = tests/bench/true.c
tests_bench_true_static_CFLAGS = $(STATIC_CFLAGS)
tests_bench_true_static_LINK = $(STATIC_LINK)
tests_bench_true_static_LDADD =
