/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table-driven part of checking forms. Each function reports what is wrong and goes on with
 * what is left; nothing here stops at the first mistake.
 */
#include <config.h>

#include "frontend/sx_field.h"

/* The kernel's uids and gids are 32 bits, and the last one means "none". */
#define ID_MAX 4294967294ULL

bool sx_is_full(const struct sx_checker *ck)
{
    return ck->diags->n_errors >= SX_ERRORS_MAX;
}

struct str sx_shown(struct arena *a, struct str text)
{
    enum { SHOWN_MAX = 40 };
    if (text.n <= SHOWN_MAX)
        return text;
    size_t n = SHOWN_MAX;
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return str_concat(a, str_of(text.p, n), STR("..."));
}

struct str sx_form_name(const struct sx_datum *form)
{
    if (form->kind != SX_LIST || form->items.n == 0 || form->items.at[0]->kind != SX_ATOM)
        return (struct str){0};
    return form->items.at[0]->text;
}

struct span sx_opener(const struct sx_datum *form)
{
    struct span s = form->span;
    if (form->kind == SX_LIST)
        s.len = 1;
    return s;
}

void sx_note_suggestion(struct diag *e, const struct suggest *s, const char *otherwise)
{
    if (s->best.p)
        diag_note(e, "did you mean \"" STR_FMT "\"?", STR_ARG(s->best));
    else
        diag_note(e, "%s", otherwise);
}

bool sx_take_word(struct sx_checker *ck, const struct sx_datum *d, const char *usage,
                  struct sx_word *out)
{
    *out = (struct sx_word){.span = d->span};
    if (d->is_broken)
        return false;
    if (d->kind == SX_LIST) {
        diag_error(ck->diags, sx_opener(d), "a list where an atom is needed, expected %s", usage);
        return false;
    }
    out->text = d->text;
    return true;
}

void sx_read_word(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                  void *member)
{
    size_t n = form->items.n - 1;
    if (n == 1) {
        sx_take_word(ck, form->items.at[1], f->usage, member);
        return;
    }
    *(struct sx_word *)member = (struct sx_word){.span = form->span};
    diag_error(ck->diags, form->span, "\"" STR_FMT "\" takes one value, not %zu, expected %s",
               STR_ARG(f->name), n, f->usage);
}

void sx_read_words(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                   void *member)
{
    struct sx_word_vec *words = member;
    for (size_t i = 1; i < form->items.n && !sx_is_full(ck); i++) {
        struct sx_word w;
        sx_take_word(ck, form->items.at[i], f->usage, &w);
        vec_push(ck->arena, words, w);
    }
    if (f->is_required && form->items.n == 1)
        diag_error(ck->diags, form->span, "\"" STR_FMT "\" is empty, expected %s", STR_ARG(f->name),
                   f->usage);
}

void sx_read_number(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                    void *member)
{
    struct sx_word *w = member;
    sx_read_word(ck, f, form, w);
    if (!w->text.p)
        return;
    unsigned long long id;
    if (!str_to_u64(w->text, &id) || id > ID_MAX) {
        struct str shown = sx_shown(ck->arena, w->text);
        diag_error(ck->diags, w->span, STR_FMT " \"" STR_FMT "\" is not a number from 0 to %llu",
                   STR_ARG(f->name), STR_ARG(shown), ID_MAX);
        return;
    }
    w->text = arena_printf(ck->arena, "%llu", id);
}

static size_t find_field(const struct sx_record *rec, struct str name)
{
    size_t i = 0;
    while (i < rec->n_fields && !str_eq(rec->field[i].name, name))
        i++;
    return i;
}

static void report_unknown_field(struct sx_checker *ck, const struct sx_record *rec,
                                 const struct sx_datum *form, const struct sx_datum *item)
{
    if (item->items.at[0]->is_broken)
        return;
    struct str name = sx_form_name(item), shown = sx_shown(ck->arena, name);
    struct diag *e =
        diag_error(ck->diags, item->items.at[0]->span, "unknown field \"" STR_FMT "\", expected %s",
                   STR_ARG(shown), rec->usage);
    struct suggest s;
    suggest_init(&s, name);
    for (size_t i = 0; i < rec->n_fields; i++)
        suggest_offer(&s, rec->field[i].name);
    if (s.best.p)
        diag_note(e, "did you mean \"" STR_FMT "\"?", STR_ARG(s.best));
    else if (rec->is_operation && rec->is_operation(name))
        diag_note_at(e, sx_opener(form),
                     "\"" STR_FMT "\" is an operation: is a \")\" missing here?", STR_ARG(shown));
}

/* Reads one item. False if it is nothing that can be told to be a certain field. */
static bool read_item(struct sx_checker *ck, const struct sx_record *rec,
                      const struct sx_datum *form, const struct sx_datum *item,
                      const struct sx_datum **seen, void *out)
{
    struct str name = sx_form_name(item);
    if (!name.p) {
        if (!item->is_broken)
            diag_error(ck->diags, sx_opener(item), "%s where a field is needed, expected %s",
                       item->kind == SX_ATOM ? "an atom" : "a list without a name", rec->usage);
        return false;
    }
    size_t i = find_field(rec, name);
    if (i == rec->n_fields) {
        report_unknown_field(ck, rec, form, item);
        return false;
    }
    const struct sx_field *f = &rec->field[i];
    if (seen[i]) {
        struct diag *e =
            diag_error(ck->diags, item->items.at[0]->span,
                       "\"" STR_FMT "\" is given twice, expected at most once", STR_ARG(name));
        diag_note_at(e, seen[i]->items.at[0]->span, "it is given here first");
        return true;
    }
    seen[i] = item;
    f->read(ck, f, item, (char *)out + f->at);
    return true;
}

unsigned sx_read_fields(struct sx_checker *ck, const struct sx_record *rec,
                        const struct sx_datum *form, size_t first, void *out)
{
    const struct sx_datum *seen[SX_FIELDS_MAX] = {NULL};
    bool all_known = true;
    for (size_t i = first; i < form->items.n && !sx_is_full(ck); i++)
        if (!read_item(ck, rec, form, form->items.at[i], seen, out))
            all_known = false;
    if (!all_known)
        return ~0u; /* the misspelt field may be the missing one */
    unsigned found = 0;
    for (size_t i = 0; i < rec->n_fields; i++) {
        found |= seen[i] ? 1u << i : 0;
        if (!seen[i] && rec->field[i].is_required)
            diag_error(ck->diags, sx_opener(form), "the field %s is missing, expected %s",
                       rec->field[i].usage, rec->usage);
    }
    return found;
}
