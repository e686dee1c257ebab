/* SPDX-License-Identifier: Apache-2.0 */
/* From a compiled Dockerfile to a spec. */
#include <config.h>

#include "frontend/compile.h"

bool df_to_spec(struct compile *c, uint32_t source, struct buf *out)
{
    (void)out;
    diag_error(c->diags, span_of(source, 0, 0), "specs can't be printed yet");
    return false;
}
