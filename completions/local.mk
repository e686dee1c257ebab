# SPDX-License-Identifier: Apache-2.0
# Where each shell looks for what a package brings.
bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = \
	completions/obexec.bash \
	completions/obkit.bash \
	completions/spec2ir.bash \
	completions/specfmt.bash
zshcompdir = $(datadir)/zsh/site-functions
dist_zshcomp_DATA = completions/_obkit
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_fishcomp_DATA = \
	completions/obexec.fish \
	completions/obkit.fish \
	completions/spec2ir.fish \
	completions/specfmt.fish
