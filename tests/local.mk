# A unit test is tests/unit/check_NAME.c and one line in UNIT_TESTS. Test programs link all of
# obkit: LDADD is the default for programs without a _LDADD of their own.
LDADD = $(FRONTEND_LIBS) $(EXEC_TEST_LIBS) $(CHECK_LIBS)

UNIT_TESTS = \
	tests/unit/check_align \
	tests/unit/check_anchor \
	tests/unit/check_arena \
	tests/unit/check_buf \
	tests/unit/check_clock \
	tests/unit/check_content \
	tests/unit/check_cache \
	tests/unit/check_context \
	tests/unit/check_copy \
	tests/unit/check_copy_changes \
	tests/unit/check_df_expand \
	tests/unit/check_df_heredoc \
	tests/unit/check_df_line \
	tests/unit/check_df_lower \
	tests/unit/check_df_quote \
	tests/unit/check_df_same \
	tests/unit/check_diag \
	tests/unit/check_diag_json \
	tests/unit/check_diff \
	tests/unit/check_digests \
	tests/unit/check_err \
	tests/unit/check_durable \
	tests/unit/check_fetch_files \
	tests/unit/check_fetch_oci \
	tests/unit/check_format \
	tests/unit/check_fs \
	tests/unit/check_identify \
	tests/unit/check_image \
	tests/unit/check_index \
	tests/unit/check_ir_diff \
	tests/unit/check_json \
	tests/unit/check_json_tree \
	tests/unit/check_key \
	tests/unit/check_kit \
	tests/unit/check_layer \
	tests/unit/check_layout \
	tests/unit/check_look \
	tests/unit/check_manifest \
	tests/unit/check_map \
	tests/unit/check_mode \
	tests/unit/check_names \
	tests/unit/check_native_cgroup \
	tests/unit/check_native_net \
	tests/unit/check_need \
	tests/unit/check_owner \
	tests/unit/check_parallel \
	tests/unit/check_output \
	tests/unit/check_pass \
	tests/unit/check_pass_drop_noops \
	tests/unit/check_pass_fold \
	tests/unit/check_pass_merge_copies \
	tests/unit/check_passwd \
	tests/unit/check_pattern \
	tests/unit/check_plan \
	tests/unit/check_progress \
	tests/unit/check_prune \
	tests/unit/check_quantity \
	tests/unit/check_read \
	tests/unit/check_ready \
	tests/unit/check_record \
	tests/unit/check_remote \
	tests/unit/check_run_cfg \
	tests/unit/check_sh_lines \
	tests/unit/check_sha256 \
	tests/unit/check_source \
	tests/unit/check_spawn \
	tests/unit/check_step_log \
	tests/unit/check_str \
	tests/unit/check_suggest \
	tests/unit/check_sx_emit \
	tests/unit/check_sx_format \
	tests/unit/check_sx_lex \
	tests/unit/check_sx_lower \
	tests/unit/check_sx_path \
	tests/unit/check_sx_to_df \
	tests/unit/check_terminal \
	tests/unit/check_text \
	tests/unit/check_unpack \
	tests/unit/check_user \
	tests/unit/check_userns_ids \
	tests/unit/check_uses \
	tests/unit/check_verify \
	tests/unit/check_xattr

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
EXTRA_DIST += tests/unit/df_run.h tests/unit/fixture.h tests/unit/image_maker.h \
	tests/unit/ir_sample.h tests/unit/pass_plan.h tests/unit/scratch_dir.h tests/unit/store_dir.h

# Conformance: one program for each contract, run by a script on what the machine has.
check_PROGRAMS += tests/conform/conform-store
tests_conform_conform_store_SOURCES = \
	tests/conform/describe.c \
	tests/conform/store.c tests/conform/store.h \
	tests/conform/store_crash.c \
	tests/conform/store_tree.c
TESTS += tests/conform/run-stores.sh
EXTRA_DIST += tests/conform/run-stores.sh

# What runs inside a sandbox, on an otherwise empty root, is static, and so never sanitized.
STATIC_CFLAGS = -std=gnu11 -Wall -Wextra
STATIC_LINK = $(CC) $(CFLAGS) -static -o $@
if HAVE_CHECK
check_PROGRAMS += tests/conform/sandbox
endif
if HAVE_STATIC
check_PROGRAMS += tests/conform/escape tests/conform/inside tests/e2e/hand_on
noinst_PROGRAMS += tests/bench/floor tests/bench/timed tests/bench/true-static
endif
TESTS += tests/conform/run-sandbox.sh
tests_conform_escape_CFLAGS = $(STATIC_CFLAGS)
tests_conform_escape_LINK = $(STATIC_LINK)
tests_conform_escape_LDADD =
tests_e2e_hand_on_CFLAGS = $(STATIC_CFLAGS)
tests_e2e_hand_on_LINK = $(STATIC_LINK)
tests_e2e_hand_on_LDADD =
tests_conform_inside_CFLAGS = $(STATIC_CFLAGS)
tests_conform_inside_LINK = $(STATIC_LINK)
tests_conform_inside_LDADD =
EXTRA_DIST += tests/conform/run-sandbox.sh tests/as-user.sh

noinst_PROGRAMS += tests/bench/ir_speed tests/bench/parse_speed
tests_bench_ir_speed_LDADD = $(FRONTEND_LIBS)
tests_bench_parse_speed_LDADD = $(FRONTEND_LIBS)

tests_bench_floor_LDADD =
tests_bench_timed_LDADD =
tests_bench_true_static_SOURCES = tests/bench/true.c
tests_bench_true_static_CFLAGS = $(STATIC_CFLAGS)
tests_bench_true_static_LINK = $(STATIC_LINK)
tests_bench_true_static_LDADD =
# End to end: the programs as users run them, one subject each.
E2E_TESTS = \
	tests/e2e/add-archives.sh \
	tests/e2e/allow-insecure.sh \
	tests/e2e/attach.sh \
	tests/e2e/bad-input.sh \
	tests/e2e/bad-store.sh \
	tests/e2e/bad-usage.sh \
	tests/e2e/boot-drops.sh \
	tests/e2e/cache-command.sh \
	tests/e2e/cache-copies.sh \
	tests/e2e/cache-hits.sh \
	tests/e2e/cache-mounts.sh \
	tests/e2e/cache-swapped.sh \
	tests/e2e/chain-deep.sh \
	tests/e2e/ci-recipes.sh \
	tests/e2e/context-changed.sh \
	tests/e2e/context-named.sh \
	tests/e2e/context-tar.sh \
	tests/e2e/convert-builds.sh \
	tests/e2e/convert-random.sh \
	tests/e2e/convert-spec-builds.sh \
	tests/e2e/convert.sh \
	tests/e2e/copy-context.sh \
	tests/e2e/copy-escape.sh \
	tests/e2e/copy-looks.sh \
	tests/e2e/copy-parents.sh \
	tests/e2e/copy-reflink.sh \
	tests/e2e/copy-special.sh \
	tests/e2e/copy-stage.sh \
	tests/e2e/crash-status.sh \
	tests/e2e/deep-trees.sh \
	tests/e2e/delete.sh \
	tests/e2e/delete-waits.sh \
	tests/e2e/du.sh \
	tests/e2e/durable.sh \
	tests/e2e/failure-keeps.sh \
	tests/e2e/file-content.sh \
	tests/e2e/ids-stable.sh \
	tests/e2e/image-note-lost.sh \
	tests/e2e/index-lost.sh \
	tests/e2e/inspect.sh \
	tests/e2e/interrupt-cleans.sh \
	tests/e2e/ir-diff.sh \
	tests/e2e/kill9-recovers.sh \
	tests/e2e/limits.sh \
	tests/e2e/log-follow.sh \
	tests/e2e/log-limit.sh \
	tests/e2e/machine-crash.sh \
	tests/e2e/min-free.sh \
	tests/e2e/minimal-image.sh \
	tests/e2e/network-isolated.sh \
	tests/e2e/network-private.sh \
	tests/e2e/ob-parallel.sh \
	tests/e2e/ob-stress.sh \
	tests/e2e/onbuild-refused.sh \
	tests/e2e/output-image.sh \
	tests/e2e/output-local.sh \
	tests/e2e/output-real-tools.sh \
	tests/e2e/output-reproducible.sh \
	tests/e2e/output-streams.sh \
	tests/e2e/pin.sh \
	tests/e2e/progress-tty.sh \
	tests/e2e/progress-unread.sh \
	tests/e2e/prune-many.sh \
	tests/e2e/prune.sh \
	tests/e2e/rootless-alone.sh \
	tests/e2e/rootless-inside.sh \
	tests/e2e/rootless-refused.sh \
	tests/e2e/result-final.sh \
	tests/e2e/rootless.sh \
	tests/e2e/run-mounts.sh \
	tests/e2e/run-scripts.sh \
	tests/e2e/sched.sh \
	tests/e2e/secrets-dockerfile.sh \
	tests/e2e/secrets-traceless.sh \
	tests/e2e/sharing-graph.sh \
	tests/e2e/shell.sh \
	tests/e2e/specfmt.sh \
	tests/e2e/ssh-agent.sh \
	tests/e2e/step-limits.sh \
	tests/e2e/store-full.sh \
	tests/e2e/store-moved.sh \
	tests/e2e/store-read-only.sh \
	tests/e2e/store-shared.sh \
	tests/e2e/stores.sh \
	tests/e2e/trace.sh \
	tests/e2e/users-env.sh \
	tests/e2e/why.sh
TESTS += $(E2E_TESTS)
EXTRA_DIST += tests/e2e/functions.sh tests/e2e/ir.py tests/e2e/random_dockerfile.py \
	tests/e2e/terminal.py tests/e2e/trace.py tests/e2e/tree.py $(E2E_TESTS)
if HAVE_STATIC
check_PROGRAMS += tests/e2e/ask tests/e2e/deep tests/e2e/swap tests/e2e/tiny
endif
tests_e2e_ask_CFLAGS = $(STATIC_CFLAGS)
tests_e2e_ask_LINK = $(STATIC_LINK)
tests_e2e_ask_LDADD =
tests_e2e_deep_CFLAGS = $(STATIC_CFLAGS)
tests_e2e_deep_LINK = $(STATIC_LINK)
tests_e2e_deep_LDADD =
tests_e2e_swap_CFLAGS = $(STATIC_CFLAGS)
tests_e2e_swap_LINK = $(STATIC_LINK)
tests_e2e_swap_LDADD =
tests_e2e_tiny_CFLAGS = $(STATIC_CFLAGS)
tests_e2e_tiny_LINK = $(STATIC_LINK)
tests_e2e_tiny_LDADD =

# Fetching without an executor, for scripts.
check_PROGRAMS += tests/e2e/fetch_image
TESTS += tests/e2e/fetch-real-tools.sh
EXTRA_DIST += tests/e2e/fetch-real-tools.sh

# Golden folders: see the comment in run.sh.
check_PROGRAMS += tests/golden/fields tests/golden/roundtrip
GOLDEN_TESTS = tests/golden/run.sh tests/golden/ids.sh tests/golden/fields.sh tests/golden/schema.sh \
	tests/golden/format.sh
TESTS += $(GOLDEN_TESTS)
EXTRA_DIST += $(GOLDEN_TESTS) tests/golden/ids.py tests/golden/fields.py tests/golden/schema.py \
	tests/golden/spec tests/golden/dockerfile tests/golden/format

# What the passes leave builds the same.
check_PROGRAMS += tests/passes/optimize
TESTS += tests/passes/cases.sh tests/passes/random.sh
EXTRA_DIST += tests/passes/cases.sh tests/passes/random.sh tests/passes/world.sh \
	tests/passes/differ.py tests/passes/random_plans.py tests/passes/cases

# A corpus of real Dockerfiles, where there is one.
TESTS += tests/corpus/run.sh tests/corpus/sharing.sh tests/corpus/to-spec.sh tests/corpus/builds.sh \
	tests/corpus/graphs.sh
EXTRA_DIST += tests/corpus/run.sh tests/corpus/find.sh tests/corpus/expected-differences \
	tests/corpus/sharing.sh tests/corpus/sharing.py \
	tests/corpus/to-spec.sh tests/corpus/to_spec.py tests/corpus/builds.sh tests/corpus/graphs.sh

# The same Dockerfile written otherwise.
TESTS += tests/property/run.sh tests/property/format.sh
EXTRA_DIST += tests/property/run.sh tests/property/format.sh tests/property/rewrite.py

# A spec as a Dockerfile.
TESTS += tests/property/spec-to-dockerfile.sh
EXTRA_DIST += tests/property/spec-to-dockerfile.sh tests/property/spec_to_dockerfile.py

# Fuzz targets: replayed on their seeds, or linked with libFuzzer by `make fuzz`, which needs clang.
FUZZ_TARGETS = ir spec dockerfile format
FUZZ_COMMON = tests/fuzz/fuzz.h tests/fuzz/property.c
check_PROGRAMS += tests/fuzz/replay_ir tests/fuzz/replay_spec tests/fuzz/replay_dockerfile \
	tests/fuzz/replay_format
tests_fuzz_replay_ir_SOURCES = tests/fuzz/fuzz_ir.c tests/fuzz/replay.c $(FUZZ_COMMON)
tests_fuzz_replay_spec_SOURCES = tests/fuzz/fuzz_spec.c tests/fuzz/replay.c $(FUZZ_COMMON)
tests_fuzz_replay_dockerfile_SOURCES = \
	tests/fuzz/fuzz_dockerfile.c tests/fuzz/replay.c $(FUZZ_COMMON)
tests_fuzz_replay_format_SOURCES = tests/fuzz/fuzz_format.c tests/fuzz/replay.c $(FUZZ_COMMON)
TESTS += tests/fuzz/run.sh
EXTRA_DIST += tests/fuzz/run.sh tests/fuzz/seeds \
	tests/fuzz/ir.dict tests/fuzz/spec.dict tests/fuzz/dockerfile.dict \
	tests/fuzz/format.dict

FUZZ_CC = clang
FUZZ_SECONDS = 60
FUZZ_FLAGS = -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
FUZZED_FILES = tests/fuzz/property.c $(filter %.c,$(libbase_a_SOURCES) $(libir_a_SOURCES) \
	$(libfrontend_a_SOURCES))
fuzz: $(FUZZED_FILES) | $(BUILT_SOURCES)
	$(MKDIR_P) tests/fuzz
	for target in $(FUZZ_TARGETS); do \
	    $(FUZZ_CC) -DHAVE_CONFIG_H $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(FUZZ_FLAGS) \
	        -o tests/fuzz/fuzz-$$target $(top_srcdir)/tests/fuzz/fuzz_$$target.c \
	        $^ \
	        $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_LIBS) $(CRYPTO_LIBS) || exit 1; \
	done
	$(SHELL) $(top_srcdir)/tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)
.PHONY: fuzz

# Many programs on one store, killed at random: a few seconds in every check, two minutes in
# run-tests, and as long as somebody likes by hand.
TESTS += tests/torture/run.sh
EXTRA_DIST += tests/torture/run.sh tests/torture/torture.py tests/torture/runs.py \
	tests/torture/graphs.py tests/torture/audit.py

TORTURE_SECONDS = 60
torture: all
	TORTURE_SECONDS=$(TORTURE_SECONDS) $(SHELL) $(top_srcdir)/tests/torture/run.sh
.PHONY: torture

# What fails below obkit: system calls, disks.
check_PROGRAMS += tests/fault/inject
tests_fault_inject_LDADD = $(SECCOMP_LIBS)
FAULT_TESTS = \
	tests/fault/disk-error.sh \
	tests/fault/disk-full.sh \
	tests/fault/limits.sh \
	tests/fault/syscalls.sh
TESTS += $(FAULT_TESTS)
EXTRA_DIST += $(FAULT_TESTS) tests/fault/disk.sh tests/fault/syscalls.py

# The sources as a whole: who includes what, that headers stand alone, that manuals are complete.
SHAPE_TESTS = \
	tests/shape/completions.sh \
	tests/shape/forbidden.sh \
	tests/shape/format.sh \
	tests/shape/headers.sh \
	tests/shape/layering.sh \
	tests/shape/manpages.sh \
	tests/shape/opposites.sh \
	tests/shape/shell.sh
TESTS += $(SHAPE_TESTS)
EXTRA_DIST += $(SHAPE_TESTS) tests/opposites

check-unit: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(UNIT_TESTS)"
.PHONY: check-unit

EXTRA_DIST += tests/bench/run.sh tests/bench/many_results.py
