noinst_LIBRARIES += libir.a
libir_a_SOURCES = \
	ir/align.c ir/align.h \
	ir/anchor.c ir/anchor.h \
	ir/diff.c ir/diff.h ir/diff_files.c \
	ir/diff_op.c ir/diff_op.h \
	ir/field.c ir/field.h \
	ir/fold.c ir/fold.h \
	ir/identify.c ir/identify.h \
	ir/need.c ir/need.h \
	ir/pass.c ir/pass.h \
	ir/pass_drop_noops.c \
	ir/pass_explain.c \
	ir/pass_fold.c \
	ir/pass_merge_copies.c \
	ir/pass_reach.c \
	ir/pass_remap.c \
	ir/pass_share.c \
	ir/pass_stats.c ir/pass_stats.h \
	ir/plan.c ir/plan.h \
	ir/read.h ir/read_json.c \
	ir/read_value.c ir/read_value.h \
	ir/text.c ir/text.h \
	ir/text_pattern.c ir/text_pattern.h \
	ir/text_value.c \
	ir/verify.c ir/verify.h \
	ir/write.h ir/write_dot.c ir/write_json.c

# The format for other programs; see obkit-ir.5.
dist_pkgdata_DATA = ir/obkit-ir.schema.json
