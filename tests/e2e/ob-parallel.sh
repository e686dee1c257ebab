#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that do not need each other run at the same time, -j at most.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
for n in 1 2 3 4; do
    printf 'FROM busybox AS s%d\nRUN echo %d >/n; sleep 0.3\n' $n $n
done >"$tmp/context/Dockerfile"
printf 'FROM busybox\n' >>"$tmp/context/Dockerfile"
for n in 1 2 3 4; do
    printf 'COPY --from=s%d /n /n%d\n' $n $n
done >>"$tmp/context/Dockerfile"

# How many RUN steps ran at once, at most.
most_at_once()
{
    python3 -c 'import json, sys
running, most = set(), 0
for e in map(json.loads, sys.stdin):
    if e["event"] == "start" and e["heading"].startswith("RUN"):
        running.add(e["step"])
    elif e["event"] == "done":
        running.discard(e["step"])
    most = max(most, len(running))
print(most)' <"$tmp/err"
}

subject "steps that need nothing of each other run at the same time"
build_ok --progress=json -j4
expect_equal 4 "$(most_at_once)" "how many ran at once"

subject "not more than -j says"
store=overlayfs:$tmp/other
build_ok --progress=json -j2
expect_equal 2 "$(most_at_once)" "how many ran at once"
