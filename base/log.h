/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a program about itself, on stderr: "PROGRAM: text". Not for diagnostics of specs
 * (base/diag.h) and not for the progress of a build (exec/event.h). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

void log_init(const char *program, int verbosity); /* 0, or 1 = -v */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* with -v */

#endif
