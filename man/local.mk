dist_man_MANS += man/obkit.1
