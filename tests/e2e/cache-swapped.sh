#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step exchanges a file of its cache and a device while the cache is exported.
. "$(dirname "$0")/functions.sh"
requires root static python3
scratch

# Exports the cache again and again, until some files were in an archive, and some were found to have
# changed.
export_often()
{
    python3 - "$store" <<'PYTHON'
import io, subprocess, sys, tarfile, time
whole, changed, end = 0, 0, time.time() + 60
while (whole < 20 or changed < 20) and time.time() < end:
    p = subprocess.run(["obexec", "cache", "export", "swapped", "-", "--store=" + sys.argv[1]],
                       capture_output=True)
    if p.returncode != 0:
        assert b"it changed while it was exported" in p.stderr, p.stderr
        changed += 1
        continue
    with tarfile.open(fileobj=io.BytesIO(p.stdout)) as t:
        texts = {t.extractfile(m).read() for m in t if m.isreg()}
    assert texts <= {b"x" * 4096}, "there is something else in the archive"
    whole += len(texts)
print(whole, "files", changed, "changed")
sys.exit(whole == 0 or changed == 0)
PYTHON
}

# If something fails; else it has ended.
end_swapping()
{
    kill %1 2>/dev/null || true
    wait
}

cp tests/e2e/swap "$tmp/context/swap"
printf 'FROM scratch\nCOPY swap /swap\nRUN --mount=type=cache,id=swapped,target=/c ["/swap", "/c"]\n' |
    dockerfile

subject "no archive of a cache holds what a device gives"
mkdir "$tmp/base"
start_build Dockerfile
expect_soon 20 has_printed Dockerfile '\| swapping'
cleanup_fn end_swapping
export_often || fail "an export went wrong"
find "$tmp/store/state/cache" -mindepth 2 -maxdepth 2 -name 0 -exec touch {}/stop \;
wait "$pid" || fail "the build failed"
