/* SPDX-License-Identifier: Apache-2.0 */
/* The phases from a spec's text to its checked tree. */
#include <config.h>

#include "frontend/sx_compile.h"

#include "frontend/sx_form.h"
#include "frontend/sx_read.h"

struct sx_spec *sx_tree(struct compile *c, uint32_t source)
{
    size_t before = c->diags->n_errors;
    if (!compile_check_text(c, source))
        return NULL;
    struct sx_datum_vec data;
    sx_read(c->arena, c->diags, c->sources, source, &data);
    struct span file = span_of(source, 0, source_at(c->sources, source)->text.n);
    struct sx_spec *spec = sx_check(c->arena, c->diags, file, &data);
    sx_resolve(c->arena, c->diags, spec);
    return c->diags->n_errors == before ? spec : NULL;
}
