#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Secrets as Dockerfiles ask for them: optional, with mode and owner, in variables.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"
value=tresor-$RANDOM-$RANDOM
printf %s "$value" >secret
chmod 644 secret

# MOUNTS COMMAND
steps()
{
    cat <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"shell": "base", "mounts": [$1], "command": "$2"}}]
END
}

subject "mode and owner; the mount point is gone"
steps '{"type": "secret", "id": "a", "target": "/run/secrets/a"},
  {"type": "secret", "id": "a", "target": "/b", "mode": "0440", "uid": 7, "gid": 8}' \
    'stat -c %a:%u:%g /run/secrets/a /b; wc -c </b; touch /b 2>/dev/null || echo ro' >in
execute_ok --secret=id=a,src=secret <in
expect_output "$(printf '400:0:0\n440:7:8\n%s\nro' ${#value})"
expect_equal "bin etc root tmp var" "$(with_result "$id" ls | xargs)" "what is in the root"

subject "any name in /dev"
names='.new .0 .1'
mounts=
for name in $names; do
    mounts+="${mounts:+, }{\"type\": \"secret\", \"id\": \"a\", \"target\": \"/dev/$name\"}"
done
steps "$mounts, {\"type\": \"secret\", \"id\": \"a\", \"target\": \"/x\"}" \
    'cat /dev/.new /dev/.0 /dev/.1 /x | wc -c' >in
execute --secret=id=a,src=secret <in
expect_equal 0 "$status" "the exit status"
expect_output $((4 * ${#value}))

subject "in a variable, with and without a file"
steps '{"type": "secret", "id": "a", "target": "", "env": "TOKEN"},
  {"type": "secret", "id": "a", "target": "/f", "env": "OTHER"}' \
    '[ \"$TOKEN\" = \"$(cat /f)\" ] && [ \"$OTHER\" = \"$TOKEN\" ] && echo ${#TOKEN}; ls -d /run' >in
execute --secret=id=a,src=secret <in
expect_equal 1 "$status" "the exit status"
expect_in_stderr "\\| ${#value}\$"
expect_in_stderr '/run: No such file'

subject "nothing of it is anywhere"
! grep -rq "$value" store || fail "the secret is in the store"
! grep -q "$value" out err ir.json || fail "the secret was printed"

subject "one that is not given is an error only if it is required"
steps '{"type": "secret", "id": "b", "target": "/b", "env": "B"}' \
    'test ! -e /b && echo ${B-unset}' >in
execute_ok <in
expect_output unset
steps '{"type": "secret", "id": "b", "target": "/b", "required": true}' true >in
execute_fails 1 'the step needs secret "b": give --secret id=b,src=FILE' <in
steps '{"type": "secret", "id": "b", "target": "/b", "read_only": true}' true >in
execute_fails 1 'the step needs secret "b": give --secret id=b,src=FILE' <in

subject "a value that no variable can hold"
printf 'a\0b' >zero
steps '{"type": "secret", "id": "b", "target": "", "env": "B"}' true >in
execute --secret=id=b,src=zero <in
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'secret "b" holds a zero byte, so no variable can hold it'

subject "from a variable of obexec, by its name or by the id; an id alone can be a file too"
steps '{"type": "secret", "id": "T", "target": "/t", "mode": "0444"}, {"type": "secret", "id": "F", "target": "/f"},
  {"type": "secret", "id": "S", "target": "/s", "read_only": true}' \
    'cat /t /f /s; stat -c %a:%u /t /s' >in
printf ' file' >F
export T=of-id OTHER=' of-name' ALSO=' spec'
execute_ok --secret=id=T --secret=id=F --secret=id=S,env=ALSO <in
expect_output $'of-id file spec444:0\n400:0'
execute_ok --secret=id=T,env=OTHER --secret=id=F,src=F --secret=id=S,env=ALSO <in
expect_counts 2 0
unset OTHER
sed -i 's/cat/: ; cat/' in
execute --secret=id=T,env=OTHER --secret=id=F --secret=id=S,env=ALSO <in
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'secret "T": the variable "OTHER" is not set'
expect_not_in_stderr '^\['
expect_exit 2 obexec --secret=src=F x
expect_exit 2 obexec --secret=id=a,src=F,env=T x
expect_exit 2 obexec --secret=id=a,rebuild=maybe x

subject "another value builds again only if that is asked for; an old one finds its result"
value=$RANDOM-tresor-$RANDOM
steps '{"type": "secret", "id": "a", "target": "/a"}, {"type": "secret", "id": "T", "target": "/t"}' \
    'wc -c </a' >in
printf %s "$value" >secret
counting=--secret=id=a,src=secret,rebuild=yes
execute_ok --secret=id=a,src=secret <in
plain=$id
execute_ok $counting <in
expect_counts 1 1
counted=$id
expect_different "$plain" "$counted" "the result"
echo more >>secret
execute_ok --secret=id=a,src=secret <in
expect_equal "$plain" "$id" "the result"
execute_ok $counting <in
expect_counts 1 1
expect_different "$counted" "$id" "the result"
printf %s "$value" >secret
execute_ok $counting <in
expect_equal "$counted" "$id" "the result"

subject "one that the step does not use does not count"
execute_ok --secret=id=a,src=secret --secret=id=b,src=secret,rebuild=yes <in
expect_equal "$plain" "$id" "the result"

subject "what is kept of it tells nothing in another store"
! grep -rq "$value" store || fail "the secret is in the store"
expect_equal 600 "$(stat -c %a store/state/secret-key)" "the mode of the store's key"
rm store/state/secret-key
execute_ok $counting <in
expect_different "$counted" "$id" "the result"
