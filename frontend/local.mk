noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	frontend/compile.c frontend/compile.h \
	frontend/context.c frontend/context.h \
	frontend/format.c frontend/format.h \
	frontend/language.c frontend/language.h \
	frontend/names.c frontend/names.h \
	frontend/pin.c frontend/pin.h \
	frontend/platform.c frontend/platform.h \
	frontend/vars.c frontend/vars.h

# The front end of OBuilder specs.
libfrontend_a_SOURCES += \
	frontend/sx_ast.h \
	frontend/sx_compile.c frontend/sx_compile.h \
	frontend/sx_dump.c \
	frontend/sx_emit.c frontend/sx_emit.h \
	frontend/sx_field.c frontend/sx_field.h \
	frontend/sx_form.c frontend/sx_form.h \
	frontend/sx_format.c \
	frontend/sx_lex.c frontend/sx_lex.h \
	frontend/sx_lower.c \
	frontend/sx_node.c frontend/sx_node.h \
	frontend/sx_op.c frontend/sx_op.h \
	frontend/sx_parse.c frontend/sx_parse.h \
	frontend/sx_path.c frontend/sx_path.h \
	frontend/sx_print.c frontend/sx_print.h \
	frontend/sx_read.h \
	frontend/sx_scope.c
EXTRA_DIST += frontend/sx_lex.re frontend/sx_parse.y
BUILT_SOURCES += frontend/sx_lex.c frontend/sx_parse.c frontend/sx_parse.h
MAINTAINERCLEANFILES += frontend/sx_lex.c frontend/sx_parse.c frontend/sx_parse.h
frontend/sx_parse.h: frontend/sx_parse.c

# Specs as Dockerfiles.
libfrontend_a_SOURCES += \
	frontend/df_quote.c frontend/df_quote.h \
	frontend/sh_lines.c frontend/sh_lines.h \
	frontend/sx_loss.c frontend/sx_loss.h \
	frontend/sx_to_df.c frontend/sx_to_df.h \
	frontend/sx_to_df_check.c \
	frontend/sx_to_df_copy.c \
	frontend/sx_to_df_run.c \
	frontend/sx_to_df_stage.c \
	frontend/sx_to_df_windows.c \
	frontend/windows_image.c frontend/windows_image.h

# The Dockerfile front end.
libfrontend_a_SOURCES += \
	frontend/df_args.c \
	frontend/df_ast.c frontend/df_ast.h frontend/df_flag.def frontend/df_insn.def \
	frontend/df_check.c \
	frontend/df_config.c \
	frontend/df_copy.c \
	frontend/df_csv.c \
	frontend/df_device.c \
	frontend/df_directive.c \
	frontend/df_dump.c \
	frontend/df_epoch.c \
	frontend/df_expand.c \
	frontend/df_expose.c \
	frontend/df_flags.c \
	frontend/df_format.c \
	frontend/df_git.c frontend/df_git.h \
	frontend/df_health.c \
	frontend/df_heredoc.c \
	frontend/df_ignore.c \
	frontend/df_image_lex.c \
	frontend/df_json.c \
	frontend/df_letters.c frontend/df_letters.h \
	frontend/df_lex.c \
	frontend/df_line.c frontend/df_line.h \
	frontend/df_lower.c frontend/df_lower.h \
	frontend/df_mount.c \
	frontend/df_onbuild.c \
	frontend/df_parse.c frontend/df_parse.h \
	frontend/df_path.c \
	frontend/df_print.c frontend/df_print.h \
	frontend/df_rules.c frontend/df_rules.h \
	frontend/df_scan.h \
	frontend/df_same.c \
	frontend/df_signal.c \
	frontend/df_stage.c \
	frontend/df_steps.c \
	frontend/df_to_spec.c frontend/df_to_spec.h \
	frontend/df_to_spec_chain.c \
	frontend/df_to_spec_context.c \
	frontend/df_to_spec_copy.c \
	frontend/df_to_spec_dirs.c \
	frontend/df_to_spec_file.c \
	frontend/df_to_spec_helper.c \
	frontend/df_to_spec_loss.c \
	frontend/df_to_spec_mount.c \
	frontend/df_to_spec_run.c \
	frontend/df_to_spec_source.c \
	frontend/df_variable.c frontend/df_variable.h \
	frontend/df_windows.c
EXTRA_DIST += frontend/df_image_lex.re frontend/df_lex.re frontend/df_word.re.inc frontend/df_parse.y
BUILT_SOURCES += frontend/df_image_lex.c frontend/df_lex.c frontend/df_parse.c frontend/df_parse.h
MAINTAINERCLEANFILES += frontend/df_image_lex.c frontend/df_lex.c frontend/df_parse.c \
	frontend/df_parse.h
frontend/df_lex.c: frontend/df_word.re.inc
frontend/df_parse.h: frontend/df_parse.c

bin_PROGRAMS += spec2ir
spec2ir_SOURCES = frontend/spec2ir.c frontend/spec2ir_options.c frontend/spec2ir_options.h
spec2ir_LDADD = $(FRONTEND_LIBS)

bin_PROGRAMS += specfmt
specfmt_SOURCES = frontend/specfmt.c
specfmt_LDADD = $(FRONTEND_LIBS)
