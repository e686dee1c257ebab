/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one operation of a spec. */
#ifndef FRONTEND_SX_OP_H
#define FRONTEND_SX_OP_H

#include "frontend/sx_field.h"

bool sx_is_operation(struct str name);

/* Reads a form that begins with a name; what could be read of it is added to *ops. False if its
 * name, which is reported, is no operation's. */
bool sx_read_op(struct sx_checker *ck, const struct sx_datum *form, struct sx_op_vec *ops);

#endif
