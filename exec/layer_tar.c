/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, pax records, contents. Holes are written as the zeros that they are: where a file has
 * holes depends on its filesystem. */
#include <config.h>

#include "exec/layer_tar.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { BLOCK = 512, CHUNK = 256 << 10 };

struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
    char type;
    char link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155];
    char unused[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is a block");

/* What a header of ustar can hold. */
enum { MAX_NAME = 100, MAX_ID = 07777777 };
#define MAX_NUMBER INT64_C(077777777777)

static void put_number(char *to, size_t room, uint64_t v)
{
    for (size_t i = room - 1; i-- > 0; v >>= 3)
        to[i] = (char)('0' + (v & 7));
    to[room - 1] = '\0';
}

static void put_name(char *to, struct str s)
{
    memcpy(to, s.n ? s.p : "", s.n < MAX_NAME ? s.n : MAX_NAME);
}

static void put_checksum(struct ustar *h)
{
    const unsigned char *p = (const unsigned char *)h;
    unsigned sum = 0;
    memset(h->checksum, ' ', sizeof h->checksum);
    for (size_t i = 0; i < BLOCK; i++)
        sum += p[i];
    put_number(h->checksum, 7, sum);
}

static char type_of(const struct layer_entry *e)
{
    if (e->hardlink.n)
        return '1';
    switch (e->mode & S_IFMT) {
    case S_IFLNK: return '2';
    case S_IFCHR: return '3';
    case S_IFBLK: return '4';
    case S_IFDIR: return '5';
    case S_IFIFO: return '6';
    default: return '0';
    }
}

static struct str target_of(const struct layer_entry *e)
{
    return e->hardlink.n ? e->hardlink : e->link;
}

static uint64_t size_of(const struct layer_entry *e)
{
    return e->hardlink.n ? 0 : e->size;
}

/* The number, or 0 if a pax record says it. */
static uint64_t fit(int64_t v, int64_t max)
{
    return v >= 0 && v <= max ? (uint64_t)v : 0;
}

static void fill_header(struct ustar *h, const struct layer_entry *e, struct str name)
{
    put_name(h->name, name);
    put_number(h->mode, sizeof h->mode, e->mode & 07777);
    put_number(h->uid, sizeof h->uid, fit(e->uid, MAX_ID));
    put_number(h->gid, sizeof h->gid, fit(e->gid, MAX_ID));
    put_number(h->size, sizeof h->size, fit((int64_t)size_of(e), MAX_NUMBER));
    put_number(h->mtime, sizeof h->mtime, fit(e->mtime, MAX_NUMBER));
    h->type = type_of(e);
    put_name(h->link, target_of(e));
    memcpy(h->magic, "ustar", 6);
    memcpy(h->version, "00", 2);
    put_number(h->major, sizeof h->major, major(e->rdev));
    put_number(h->minor, sizeof h->minor, minor(e->rdev));
    put_checksum(h);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits. */
static void add_record(struct buf *out, struct str key, struct str value)
{
    size_t rest = key.n + value.n + 3, length = rest + 1;
    char digits[24];
    while ((size_t)snprintf(digits, sizeof digits, "%zu", length) + rest != length)
        length++;
    buf_printf(out, "%s ", digits);
    buf_add_str(out, key);
    buf_putc(out, '=');
    buf_add_str(out, value);
    buf_putc(out, '\n');
}

static void add_number(struct buf *out, struct str key, int64_t v, int64_t max)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    if (v < 0 || v > max)
        add_record(out, key, str_from(text));
}

static void add_name(struct buf *out, struct str key, struct str name)
{
    if (name.n > MAX_NAME)
        add_record(out, key, name);
}

/* Names in pax records are UTF-8 unless this says otherwise; it must come first. */
static void add_charset(struct buf *out, struct str name, struct str link)
{
    if ((name.n > MAX_NAME && !str_is_utf8(name, NULL)) ||
        (link.n > MAX_NAME && !str_is_utf8(link, NULL)))
        add_record(out, STR("hdrcharset"), STR("BINARY"));
}

static void add_xattrs(struct buf *out, const struct layer_entry *e)
{
    cleanup_buf struct buf key = BUF_INIT;
    vec_for (const struct layer_xattr, x, &e->xattrs) {
        buf_clear(&key);
        buf_puts(&key, "SCHILY.xattr.");
        buf_add_str(&key, x->name);
        add_record(out, buf_str(&key), x->value);
    }
}

static int put(const struct tar_sink *to, const void *p, size_t n, struct ob_err *err)
{
    return to->write(to->arg, p, n, err);
}

static int put_pax(struct buf *records, const struct tar_sink *to, struct ob_err *err)
{
    struct ustar h = {0};
    const struct layer_entry e = {.mode = S_IFREG | 0644, .size = records->n};
    fill_header(&h, &e, STR("PaxHeaders"));
    h.type = 'x';
    put_checksum(&h);
    if (put(to, &h, sizeof h, err) < 0 || put(to, records->p, records->n, err) < 0)
        return -1;
    return tar_pad(records->n, to, err);
}

static int put_entry(const struct layer_entry *e, struct str name, const struct tar_sink *to,
                     struct ob_err *err)
{
    struct ustar h = {0};
    cleanup_buf struct buf records = BUF_INIT;
    add_charset(&records, name, target_of(e));
    add_name(&records, STR("path"), name);
    add_name(&records, STR("linkpath"), target_of(e));
    add_number(&records, STR("size"), (int64_t)size_of(e), MAX_NUMBER);
    add_number(&records, STR("uid"), e->uid, MAX_ID);
    add_number(&records, STR("gid"), e->gid, MAX_ID);
    add_number(&records, STR("mtime"), e->mtime, MAX_NUMBER);
    if (!e->hardlink.n)
        add_xattrs(&records, e);
    if (records.n && put_pax(&records, to, err) < 0)
        return -1;
    fill_header(&h, e, name);
    return put(to, &h, sizeof h, err);
}

int tar_header(const struct layer_entry *e, const struct tar_sink *to, struct ob_err *err)
{
    cleanup_buf struct buf name = BUF_INIT;
    buf_add_str(&name, e->path.n ? e->path : STR("."));
    if (S_ISDIR(e->mode))
        buf_putc(&name, '/');
    return put_entry(e, buf_str(&name), to, err);
}

int tar_pad(uint64_t size, const struct tar_sink *to, struct ob_err *err)
{
    static const char zeros[BLOCK];
    return size % BLOCK ? put(to, zeros, BLOCK - size % BLOCK, err) : 0;
}

int tar_end(const struct tar_sink *to, struct ob_err *err)
{
    static const char zeros[2 * BLOCK];
    return put(to, zeros, sizeof zeros, err);
}

int tar_content(int fd, uint64_t size, const struct tar_sink *to, struct ob_err *err)
{
    cleanup_free char *chunk = malloc(CHUNK);
    if (!chunk)
        ob_out_of_memory();
    for (uint64_t left = size; left > 0;) {
        ssize_t n = read(fd, chunk, left < CHUNK ? (size_t)left : CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? ob_err_set(err, errno, "read")
                         : ob_err_set(err, 0, "it ends %" PRIu64 " bytes too early", left);
        if (put(to, chunk, (size_t)n, err) < 0)
            return -1;
        left -= (uint64_t)n;
    }
    return tar_pad(size, to, err);
}

static int write_whiteout(const struct layer_entry *e, const struct tar_sink *to,
                          struct ob_err *err)
{
    const struct layer_entry file = {.mode = S_IFREG};
    cleanup_buf struct buf name = BUF_INIT;
    struct str base = path_base(e->path);
    buf_add(&name, e->path.p, e->path.n - base.n);
    buf_puts(&name, ".wh.");
    buf_add_str(&name, base);
    return put_entry(&file, buf_str(&name), to, err);
}

static int write_content(int root, const struct layer_entry *e, const struct tar_sink *to,
                         struct ob_err *err)
{
    cleanup_close int fd = layer_open(root, e, err);
    if (fd < 0 || tar_content(fd, e->size, to, err) < 0)
        return ob_err_wrap(err, "\"/" STR_FMT "\"", STR_ARG(e->path));
    return 0;
}

static int write_entry(int root, const struct layer_entry *e, const struct tar_sink *to,
                       struct ob_err *err)
{
    if (e->is_whiteout)
        return write_whiteout(e, to, err);
    if (tar_header(e, to, err) < 0)
        return -1;
    return S_ISREG(e->mode) && size_of(e) > 0 ? write_content(root, e, to, err) : 0;
}

int layer_tar_write(int root, const struct layer_entries *entries, const struct tar_sink *to,
                    struct ob_err *err)
{
    vec_for (const struct layer_entry *, e, entries)
        if (write_entry(root, *e, to, err) < 0)
            return -1;
    return tar_end(to, err);
}
