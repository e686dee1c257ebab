/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR reader. Ids keep a fuzzer out of nearly everything behind them, so that a document is
 * read twice: as it is, and with the ids that its steps have.
 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/read.h"
#include "ir/write.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT;
    struct ob_err err;
    bool more = true;
    buf_add(&text, data, size);
    for (int tries = 0; more && tries < 20; tries++) {
        struct arena a = ARENA_INIT;
        struct plan p = PLAN_INIT(&a);
        more = ir_read_json(&p, buf_str(&text), &err) < 0;
        if (!more) {
            fuzz_round_trip(&p);
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
