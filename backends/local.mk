noinst_LIBRARIES += libbackends.a
libbackends_a_SOURCES = \
	backends/backends.h \
	backends/blob.c backends/blob.h \
	backends/fetch_dir.c \
	backends/fetch_docker_archive.c \
	backends/fetch_oci.c \
	backends/fetch_tar.c \
	backends/image_config.c backends/image_config.h \
	backends/image_ref.c backends/image_ref.h \
	backends/json_read.c backends/json_read.h \
	backends/libarchive_read.c backends/libarchive_read.h \
	backends/oci_choose.c backends/oci_choose.h \
	backends/oci_layout.c backends/oci_layout.h \
	backends/platform.c backends/platform.h \
	backends/tar_index.c backends/tar_index.h \
	backends/unpack.c backends/unpack.h \
	backends/unpack_tree.c backends/unpack_tree.h
