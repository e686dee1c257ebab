/* SPDX-License-Identifier: Apache-2.0 */
/* What a stage says replaces what its base says, member by member as docker does it; triggers are
 * not inherited, as they have run. */
#include <config.h>

#include "exec/output_config.h"

#include "exec/image.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

struct make {
    const struct output_source *s;
    struct arena *arena;
    struct image_info base;
    const struct op_from *from; /* NULL above scratch */
    struct base_config late;    /* what late values are evaluated against */
    json_t *root, *config;
    struct ob_err *err;
};

/* Times. */

static struct str time_text(struct arena *a, int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    if (!gmtime_r(&t, &tm))
        return STR("1970-01-01T00:00:00Z");
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* When a step's result was made: its log is as old. So an image of cached results is the same
 * image every time. */
static struct str step_time(const struct make *m, uint32_t step)
{
    char key[SHA256_HEX + 1];
    struct stat st;
    if (m->s->has_epoch)
        return time_text(m->arena, m->s->epoch);
    digest_hex(&m->s->b->step_keys[step], key);
    bool has_log = fstatat(m->s->b->layout.log, key, &st, AT_SYMLINK_NOFOLLOW) == 0;
    return time_text(m->arena, has_log ? st.st_mtime : time(NULL));
}

/* JSON. */

static json_t *string(struct str s)
{
    return json_stringn(s.n ? s.p : "", s.n);
}

static int set(struct make *m, json_t *object, struct str key, json_t *value)
{
    if (value && json_object_set_new(object, arena_cstr(m->arena, key), value) == 0)
        return 0;
    return ob_err_set(m->err, 0, "the image's \"" STR_FMT "\" is not UTF-8", STR_ARG(key));
}

static int set_str(struct make *m, json_t *object, const char *key, struct str value)
{
    return set(m, object, str_from(key), string(value));
}

static json_t *list_of(const struct str_vec *v)
{
    json_t *list = json_array();
    vec_for (const struct str, s, v)
        if (json_array_append_new(list, string(*s)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* An empty list is as none. */
static int set_list(struct make *m, const char *key, const struct str_vec *v)
{
    if (v->n)
        return set(m, m->config, str_from(key), list_of(v));
    json_object_del(m->config, key);
    return 0;
}

static int value_of(struct make *m, const char *what, struct text t, struct str *out)
{
    if (text_value(m->arena, t, &m->late, out, m->err) < 0)
        return ob_err_wrap(m->err, "the image's %s", what);
    return 0;
}

/* The member of the configuration that is an object, made if it is not there, or null. */
static json_t *open_object(struct make *m, const char *key)
{
    json_t *o = json_object_get(m->config, key);
    if (!json_is_object(o))
        json_object_set_new(m->config, key, o = json_object());
    return o;
}

/* Members. */

static void set_var(struct make *m, struct str_vec *env, struct str name, struct str value)
{
    struct str entry = arena_printf(m->arena, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
    vec_for (struct str, e, env) {
        struct str old, unused;
        str_cut(*e, '=', &old, &unused);
        if (str_eq(old, name)) {
            *e = entry;
            return;
        }
    }
    vec_push(m->arena, env, entry);
}

static bool has_path(const struct str_vec *env)
{
    vec_for (const struct str, e, env)
        if (str_starts(*e, STR("PATH=")))
            return true;
    return false;
}

static int add_env(struct make *m)
{
    struct str_vec env = {0};
    vec_for (const struct str, e, &m->base.env)
        vec_push(m->arena, &env, *e);
    if (!has_path(&env))
        set_var(m, &env, STR("PATH"), TEXT_DEFAULT_PATH);
    vec_for (const struct name_value, e, &m->s->config->env) {
        struct str value;
        if (value_of(m, "environment", e->value, &value) < 0)
            return -1;
        set_var(m, &env, e->name, value);
    }
    return set_list(m, "Env", &env);
}

static int add_text(struct make *m, const char *key, struct text t)
{
    struct str value;
    if (t.n == 0)
        return 0;
    return value_of(m, key, t, &value) < 0 ? -1 : set_str(m, m->config, key, value);
}

static void add_shell(struct make *m, const struct command *c, struct str_vec *argv)
{
    const struct str_vec *shell = c->shell_kind == SHELL_LIST ? &c->shell : &m->base.shell;
    vec_for (const struct str, s, shell)
        vec_push(m->arena, argv, *s);
    if (shell->n == 0) {
        vec_push(m->arena, argv, STR("/bin/sh"));
        vec_push(m->arena, argv, STR("-c"));
    }
    vec_push(m->arena, argv, c->line);
}

static int add_command(struct make *m, const char *key, const struct command *c)
{
    struct str_vec argv = {0};
    if (c->form == COMMAND_NONE)
        return 0;
    if (c->form == COMMAND_ARGV)
        return set_list(m, key, &c->argv);
    add_shell(m, c, &argv);
    return set_list(m, key, &argv);
}

static int add_commands(struct make *m)
{
    const struct image_config *c = m->s->config;
    if (c->reset_cmd)
        json_object_del(m->config, "Cmd");
    if (add_command(m, "Entrypoint", &c->entrypoint) < 0 || add_command(m, "Cmd", &c->cmd) < 0)
        return -1;
    return c->shell.n ? set_list(m, "Shell", &c->shell) : 0;
}

static int add_labels(struct make *m)
{
    vec_for (const struct name_value, l, &m->s->config->labels) {
        struct str value;
        if (value_of(m, "label", l->value, &value) < 0 ||
            set(m, open_object(m, "Labels"), l->name, string(value)) < 0)
            return -1;
    }
    return 0;
}

/* Sets are objects whose values say nothing. */
static int add_set(struct make *m, const char *key, const struct text_vec *v)
{
    vec_for (const struct text, t, v) {
        struct str value;
        if (value_of(m, key, *t, &value) < 0 ||
            set(m, open_object(m, key), value, json_object()) < 0)
            return -1;
    }
    return 0;
}

static int set_number(struct make *m, json_t *object, const char *key, int64_t v)
{
    return v ? set(m, object, str_from(key), json_integer(v)) : 0;
}

static json_t *health_test(struct make *m, const struct healthcheck *h)
{
    struct str_vec test = {0};
    if (h->is_none) {
        vec_push(m->arena, &test, STR("NONE"));
    } else if (h->test.form == COMMAND_SHELL) {
        vec_push(m->arena, &test, STR("CMD-SHELL"));
        vec_push(m->arena, &test, h->test.line);
    } else {
        vec_push(m->arena, &test, STR("CMD"));
        vec_for (const struct str, s, &h->test.argv)
            vec_push(m->arena, &test, *s);
    }
    return list_of(&test);
}

static int add_healthcheck(struct make *m)
{
    const struct healthcheck *h = &m->s->config->healthcheck;
    json_t *o = json_object();
    if (!h->is_set) {
        json_decref(o);
        return 0;
    }
    if (set(m, m->config, STR("Healthcheck"), o) < 0)
        return -1;
    return set(m, o, STR("Test"), health_test(m, h)) < 0 ||
                   set_number(m, o, "Interval", h->interval_ns) < 0 ||
                   set_number(m, o, "Timeout", h->timeout_ns) < 0 ||
                   set_number(m, o, "StartPeriod", h->start_period_ns) < 0 ||
                   set_number(m, o, "StartInterval", h->start_interval_ns) < 0 ||
                   set_number(m, o, "Retries", h->retries) < 0
               ? -1
               : 0;
}

static int add_config(struct make *m)
{
    const struct image_config *c = m->s->config;
    if (add_env(m) < 0 || add_text(m, "User", c->user) < 0 ||
        add_text(m, "WorkingDir", c->workdir) < 0 || add_commands(m) < 0 || add_labels(m) < 0 ||
        add_set(m, "ExposedPorts", &c->expose) < 0 || add_set(m, "Volumes", &c->volumes) < 0 ||
        add_text(m, "StopSignal", c->stop_signal) < 0 || add_healthcheck(m) < 0)
        return -1;
    return set_list(m, "OnBuild", &c->onbuild);
}

/* The rest of the document. */

static struct str member_str(struct make *m, const char *key)
{
    const json_t *s = json_object_get(m->root, key);
    struct str text = str_of(json_string_value(s), json_string_length(s));
    return json_is_string(s) ? arena_str(m->arena, text) : STR("");
}

/* An image that does not say what it is for is for what was asked for. */
static int add_platform(struct make *m, struct image_document *out)
{
    if (member_str(m, "architecture").n == 0) {
        struct str platform = m->from ? m->from->platform : STR("");
        if (kit_platform(platform, &out->os, &out->arch, &out->variant, m->err) < 0 ||
            set_str(m, m->root, "os", out->os) < 0 ||
            set_str(m, m->root, "architecture", out->arch) < 0 ||
            (out->variant.n && set_str(m, m->root, "variant", out->variant) < 0))
            return -1;
    }
    out->os = member_str(m, "os");
    out->arch = member_str(m, "architecture");
    out->variant = member_str(m, "variant");
    return 0;
}

static int add_layers(struct make *m, const struct image_layers *layers)
{
    json_t *rootfs = json_object(), *ids = json_array();
    vec_for (const struct image_layer, l, layers) {
        char id[sizeof "sha256:" + SHA256_HEX] = "sha256:";
        digest_hex(&l->blob.diff_id, id + strlen(id));
        if (!l->is_empty)
            json_array_append_new(ids, json_string(id));
    }
    json_object_set_new(rootfs, "type", json_string("layers"));
    json_object_set_new(rootfs, "diff_ids", ids);
    return set(m, m->root, STR("rootfs"), rootfs);
}

static int add_history(struct make *m, const struct image_layers *layers)
{
    json_t *history = json_array();
    if (set(m, m->root, STR("history"), history) < 0)
        return -1;
    vec_for (const struct image_layer, l, layers) {
        const struct step *step = &m->s->b->plan->steps.at[l->step];
        json_t *o = json_object();
        if (step->kind == STEP_SCRATCH && l->is_empty) {
            json_decref(o);
            continue;
        }
        json_array_append_new(history, o);
        if (set_str(m, o, "created", step_time(m, l->step)) < 0 ||
            set_str(m, o, "created_by", step->meta.heading) < 0 ||
            (l->is_empty && set(m, o, STR("empty_layer"), json_true()) < 0))
            return -1;
    }
    return 0;
}

static int make_document(struct make *m, const struct image_layers *layers,
                         struct image_document *out)
{
    struct str author = m->s->config->author;
    out->created = step_time(m, m->s->target->step);
    if (add_config(m) < 0 || add_platform(m, out) < 0 || add_layers(m, layers) < 0 ||
        add_history(m, layers) < 0 || (author.n && set_str(m, m->root, "author", author) < 0))
        return -1;
    return set_str(m, m->root, "created", out->created);
}

/* Of the image that the chain begins with. */
static int load_base(struct make *m, uint32_t first)
{
    const struct build *b = m->s->b;
    const struct step *step = &b->plan->steps.at[first];
    if (step->kind != STEP_FROM)
        return 0;
    m->from = &step->op.from;
    int rc = image_load(&b->layout, &b->step_keys[first], m->arena, &m->base, m->err);
    if (rc == 0)
        return ob_err_set(m->err, 0, "the configuration of image \"" STR_FMT "\" is gone",
                          STR_ARG(m->from->image));
    return rc < 0 ? -1 : 0;
}

/* What the base says, as far as it says anything. */
static void begin_document(struct make *m)
{
    json_error_t unused;
    m->root = json_loadb(m->base.inherited.n ? m->base.inherited.p : "{}",
                         m->base.inherited.n ? m->base.inherited.n : 2, 0, &unused);
    if (!json_is_object(m->root)) {
        json_decref(m->root);
        m->root = json_object();
    }
    m->config = json_object_get(m->root, "config");
    if (!json_is_object(m->config))
        json_object_set_new(m->root, "config", m->config = json_object());
}

int output_config_make(const struct output_source *s, struct arena *a,
                       const struct image_layers *layers, struct image_document *out,
                       struct ob_err *err)
{
    struct make m = {.s = s, .arena = a, .err = err};
    *out = (struct image_document){0};
    if (load_base(&m, layers->at[0].step) < 0)
        return -1;
    m.late = image_base_config(&m.base);
    begin_document(&m);
    int rc = make_document(&m, layers, out);
    if (rc == 0) {
        char *text = json_dumps(m.root, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
            ob_out_of_memory();
        out->text = arena_str(a, str_from(text));
        free(text);
    }
    json_decref(m.root);
    return rc;
}
