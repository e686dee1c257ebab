noinst_LIBRARIES += libir.a
libir_a_SOURCES = \
	ir/plan.c ir/plan.h \
	ir/text.c ir/text.h
