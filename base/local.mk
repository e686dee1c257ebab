noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/buf.c base/buf.h \
	base/cleanup.h \
	base/cli.c base/cli.h \
	base/clock.c base/clock.h \
	base/diag.c base/diag.h \
	base/diag_json.c base/diag_json.h \
	base/diag_print.c base/diag_print.h \
	base/diff.c base/diff.h \
	base/diag_sort.c base/diag_sort.h \
	base/err.c base/err.h \
	base/fs.c base/fs.h base/fs_copy.c base/fs_remove.c \
	base/intern.c base/intern.h \
	base/json.c base/json.h \
	base/json_tree.c base/json_tree.h \
	base/log.c base/log.h \
	base/map.c base/map.h \
	base/mode.c base/mode.h \
	base/owner.c base/owner.h \
	base/parallel.c base/parallel.h \
	base/passwd.c base/passwd.h \
	base/path.c base/path.h \
	base/pattern.c base/pattern.h \
	base/quantity.c base/quantity.h \
	base/remote.c base/remote.h \
	base/sha256.c base/sha256.h \
	base/source.c base/source.h \
	base/spawn.c base/spawn.h \
	base/str.c base/str.h \
	base/suggest.c base/suggest.h \
	base/terminal.c base/terminal.h \
	base/userns.c base/userns.h \
	base/userns_ids.c base/userns_ids.h \
	base/vec.c base/vec.h \
	base/xattr.c base/xattr.h
