noinst_LIBRARIES += libbackends.a
libbackends_a_SOURCES = \
	backends/backends.h \
	backends/native.h backends/native_sys.h \
	backends/native_caps.c \
	backends/native_exec.c \
	backends/native_init.c \
	backends/native_mounts.c \
	backends/native_seccomp.c \
	backends/native_target.c \
	backends/sandbox_native.c
