/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast Dockerfiles become trees, or with --format formatted text, and with --prove also how
 * fast that is proven to mean the same: reads all files first, then works on them one after the
 * other, each with an arena of its own, for about a second. Prints megabytes of source a second.
 *
 *     parse_speed [--format|--prove] FILE|DIR...
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "frontend/df_scan.h"
#include "frontend/format.h"

#include <err.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define SECONDS 1.0

struct texts {
    struct arena arena;
    struct str_vec list;
    size_t bytes;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_file(struct texts *t, int dir, const char *name)
{
    struct ob_err why;
    cleanup_buf struct buf text = BUF_INIT;
    if (fs_read_file_at(dir, name, &text, SOURCE_MAX_BYTES, &why) < 0)
        errx(3, "%s", why.text);
    vec_push(&t->arena, &t->list, arena_str(&t->arena, buf_str(&text)));
    t->bytes += text.n;
}

static void read_dir(struct texts *t, int dir)
{
    DIR *d = fs_opendir(dir);
    if (!d)
        err(3, "can't read a directory");
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            read_file(t, dir, e->d_name);
    closedir(d);
}

static void read_path(struct texts *t, const char *path)
{
    cleanup_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        read_dir(t, dir);
    else
        read_file(t, AT_FDCWD, path);
}

/* The number of instructions, so that nothing can be left out. */
static size_t parse(struct str text)
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct diag_sink diags = DIAG_SINK_INIT(&a);
    struct compile c = {.arena = &a, .sources = &sources, .diags = &diags};
    struct df_file file;
    df_parse_file(&c, source_add(&sources, STR("f"), text), &file);
    size_t n = file.insns.n;
    arena_free(&a);
    return n;
}

/* The bytes that come out. */
static size_t format(struct str text, bool prove)
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct diag_sink diags = DIAG_SINK_INIT(&a);
    const struct compile_options options = {0};
    struct compile c = {.arena = &a, .sources = &sources, .diags = &diags, .options = &options};
    struct buf out = BUF_INIT;
    uint32_t source = source_add(&sources, STR("f"), text);
    if (prove)
        format_source(&c, language_named("dockerfile"), source, &out);
    else
        df_format(&c, source, &out);
    size_t n = out.n;
    buf_free(&out);
    arena_free(&a);
    return n;
}

static size_t format_only(struct str text)
{
    return format(text, false);
}

static size_t format_and_prove(struct str text)
{
    return format(text, true);
}

int main(int argc, char **argv)
{
    struct texts t = {.arena = ARENA_INIT};
    size_t made = 0, rounds = 0;
    size_t (*work)(struct str text) = parse;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--format") == 0)
            work = format_only;
        else if (strcmp(argv[i], "--prove") == 0)
            work = format_and_prove;
        else
            read_path(&t, argv[i]);
    if (t.bytes == 0)
        errx(2, "usage: parse_speed [--format|--prove] FILE|DIR...");
    double start = now(), end = start;
    for (; end - start < SECONDS; end = now(), rounds++)
        vec_for (const struct str, text, &t.list)
            made += work(*text);
    printf("%.1f\n", (double)(t.bytes * rounds) / (end - start) / 1e6);
    arena_free(&t.arena);
    return made == 0;
}
