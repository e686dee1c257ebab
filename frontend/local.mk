noinst_LIBRARIES += libfrontend.a
libfrontend_a_SOURCES = \
	frontend/compile.c frontend/compile.h
