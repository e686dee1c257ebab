/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR reader. Ids keep a fuzzer out of nearly everything behind them, so that a document is
 * read twice: as it is, and with the ids that its steps have. What JSON is, jansson is asked too.
 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "base/json_tree.h"
#include "ir/diff.h"
#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/read.h"
#include "ir/write.h"

#include <jansson.h>
#include <stdlib.h>

static const char hashes_to[] = "].id: the step hashes to ";

/* Puts the id that the error asks for in place of the one that the document has. */
static bool mend_id(struct buf *text, const struct ob_err *err)
{
    const char *found = strstr(err->text, hashes_to);
    if (!found)
        return false;
    const char *want = found + sizeof hashes_to - 1;
    unsigned long index = strtoul(err->text + strlen("$.steps["), NULL, 10);
    static const char key[] = "{\"id\":\"";
    char *at = text->p, *steps = strstr(at, "\"steps\"");
    for (at = steps ? steps : at; (at = strstr(at, key)) != NULL; at += sizeof key - 1) {
        if (index-- > 0)
            continue;
        at += sizeof key - 1;
        if ((size_t)(text->p + text->n - at) < SHA256_HEX || memcmp(at, want, SHA256_HEX) == 0)
            return false;
        memcpy(at, want, SHA256_HEX);
        return true;
    }
    return false;
}

/* But jansson overlooks a NUL behind a number. */
static void compare_with_jansson(struct str text)
{
    struct arena strings = ARENA_INIT, nodes = ARENA_INIT;
    struct ob_err err;
    json_error_t e;
    bool ours = json_tree_parse(&strings, &nodes, text, &err) != NULL;
    json_t *theirs = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
    bool is_real = !theirs && strstr(e.text, "real number overflow"); /* ours are not converted */
    if (ours != (theirs != NULL) && !is_real && str_find(text, '\0') < 0)
        BUG("jansson says \"%s\", and we say \"%s\"", theirs ? "right" : e.text,
            ours ? "right" : err.text);
    json_decref(theirs);
    arena_free(&strings);
    arena_free(&nodes);
}

static bool diff(const struct plan *p, const struct plan *q)
{
    struct buf out = BUF_INIT;
    bool same = ir_diff(p, q, &out);
    if (same != (out.n == 0))
        BUG("the plans are %s, and the diff says: %s", same ? "the same" : "different", out.p);
    buf_free(&out);
    return same;
}

/* Nothing differs from the same document. What differs from others is not known here, but that they
 * do: the optimized one, and one in which every id is wrong and every second op. */
static void check_diff(const struct plan *p, struct str text)
{
    struct arena a = ARENA_INIT;
    struct plan q = PLAN_INIT(&a);
    struct ob_err unused; /* the text was read before */
    ir_read_json(&q, text, &unused);
    if (!diff(p, &q))
        BUG("a document differs from itself");
    ir_optimize(&q, 2, PASS_SILENT);
    diff(p, &q);
    for (uint32_t i = 0; i < q.steps.n; i++) {
        q.steps.at[i].id.b[0] ^= 1;
        q.steps.at[i].op_digest.b[0] ^= i & 1;
    }
    if (diff(p, &q) || diff(&q, p))
        BUG("other ids make no difference");
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT;
    struct ob_err err;
    bool more = true;
    buf_add(&text, data, size);
    compare_with_jansson(buf_str(&text));
    for (int tries = 0; more && tries < 20; tries++) {
        struct arena a = ARENA_INIT;
        struct plan p = PLAN_INIT(&a);
        more = ir_read_json(&p, buf_str(&text), &err) < 0;
        if (more && str_starts(str_from(err.text), STR("$.needs: "))) /* all the rest was right */
            more = false;
        if (!more) {
            fuzz_round_trip(&p);
            check_diff(&p, buf_str(&text));
            ir_optimize(&p, 2, PASS_SILENT);
            fuzz_round_trip(&p);
        } else {
            more = mend_id(&text, &err);
        }
        arena_free(&a);
    }
    buf_free(&text);
    return 0;
}
