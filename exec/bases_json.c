/* SPDX-License-Identifier: Apache-2.0 */
/* The base images of a plan as JSON, for spec2ir --pin. */
#include <config.h>

#include "exec/bases.h"

#include "base/map.h"
#include "exec/image.h"
#include "exec/user.h"

static void write_file(struct json_out *j, const char *key, struct str text)
{
    if (text.n && str_is_utf8(text, NULL))
        json_key_str(j, key, text);
}

/* What names of users mean: only an image that is unpacked in the store can tell. */
static int write_users(struct build *b, struct json_out *j, const struct base_image *base,
                       struct ob_err *err)
{
    char key[SHA256_HEX + 1];
    struct str passwd, group;
    struct rootfs root = ROOTFS_INIT;
    digest_hex(&base->key, key);
    int rc = store_lookup(b->kit.store, key, &root, err);
    if (rc <= 0 || root.fd < 0)
        return rc;
    rc = user_file(b->arena, root.fd, "/etc/passwd", &passwd, err);
    rc = rc < 0 ? rc : user_file(b->arena, root.fd, "/etc/group", &group, err);
    rootfs_close(&root);
    if (rc < 0)
        return -1;
    write_file(j, "passwd", passwd);
    write_file(j, "group", group);
    return 0;
}

static int write_base(struct build *b, struct json_out *j, const struct op_from *op,
                      struct ob_err *err)
{
    struct base_image base;
    if (base_find(b, op, &base, err) < 0)
        return -1;
    json_newline(j);
    json_open(j, '{');
    json_key_str(j, "image", op->image);
    json_key_str(j, "platform", op->platform);
    image_describe(j, &base.info);
    if (write_users(b, j, &base, err) < 0)
        return -1;
    json_close(j, '}');
    return 0;
}

int bases_describe(struct build *b, struct buf *out, struct ob_err *err)
{
    struct json_out j = JSON_OUT_INIT(out);
    struct map seen = MAP_INIT(b->arena);
    json_open(&j, '{');
    json_key(&j, "bases");
    json_open(&j, '[');
    vec_for (struct step, s, &b->plan->steps) {
        if (s->kind != STEP_FROM)
            continue;
        void **slot = map_slot(&seen, str_of((const char *)s->op_digest.b, SHA256_BYTES));
        if (*slot)
            continue;
        *slot = s;
        if (write_base(b, &j, &s->op.from, err) < 0)
            return -1;
    }
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(out, '\n');
    return 0;
}
