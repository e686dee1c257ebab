/* SPDX-License-Identifier: Apache-2.0 */
/* Build names: which build a (from (build NAME)) means. Names shadow; the latest wins. */
#include <config.h>

#include "frontend/sx_form.h"

#include "base/map.h"
#include "base/suggest.h"
#include "frontend/sx_field.h"

/* How many candidates all suggestions of one file may look at: many wrong names in a file of many
 * builds would else take time in the square of its size. */
enum { CANDIDATES_MAX = 1000000 };

struct binding {
    struct str name;
    const struct sx_build *visible; /* NULL where the name is not in scope */
};

struct scope {
    struct arena *arena;
    struct diag_sink *diags;
    struct map names;    /* to struct binding; nothing is removed, only made invisible */
    size_t n_candidates; /* looked at so far */
};

static struct binding *binding_of(struct scope *sc, struct str name)
{
    void **slot = map_slot(&sc->names, name);
    if (!*slot) {
        struct binding *b = arena_new(sc->arena, struct binding);
        b->name = name;
        *slot = b;
    }
    return *slot;
}

static void report_unknown(struct scope *sc, const struct sx_word *name)
{
    struct str shown = sx_shown(sc->arena, name->text);
    struct diag *e =
        diag_error(sc->diags, name->span, "no build \"" STR_FMT "\" is known here", STR_ARG(shown));
    struct suggest s;
    suggest_init(&s, name->text);
    for (size_t i = 0; i < sc->names.cap && sc->n_candidates < CANDIDATES_MAX; i++) {
        const struct binding *b = sc->names.slot[i].value;
        if (!b || !b->visible)
            continue;
        suggest_offer(&s, b->name);
        sc->n_candidates++;
    }
    sx_note_suggestion(e, &s,
                       "expected a build that stands before this one, or in a spec around it");
}

static void resolve_copies(struct scope *sc, struct sx_spec *spec)
{
    vec_for (struct sx_op, op, &spec->ops) {
        if (op->kind != SX_COPY || op->copy.build.text.n == 0)
            continue;
        const struct binding *b = map_get(&sc->names, op->copy.build.text);
        if (b && b->visible)
            op->copy.build_ref = b->visible;
        else if (sc->diags->n_errors < SX_ERRORS_MAX)
            report_unknown(sc, &op->copy.build);
    }
}

/* Recursion is bounded by SX_BUILD_DEPTH_MAX. */
static void resolve_spec(struct scope *sc, struct sx_spec *spec)
{
    size_t n = spec->builds.n;
    const struct sx_build **hidden = arena_new_n(sc->arena, const struct sx_build *, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct sx_build *build = spec->builds.at[i];
        if (build->spec)
            resolve_spec(sc, build->spec);
        struct binding *b = binding_of(sc, build->name.text);
        hidden[i] = b->visible;
        b->visible = build;
    }
    resolve_copies(sc, spec);
    for (size_t i = n; i-- > 0;)
        binding_of(sc, spec->builds.at[i]->name.text)->visible = hidden[i];
}

void sx_resolve(struct arena *a, struct diag_sink *diags, struct sx_spec *spec)
{
    struct scope sc = {.arena = a, .diags = diags, .names = MAP_INIT(a)};
    resolve_spec(&sc, spec);
}
