/* SPDX-License-Identifier: Apache-2.0 */
/* An opened store with everything that obexec keeps in it, as every sub-command needs it. */
#ifndef EXEC_OPEN_H
#define EXEC_OPEN_H

#include "exec/index.h"
#include "exec/kit.h"

struct opened {
    struct kit kit;
    struct layout layout;
    struct index *index;
    char *path; /* of the store's root, for messages; on the heap */
};

/* Opens, and cleans up what dead processes left. */
int opened_open(const struct kit_request *q, struct opened *out, struct ob_err *err);
/* With settle: also removes what this process renamed out of the way. */
void opened_close(struct opened *o, bool settle);

/* Ends the logs of dead processes and makes the index agree with the store, for those who look at
 * all results or remove some. */
int opened_reconcile(struct opened *o, struct ob_err *err);

/* Finds the only result whose key starts with `prefix` (4 digits or more). If there is none, or
 * more than one, errnum is OPENED_NO_RESULT. */
enum { OPENED_NO_RESULT = -2 }; /* no errno, and not KIT_USAGE */
int opened_find(struct opened *o, struct arena *a, const char *prefix, struct str *key,
                struct ob_err *err);

/* The exit status for an error of these: 2 for a wrong option, 1 for no result, else 3. */
int opened_exit_status(const struct ob_err *err);

#endif
