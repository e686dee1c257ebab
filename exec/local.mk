noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	exec/fetch.h \
	exec/sandbox.c exec/sandbox.h \
	exec/step_cfg.h \
	exec/store.h
