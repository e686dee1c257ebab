/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as JSON. */
#include <config.h>

#include "base/diag_json.h"

#include "base/diag_sort.h"
#include "base/json.h"

static void put_place(struct json_out *j, struct sources *ss, struct span span)
{
    struct place from = source_place(ss, span.source, span.off);
    struct place to = source_place(ss, span.source, span_end(span));
    json_key_str(j, "file", source_at(ss, span.source)->path);
    json_key_int(j, "line", from.line);
    json_key_int(j, "column", from.column);
    json_key_int(j, "endLine", to.line);
    json_key_int(j, "endColumn", to.column);
}

static void put_diag(struct json_out *j, struct sources *ss, const struct diag *d)
{
    json_newline(j);
    json_open(j, '{');
    put_place(j, ss, d->span);
    json_key_str(j, "severity", d->level == DIAG_ERROR ? STR("error") : STR("warning"));
    json_key_str(j, "rule", d->rule ? str_from(d->rule->name) : STR(""));
    json_key_str(j, "message", d->text);
    json_key(j, "notes");
    json_open(j, '[');
    vec_for (const struct diag_note, n, &d->notes)
        json_str(j, n->text);
    json_close(j, ']');
    json_close(j, '}');
}

void diag_json(const struct diag_sink *sink, struct sources *ss, enum diag_level level,
               struct buf *out)
{
    struct json_out j = JSON_OUT_INIT(out);
    struct diag_vec list = diag_sorted(sink);
    json_open(&j, '[');
    vec_for (struct diag *, d, &list)
        if ((*d)->level == level)
            put_diag(&j, ss, *d);
    json_close(&j, ']');
    buf_putc(out, '\n');
}
