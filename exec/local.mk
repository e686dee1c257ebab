noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	exec/fetch.c exec/fetch.h \
	exec/sandbox.h \
	exec/step_cfg.h \
	exec/store.h
