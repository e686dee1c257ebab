# A unit test is tests/unit/check_NAME.c and one line in UNIT_TESTS. Test programs link all of
# obkit: LDADD is the default for programs without a _LDADD of their own.
LDADD = $(FRONTEND_LIBS) $(EXEC_LIBS) $(CHECK_LIBS)

UNIT_TESTS = \
	tests/unit/check_arena \
	tests/unit/check_buf \
	tests/unit/check_diag \
	tests/unit/check_err \
	tests/unit/check_fetch_files \
	tests/unit/check_fetch_oci \
	tests/unit/check_json \
	tests/unit/check_map \
	tests/unit/check_sha256 \
	tests/unit/check_source \
	tests/unit/check_spawn \
	tests/unit/check_str \
	tests/unit/check_suggest \
	tests/unit/check_unpack

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
EXTRA_DIST += tests/unit/fixture.h tests/unit/image_maker.h

# Fetching without an executor, for scripts.
check_PROGRAMS += tests/e2e/fetch_image
TESTS += tests/e2e/fetch-real-tools.sh
EXTRA_DIST += tests/e2e/fetch-real-tools.sh
