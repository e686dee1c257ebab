dist_man_MANS += \
	man/obexec.1 \
	man/obkit-backend.7 \
	man/obkit-dockerfile.7 \
	man/obkit-ir.5 \
	man/obkit-spec.5 \
	man/obkit-translate.7 \
	man/obkit.1 \
	man/spec2ir.1 \
	man/specfmt.1
