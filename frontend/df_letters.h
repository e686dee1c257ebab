/* SPDX-License-Identifier: Apache-2.0 */
/* What names of variables are made of, besides "_": letters and digits of every script. */
#ifndef FRONTEND_DF_LETTERS_H
#define FRONTEND_DF_LETTERS_H

#include "base/str.h"

#include <stdint.h>

bool df_is_letter(uint32_t c);

#endif
