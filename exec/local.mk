noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	exec/bases.c exec/bases.h exec/bases_json.c \
	exec/build.c exec/build.h \
	exec/content.c exec/content.h \
	exec/cache.c exec/cache.h \
	exec/cache_copy.c exec/cache_copy.h \
	exec/cache_dir.c exec/cache_dir.h \
	exec/cache_room.c exec/cache_room.h \
	exec/cache_tar.c exec/cache_tar.h \
	exec/context.c exec/context.h \
	exec/copy.c exec/copy.h \
	exec/digests.c exec/digests.h \
	exec/do_add.c \
	exec/do_cache.c \
	exec/do_file.c \
	exec/do_run.c \
	exec/durable.c exec/durable.h \
	exec/do_ssh.c \
	exec/event.h \
	exec/failure.c exec/failure.h \
	exec/fetch.c exec/fetch.h \
	exec/front.c exec/front.h \
	exec/image.c exec/image.h \
	exec/isolate.c exec/isolate.h \
	exec/index.c exec/index.h \
	exec/key.c exec/key.h \
	exec/kit.c exec/kit.h \
	exec/layout.c exec/layout.h \
	exec/look.c exec/look.h \
	exec/manifest.c exec/manifest.h \
	exec/open.c exec/open.h \
	exec/progress.c exec/progress_json.c exec/progress_plain.c \
	exec/ready.c exec/ready.h \
	exec/record.c exec/record.h \
	exec/reindex.c exec/reindex.h \
	exec/results.c exec/results.h \
	exec/run_cancel.c exec/run_cancel.h \
	exec/run_cfg.c exec/run_cfg.h \
	exec/sandbox.c exec/sandbox.h \
	exec/job.c \
	exec/sched.c exec/sched.h exec/sched_cancel.c exec/sched_end.c \
	exec/source.c exec/source.h \
	exec/secret.c exec/secret.h \
	exec/ssh_relay.c exec/ssh_relay.h \
	exec/step_cfg.h \
	exec/shell.c exec/shell.h \
	exec/store.c exec/store.h \
	exec/uses.c exec/uses.h \
	exec/user.c exec/user.h \
	exec/work.h exec/work_record.c \
	exec/worker.c exec/worker.h \
	exec/write_files.c exec/write_files.h

bin_PROGRAMS += obexec
obexec_SOURCES = exec/obexec.c exec/cmd.h \
	exec/cmd_cache.c \
	exec/cmd_healthcheck.c \
	exec/cmd_inspect.c \
	exec/cmd_log.c \
	exec/cmd_prune.c \
	exec/cmd_run.c \
	exec/cmd_shell.c \
	exec/cmd_store.c \
	exec/run_options.c exec/run_options.h \
	exec/store_cmd.c exec/store_cmd.h
obexec_LDADD = $(EXEC_LIBS)

bin_PROGRAMS += obkit
obkit_SOURCES = exec/obkit.c
obkit_LDADD = libbase.a $(CRYPTO_LIBS)
