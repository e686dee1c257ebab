noinst_LIBRARIES += libbackends.a
libbackends_a_SOURCES = \
	backends/backends.h \
	backends/dir_store.c backends/dir_store.h \
	backends/overlay_mount.c backends/overlay_mount.h \
	backends/store_copy.c \
	backends/store_fail.c backends/store_fail.h \
	backends/store_overlayfs.c \
	backends/store_trace.c backends/store_trace.h \
	backends/tree_copy.c backends/tree_copy.h
	backends/native.h backends/native_sys.h \
	backends/native_caps.c \
	backends/native_exec.c \
	backends/native_init.c \
	backends/native_mounts.c \
	backends/native_seccomp.c \
	backends/native_target.c \
	backends/sandbox_native.c
