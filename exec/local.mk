noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	exec/bases.c exec/bases.h exec/bases_json.c \
	exec/build.c exec/build.h \
	exec/cache.c exec/cache.h \
	exec/cache_copy.c exec/cache_copy.h \
	exec/cache_dir.c exec/cache_dir.h \
	exec/cache_room.c exec/cache_room.h \
	exec/cache_tar.c exec/cache_tar.h \
	exec/content.c exec/content.h \
	exec/context.c exec/context.h \
	exec/copy.c exec/copy.h \
	exec/digests.c exec/digests.h \
	exec/do_add.c \
	exec/do_cache.c \
	exec/do_copy.c \
	exec/do_file.c \
	exec/do_run.c \
	exec/durable.c exec/durable.h exec/durable_recover.c \
	exec/do_ssh.c \
	exec/event.h \
	exec/failure.c exec/failure.h \
	exec/fetch.c exec/fetch.h \
	exec/front.c exec/front.h \
	exec/heading.c exec/heading.h \
	exec/image.c exec/image.h \
	exec/isolate.c exec/isolate.h \
	exec/index.c exec/index.h exec/index_db.c exec/index_db.h \
	exec/key.c exec/key.h \
	exec/kit.c exec/kit.h \
	exec/layer_blob.c exec/layer_blob.h \
	exec/layer_diff.c exec/layer_diff.h \
	exec/layer_file.c exec/layer_file.h \
	exec/layer_tar.c exec/layer_tar.h \
	exec/layout.c exec/layout.h \
	exec/look.c exec/look.h \
	exec/manifest.c exec/manifest.h \
	exec/open.c exec/open.h \
	exec/output.c exec/output.h \
	exec/output_config.c exec/output_config.h \
	exec/output_file.c exec/output_file.h \
	exec/output_image.c exec/output_image.h \
	exec/output_layers.c exec/output_layers.h \
	exec/output_layout.c \
	exec/output_local.c \
	exec/output_name.c exec/output_name.h \
	exec/progress.c exec/progress_json.c exec/progress_plain.c exec/progress_quiet.c \
	exec/progress_tty.c \
	exec/progress_text.c exec/progress_text.h \
	exec/prune.c exec/prune.h exec/prune_build.c \
	exec/ready.c exec/ready.h \
	exec/record.c exec/record.h \
	exec/reindex.c exec/reindex.h \
	exec/results.c exec/results.h \
	exec/run_cancel.c exec/run_cancel.h \
	exec/run_cfg.c exec/run_cfg.h \
	exec/sandbox.c exec/sandbox.h \
	exec/job.c \
	exec/sched.c exec/sched.h exec/sched_cancel.c exec/sched_end.c \
	exec/screen.c exec/screen.h \
	exec/secret.c exec/secret.h \
	exec/ssh_relay.c exec/ssh_relay.h \
	exec/source.c exec/source.h \
	exec/step_cfg.h \
	exec/shell.c exec/shell.h \
	exec/step_log.c exec/step_log.h \
	exec/store.c exec/store.h \
	exec/tail.c exec/tail.h \
	exec/trace.c exec/trace.h \
	exec/uses.c exec/uses.h \
	exec/user.c exec/user.h \
	exec/why.c exec/why.h \
	exec/why_files.c exec/why_files.h \
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
