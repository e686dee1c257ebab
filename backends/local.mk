noinst_LIBRARIES += libbackends.a
libbackends_a_SOURCES =
