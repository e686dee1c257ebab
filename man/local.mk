dist_man_MANS += \
	man/obexec.1 \
	man/obkit-spec.5 \
	man/obkit.1 \
	man/spec2ir.1
