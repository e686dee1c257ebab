/* SPDX-License-Identifier: Apache-2.0 */
/* Reading --output, and handing each to its type. The type tar, which needs no more than a list of
 * files, is here. */
#include <config.h>

#include "exec/output.h"

#include "base/cli.h"
#include "base/path.h"
#include "exec/output_file.h"
#include "exec/output_image.h"

#include <signal.h>
#include <unistd.h>

/* Parsing. */

static const char *const type_names[] = {
    [OUTPUT_LOCAL] = "local",
    [OUTPUT_TAR] = "tar",
    [OUTPUT_OCI] = "oci",
    [OUTPUT_DOCKER] = "docker",
};

enum { N_TYPES = sizeof type_names / sizeof type_names[0] };

struct parse {
    struct arena *arena;
    struct str text; /* the option's value */
    struct output o;
    bool has_type, has_dest, has_compression, has_tar;
    struct str dest;
    struct ob_err *err;
};

static int bad(struct parse *p, const char *what)
{
    return ob_err_set(p->err, 0, "--output \"" STR_FMT "\": %s", STR_ARG(p->text), what);
}

static int set_type(struct parse *p, struct str value)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (str_eq(value, str_from(type_names[i]))) {
            p->o.type = (enum output_type)i;
            p->has_type = true;
            return 0;
        }
    return bad(p, "the type must be local, tar, oci or docker");
}

static int set_dest(struct parse *p, struct str value)
{
    p->dest = value;
    p->has_dest = true;
    return value.n ? 0 : bad(p, "dest needs a path, or - for standard output");
}

static int set_compression(struct parse *p, struct str value)
{
    p->has_compression = true;
    return layer_compression_parse(value, &p->o.compression)
               ? 0
               : bad(p, "the compression must be gzip, zstd or uncompressed");
}

static int set_tar(struct parse *p, struct str value)
{
    p->has_tar = true;
    p->o.is_directory = str_eq(value, STR("false"));
    return p->o.is_directory || str_eq(value, STR("true")) ? 0
                                                           : bad(p, "tar must be true or false");
}

/* A name is given once, however often it is said. */
static void add_once(struct arena *a, struct image_names *names, const struct image_name *name)
{
    vec_for (const struct image_name, n, names)
        if (str_eq(n->full, name->full))
            return;
    vec_push(a, names, *name);
}

static int add_name(struct parse *p, struct str value)
{
    struct image_name name;
    if (image_name_parse(p->arena, value, &name, p->err) < 0)
        return ob_err_wrap(p->err, "--output");
    add_once(p->arena, &p->o.names, &name);
    return 0;
}

static const struct {
    const char *name;
    int (*set)(struct parse *p, struct str value);
} keys[] = {
    {"compression", set_compression},
    {"dest", set_dest},
    {"name", add_name},
    {"tar", set_tar},
    {"type", set_type},
};

static int parse_field(struct parse *p, struct str field)
{
    struct str key, value;
    if (!str_cut(field, '=', &key, &value))
        return bad(p, "it must be a list of KEY=VALUE, separated by commas, or a directory");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (str_eq(key, str_from(keys[i].name)))
            return keys[i].set(p, value);
    return ob_err_set(p->err, 0,
                      "--output has no key \"" STR_FMT
                      "\": there is type, dest, name, compression and tar",
                      STR_ARG(key));
}

/* Without "=" it is a directory, or - for an archive on standard output. */
static int parse_short(struct parse *p)
{
    bool is_stdout = str_eq(p->text, STR("-"));
    p->o.type = is_stdout ? OUTPUT_TAR : OUTPUT_LOCAL;
    p->has_type = true;
    return set_dest(p, p->text);
}

static int parse_fields(struct parse *p)
{
    struct str rest = p->text;
    if (str_find(p->text, '=') < 0)
        return parse_short(p);
    for (bool more = true; more;) {
        struct str field;
        more = str_cut(rest, ',', &field, &rest);
        if (parse_field(p, field) < 0)
            return -1;
    }
    return p->has_type ? 0 : bad(p, "it has no type: say type=local, tar, oci or docker");
}

static bool is_image(const struct output *o)
{
    return o->type == OUTPUT_OCI || o->type == OUTPUT_DOCKER;
}

/* What does not fit the type. */
static int check_fields(struct parse *p)
{
    if (p->o.type != OUTPUT_OCI && p->has_tar)
        return bad(p, "tar=true|false is for type=oci");
    if (!is_image(&p->o) && p->has_compression)
        return bad(p, "compression is for images: type=oci or docker");
    if (!is_image(&p->o) && p->o.names.n)
        return bad(p, "name is for images: type=oci or docker");
    bool is_stdout = !p->has_dest || str_eq(p->dest, STR("-"));
    if ((p->o.type == OUTPUT_LOCAL || p->o.is_directory) && is_stdout)
        return bad(p, "it needs dest=DIRECTORY");
    p->o.dest = is_stdout ? NULL : arena_cstr(p->arena, p->dest);
    if (is_stdout && isatty(STDOUT_FILENO))
        return bad(p, "standard output is a terminal: give dest=FILE");
    return 0;
}

/* What the plan's one target says of its image. */
static const struct image_config *config_of(const struct plan *plan)
{
    static const struct image_config none;
    const struct target *t = &plan->targets.at[0];
    return t->stage == NO_STEP ? &none : &plan->stages.at[t->stage].config;
}

/* What reads images takes years of four digits: more of a number is milliseconds by mistake. */
static int check_epoch(const struct plan *plan, struct ob_err *err)
{
    static const int64_t end_of_9999 = 253402300799;
    struct str epoch = config_of(plan)->epoch;
    int64_t seconds = 0;
    if (epoch.n == 0 || (epoch_seconds(epoch, &seconds) && seconds <= end_of_9999))
        return 0;
    if (seconds > end_of_9999)
        return ob_err_set(err, 0,
                          "SOURCE_DATE_EPOCH is \"" STR_FMT "\", after the year 9999: give seconds",
                          STR_ARG(epoch));
    return ob_err_set(err, 0,
                      "SOURCE_DATE_EPOCH is \"" STR_FMT "\", which this obexec can't find out: "
                      "give --output a graph with a number of seconds",
                      STR_ARG(epoch));
}

/* Also "./x/" and "x"; but what ".." comes to depends on links. */
static bool is_same_dest(struct arena *a, const char *x, const char *y)
{
    if (strcmp(x, y) == 0)
        return true;
    return (x[0] == '/') == (y[0] == '/') && !strstr(x, "..") && !strstr(y, "..") &&
           str_eq(path_clean(a, str_from(x)), path_clean(a, str_from(y)));
}

static int check_dests(struct arena *a, const struct outputs *list, struct ob_err *err)
{
    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < i; k++) {
            const char *dest = list->at[i].dest, *other = list->at[k].dest;
            if (!dest && !other)
                return ob_err_set(err, 0, "only one --output can be written to standard output");
            if (dest && other && is_same_dest(a, dest, other))
                return ob_err_set(err, 0, "--output: two are written to \"%s\"", dest);
        }
    return 0;
}

static int check_list(struct arena *a, const struct outputs *list,
                      const struct build_options *options, const struct plan *plan,
                      struct ob_err *err)
{
    unsigned n_images = 0;
    vec_for (const struct output, o, list)
        n_images += is_image(o);
    if (check_dests(a, list, err) < 0)
        return -1;
    if (list->n && plan->targets.n != 1)
        return ob_err_set(err, 0, "--output writes one target, but there are %u: give --target",
                          plan->targets.n);
    if (options->tags.n && n_images == 0)
        return ob_err_set(err, 0, "--tag names an image: give --output=type=oci or docker");
    if (options->squash && n_images == 0)
        return ob_err_set(err, 0, "--squash is for images: give --output=type=oci or docker");
    return list->n ? check_epoch(plan, err) : 0;
}

static int parse_one(struct arena *a, struct str text, const struct image_names *tags,
                     struct outputs *out, struct ob_err *err)
{
    struct parse p = {.arena = a, .text = text, .err = err};
    if (parse_fields(&p) < 0 || check_fields(&p) < 0)
        return -1;
    if (is_image(&p.o))
        vec_for (const struct image_name, n, tags)
            add_once(a, &p.o.names, n);
    vec_push(a, out, p.o);
    return 0;
}

int outputs_parse(struct arena *a, const struct build_options *options, const struct plan *plan,
                  struct outputs *out, struct ob_err *err)
{
    struct image_names tags = {0};
    *out = (struct outputs){0};
    vec_for (const struct str, tag, &options->tags) {
        struct image_name name;
        if (image_name_parse(a, *tag, &name, err) < 0)
            return ob_err_wrap(err, "--tag");
        vec_push(a, &tags, name);
    }
    vec_for (const struct str, text, &options->outputs)
        if (parse_one(a, *text, &tags, out, err) < 0)
            return -1;
    return check_list(a, out, options, plan, err);
}

bool outputs_take_stdout(const struct outputs *list)
{
    vec_for (const struct output, o, list)
        if (!o->dest)
            return true;
    return false;
}

static int cant_export(const struct output *o, struct ob_err *err)
{
    return ob_err_wrap(err, "can't export %s", type_names[o->type]);
}

/* Before the build. */

static int check_one(const struct output *o, struct ob_err *err)
{
    return o->type == OUTPUT_LOCAL || o->is_directory ? output_directory_check(o->dest, err)
                                                      : output_file_check(o->dest, err);
}

int outputs_check(const struct outputs *list, struct ob_err *err)
{
    vec_for (const struct output, o, list)
        if (check_one(o, err) < 0)
            return cant_export(o, err);
    return 0;
}

/* Writing. */

int output_open_step(const struct build *b, uint32_t step, struct rootfs *out, struct ob_err *err)
{
    char key[SHA256_HEX + 1];
    digest_hex(&b->step_keys[step], key);
    int rc = store_lookup(b->kit.store, key, out, err);
    if (rc == 0)
        return ob_err_set(err, 0, "the result %.12s is gone: somebody has removed it", key);
    if (rc > 0 && out->fd < 0) {
        rootfs_close(out);
        return ob_err_set(err, 0, "files of a store of this kind can't be read: use another");
    }
    return rc < 0 ? -1 : 0;
}

int output_list_files(const struct output_source *s, struct arena *a, const struct rootfs *root,
                      struct layer_entries *out, struct ob_err *err)
{
    const struct layer_trees trees = {
        .parent = -1,
        .child = root->fd,
        .upper = -1,
        .has_latest = s->has_epoch,
        .latest = s->epoch,
    };
    return layer_diff(a, &trees, out, err);
}

static int write_tar_to(const struct output_source *s, struct arena *a, struct output_file *f,
                        struct ob_err *err)
{
    struct rootfs root;
    struct layer_entries files = {0};
    const struct tar_sink sink = output_file_sink(f);
    if (output_open_step(s->b, s->target->step, &root, err) < 0)
        return -1;
    int rc = output_list_files(s, a, &root, &files, err);
    if (rc == 0)
        rc = layer_tar_write(root.fd, &files, &sink, err);
    rootfs_close(&root);
    return rc;
}

static int tar_write(const struct output_source *s, const struct output *o, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct output_file f;
    int rc = output_file_open(&f, o->dest, err);
    if (rc == 0)
        rc = write_tar_to(s, &a, &f, err);
    if (rc == 0)
        rc = output_file_commit(&f, err);
    output_file_close(&f);
    arena_free(&a);
    return rc;
}

static void note(struct build *b, const struct output *o)
{
    struct str text = arena_printf(b->arena, "exporting %s to %s", type_names[o->type],
                                   o->dest ? o->dest : "standard output");
    b->progress->event(b->progress, &(struct event){.kind = EVENT_NOTE, .text = text});
}

static int write_one(const struct output_source *s, const struct output *o, struct ob_err *err)
{
    note(s->b, o);
    switch (o->type) {
    case OUTPUT_LOCAL: return output_local_write(s, o, err);
    case OUTPUT_TAR: return tar_write(s, o, err);
    case OUTPUT_OCI:
    case OUTPUT_DOCKER: return output_image_write(s, o, err);
    }
    BUG("an output of type %d", (int)o->type);
}

static int write_all(struct build *b, const struct outputs *list, struct ob_err *err)
{
    struct output_source s = {.b = b, .target = &b->plan->targets.at[0]};
    s.config = config_of(b->plan);
    s.has_epoch = s.config->epoch.n > 0 && epoch_seconds(s.config->epoch, &s.epoch);
    vec_for (const struct output, o, list)
        if (write_one(&s, o, err) < 0)
            return cant_export(o, err);
    return 0;
}

/* A signal that has come ends the process when it may. */
int outputs_write(struct build *b, const struct outputs *list, struct ob_err *err)
{
    sigset_t ends, old;
    if (list->n == 0)
        return 0;
    cli_signals(&ends);
    sigprocmask(SIG_BLOCK, &ends, &old);
    int rc = write_all(b, list, err);
    struct ob_err interrupted;
    if (rc < 0 && output_check_signals(&interrupted) < 0)
        b->progress->event(
            b->progress, &(struct event){.kind = EVENT_ERROR, .text = str_from(interrupted.text)});
    sigprocmask(SIG_SETMASK, &old, NULL);
    return rc;
}
