# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For cases.sh and random.sh: adds to $tmp/base what a base image may have in the way of a step, and
# fills $context with files of every kind. Times are old, as differ.py knows by that which are new.
# shellcheck disable=SC2154 # they are set where this is read

base=$tmp/base
printf 'root:x:0:0:root:/root:/bin/sh\nme:x:70:71:Me:/:/bin/sh\n' >"$base/etc/passwd"
mkdir -p "$base/d/s" "$base/real"
echo base >"$base/d/a"
echo file >"$base/f"
ln -s d "$base/l"           # a link to a directory,
ln -s . "$base/d/loop"      # one to the directory that it is in,
ln -s nowhere "$base/gone"  # and one to nothing

mkdir -p "$context/d1/s" "$context/d2/a" "$context/d3" "$context/etc"
echo a >"$context/a"
echo b >"$context/b"
echo c >"$context/loop" # of the name of a link in the base
printf 'root:x:0:0:root:/root:/bin/sh\nme:x:80:81:Me:/:/bin/sh\n' >"$context/etc/passwd"
echo one >"$context/d1/a"
echo sub >"$context/d1/s/x"
echo two >"$context/d2/a/y"
echo both >"$context/d2/s"
echo other >"$context/d3/a"
ln -s ../f "$context/d3/s" # where d1 has a directory
ln "$context/d1/a" "$context/d1/same"
ln -s a "$context/link"
ln -s d1 "$context/dirlink"
mkfifo "$context/d1/pipe"
mknod "$context/d1/null" c 1 3
chmod 4755 "$context/a"
chmod 2750 "$context/d1/s"
chmod 600 "$context/b"
chown 5:6 "$context/d1" "$context/d1/a"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"kept")' "$context/a" ||
    echo "this tmpfs has no attributes of users: they are not compared"
find "$base" "$context" -exec touch -h -d @1000000 {} +
