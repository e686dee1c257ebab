noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	frontend/compile.c frontend/compile.h \
	frontend/sx_ast.h \
	frontend/sx_compile.c frontend/sx_compile.h \
	frontend/sx_dump.c \
	frontend/sx_field.c frontend/sx_field.h \
	frontend/sx_form.c frontend/sx_form.h \
	frontend/sx_lex.c frontend/sx_lex.h \
	frontend/sx_lower.c \
	frontend/sx_op.c frontend/sx_op.h \
	frontend/sx_parse.c frontend/sx_parse.h \
	frontend/sx_path.c frontend/sx_path.h \
	frontend/sx_print.c frontend/sx_print.h \
	frontend/sx_read.h \
	frontend/sx_scope.c

frontend/sx_parse.h: frontend/sx_parse.c
BUILT_SOURCES += frontend/sx_lex.c frontend/sx_parse.c frontend/sx_parse.h
MAINTAINERCLEANFILES += frontend/sx_lex.c frontend/sx_parse.c frontend/sx_parse.h
EXTRA_DIST += frontend/sx_lex.re frontend/sx_parse.y
