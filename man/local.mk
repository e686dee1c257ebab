dist_man_MANS += man/obkit-spec.5
