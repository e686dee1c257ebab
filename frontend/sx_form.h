/* SPDX-License-Identifier: Apache-2.0 */
/* From S-expressions to a typed spec, and the meaning of build names in it. */
#ifndef FRONTEND_SX_FORM_H
#define FRONTEND_SX_FORM_H

#include "base/diag.h"
#include "frontend/sx_ast.h"

/* Builds nest at most this deeply; what walks the tree may recurse. */
enum { SX_BUILD_DEPTH_MAX = 100 };

/* Checks the data of one file. There is always a tree; it is whole only if the sink got no error.
 * `file` is the span of the whole file. */
struct sx_spec *sx_check(struct arena *a, struct diag_sink *diags, struct span file,
                         const struct sx_datum_vec *data);

/* Sets build_ref of each copy, reporting names that are not in scope: a build is known to its later
 * siblings, to the spec it stands in, and to builds nested in these. */
void sx_resolve(struct arena *a, struct diag_sink *diags, struct sx_spec *spec);

#endif
