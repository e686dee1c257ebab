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

# The sources as a whole: who includes what, that headers stand alone, that manuals are complete.
SHAPE_TESTS = \
	tests/shape/forbidden.sh \
	tests/shape/format.sh \
	tests/shape/headers.sh \
	tests/shape/layering.sh \
	tests/shape/manpages.sh \
	tests/shape/shell.sh
TESTS += $(SHAPE_TESTS)
EXTRA_DIST += $(SHAPE_TESTS)

check-unit: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(UNIT_TESTS)"
.PHONY: check-unit
