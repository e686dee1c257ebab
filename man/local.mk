dist_man_MANS += \
	man/obkit-spec.5 \
	man/obkit.1
