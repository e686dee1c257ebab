#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the passes leave of a graph builds the same. Each folder in cases/ is a graph, as
# Dockerfiles, a spec or steps.json (see ../e2e/ir.py); `explain` has what the passes say of it at
# -O1 and -O2, and how the build ends. All have one context and one base, see world.sh.
# cases.sh --update writes `explain`.
. "$(dirname "$0")/../e2e/functions.sh"
requires root busybox python3
update=check
case ${1-} in
--update) update=update ;;
esac
scratch "$@"
make_base
here=$top_src/tests/passes
context=$tmp/context
# shellcheck source=world.sh
. "$here/world.sh"

subject "the cases"
python3 -B "$here/differ.py" "$tmp/base" "$context" "$tmp/stores" "$update" "$here"/cases/*
