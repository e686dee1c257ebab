# A unit test is tests/unit/check_NAME.c and one line in UNIT_TESTS. Test programs link all of
# obkit: LDADD is the default for programs without a _LDADD of their own.
LDADD = $(FRONTEND_LIBS) $(EXEC_LIBS) $(CHECK_LIBS)

UNIT_TESTS = \
	tests/unit/check_arena \
	tests/unit/check_sx_lex \
	tests/unit/check_sx_lower \
	tests/unit/check_sx_path

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
EXTRA_DIST += tests/unit/fixture.h

# Golden folders: see the comment in run.sh.
check_PROGRAMS += tests/golden/golden
TESTS += tests/golden/run.sh
EXTRA_DIST += tests/golden/run.sh tests/golden/spec
