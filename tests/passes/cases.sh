#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the passes leave of a graph builds the same. Each folder in cases/ is a graph, as Dockerfiles,
# a spec or steps.json (see ../e2e/ir.py), with what the passes say of it at -O1 and -O2 in `explain`.
# All cases have one context and one base, which are made here. cases.sh --update writes `explain`.
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
python3 "$here/differ.py" "$tmp/base" "$context" "$tmp/stores" "$update" "$here"/cases/*
