noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	frontend/compile.c frontend/compile.h

# The Dockerfile front end.
libfrontend_a_SOURCES += \
	frontend/df_args.c \
	frontend/df_ast.c frontend/df_ast.h frontend/df_flag.def frontend/df_insn.def \
	frontend/df_config.c \
	frontend/df_directive.c \
	frontend/df_dump.c \
	frontend/df_env.c frontend/df_env.h \
	frontend/df_expand.c \
	frontend/df_flags.c \
	frontend/df_health.c \
	frontend/df_heredoc.c \
	frontend/df_image_lex.c \
	frontend/df_json.c \
	frontend/df_lex.c \
	frontend/df_line.c frontend/df_line.h \
	frontend/df_lower.c frontend/df_lower.h \
	frontend/df_parse.c frontend/df_parse.h \
	frontend/df_path.c \
	frontend/df_rules.c frontend/df_rules.h \
	frontend/df_scan.h \
	frontend/df_signal.c \
	frontend/df_stage.c \
	frontend/df_steps.c
EXTRA_DIST += frontend/df_image_lex.re frontend/df_lex.re frontend/df_word.re.inc frontend/df_parse.y
BUILT_SOURCES += frontend/df_image_lex.c frontend/df_lex.c frontend/df_parse.c
MAINTAINERCLEANFILES += frontend/df_image_lex.c frontend/df_lex.c frontend/df_parse.c \
	frontend/df_parse.h
frontend/df_lex.c: frontend/df_word.re.inc
frontend/df_parse.h: frontend/df_parse.c
