# SPDX-License-Identifier: Apache-2.0
"""Makes a store of many results from one that has at least one, whose files they share by links:
many_results.py STORE NEW N. The index does not know them yet, as when it was lost."""
import hashlib
import os
import shutil
import sys

source, new, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
shutil.copytree(source, new, symlinks=True)
key = os.listdir(new + "/result")[0]
chain = "%s/result/%s/chain" % (new, key)
log = "%s/state/log/%s" % (new, key)
records = next(d for d in ("/state/record/", "/state/unsynced/") if os.path.exists(new + d + key))
with open(new + records + key) as f:
    record = f.read()
for i in range(n):
    name = hashlib.sha256(b"%d" % i).hexdigest()
    os.mkdir("%s/result/%s" % (new, name), 0o700)
    os.mkdir("%s/result/%s/fs" % (new, name))
    if os.path.exists(chain):
        os.link(chain, "%s/result/%s/chain" % (new, name))
    os.link(log, "%s/state/log/%s" % (new, name))
    with open(new + "/state/record/" + name, "w") as f:
        f.write(record.replace(key, name))
