noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	frontend/compile.c frontend/compile.h \
	frontend/language.c frontend/language.h

bin_PROGRAMS += spec2ir
spec2ir_SOURCES = frontend/spec2ir.c
spec2ir_LDADD = $(FRONTEND_LIBS)
