noinst_LIBRARIES += libbackends.a
libbackends_a_SOURCES = \
	backends/backends.h \
	backends/blob.c backends/blob.h \
	backends/dir_store.c backends/dir_store.h \
	backends/fetch_dir.c \
	backends/fetch_docker_archive.c \
	backends/fetch_oci.c \
	backends/fetch_tar.c \
	backends/image_config.c backends/image_config.h \
	backends/image_ref.c backends/image_ref.h \
	backends/json_read.c backends/json_read.h \
	backends/libarchive_read.c backends/libarchive_read.h \
	backends/native.h backends/native_sys.h \
	backends/native_borrow.c \
	backends/native_caps.c \
	backends/native_cgroup.c backends/native_cgroup.h \
	backends/native_devices.c \
	backends/native_exec.c \
	backends/native_init.c \
	backends/native_mounts.c \
	backends/native_net.c backends/native_net.h \
	backends/native_scope.c \
	backends/native_seccomp.c \
	backends/native_seal.c \
	backends/native_target.c \
	backends/oci_choose.c backends/oci_choose.h \
	backends/oci_layout.c backends/oci_layout.h \
	backends/overlay_mount.c backends/overlay_mount.h \
	backends/platform.c backends/platform.h \
	backends/sandbox_native.c \
	backends/store_copy.c \
	backends/store_fail.c backends/store_fail.h \
	backends/store_overlayfs.c \
	backends/store_trace.c backends/store_trace.h \
	backends/tar_index.c backends/tar_index.h \
	backends/tree_copy.c backends/tree_copy.h backends/tree_size.c backends/tree_size.h \
	backends/unpack.c backends/unpack.h \
	backends/unpack_tree.c backends/unpack_tree.h
