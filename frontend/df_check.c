/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `# check=`: which warnings count. As a directive it is for the whole file, in a comment above an
 * instruction for that one. What it skips is marked in the sink when everything was reported.
 */
#include <config.h>

#include "frontend/df_scan.h"

#include "frontend/df_lower.h"
#include "frontend/df_rules.h"

enum { RULES_MAX = 200 }; /* each warning is compared with all of them */

/* Of two lists the last one counts. */
static bool read_rules(struct arena *a, struct str s, struct str_vec *rules, bool *all)
{
    *rules = (struct str_vec){0};
    *all = str_eq(s, STR("all"));
    for (bool more = !*all; more;) {
        struct str rule;
        more = str_cut(s, ',', &rule, &s);
        vec_push(a, rules, str_trim(rule));
    }
    return rules->n <= RULES_MAX;
}

static const char *read_option(struct arena *a, struct str option, struct df_check *check,
                               struct str *bad)
{
    struct str key, value;
    bool has_value = str_cut(option, '=', &key, &value);
    key = str_trim(key);
    value = str_trim(value);
    *bad = value;
    bool ok;
    if (has_value && str_eq(key, STR("error")))
        return df_bool_read(value, &check->error) ? NULL : "\"true\" or \"false\"";
    if (has_value && str_eq(key, STR("skip")))
        ok = read_rules(a, value, &check->skip, &check->skip_all);
    else if (has_value && str_eq(key, STR("experimental")))
        ok = read_rules(a, value, &check->experimental, &check->experimental_all);
    else {
        *bad = key;
        return "\"skip=\", \"error=\" or \"experimental=\"";
    }
    return ok ? NULL : "at most 200 rules";
}

const char *df_check_read(struct arena *a, struct str value, struct df_check *check,
                          struct str *bad)
{
    enum { OPTIONS_MAX = 3 };
    bool more = true;
    for (int n = 0; more; n++) {
        if (n == OPTIONS_MAX) {
            *bad = value;
            return "at most three options";
        }
        struct str option;
        more = str_cut(value, ';', &option, &value);
        const char *why = read_option(a, option, check, bad);
        if (why)
            return why;
    }
    return NULL;
}

/* Those of one block of comments add up; a comment without text ends the block. */
void df_check_comment(struct df_reader *r, struct str line)
{
    struct str text = df_trim_left(str_skip(line, 1)), name, value, bad;
    if (text.n == 0)
        r->check = NULL;
    if (text.n == 0 || ascii_lower(text.p[0]) != 'c' || !df_directive_split(line, &name, &value) ||
        !str_eq_nocase(name, STR("check")))
        return;
    struct df_check check = {0}, *all = arena_new(r->c->arena, struct df_check);
    const char *why = df_check_read(r->c->arena, value, &check, &bad);
    if (why) {
        diag_rule(r->c->diags, &df_rule_ignored_directive,
                  span_of(r->source, (size_t)(bad.p - r->text.p), bad.n),
                  "this check comment has no effect: \"" STR_FMT "\", expected %s", STR_ARG(bad),
                  why);
        return;
    }
    *all = r->check ? *r->check : (struct df_check){0};
    all->skip_all |= check.skip_all;
    all->experimental_all |= check.experimental_all;
    if (check.skip.n)
        vec_append(r->c->arena, &all->skip, check.skip.at, check.skip.n);
    if (check.experimental.n)
        vec_append(r->c->arena, &all->experimental, check.experimental.at, check.experimental.n);
    r->check = all;
}

static bool skips(const struct df_check *check, const char *rule)
{
    if (!check || check->skip_all)
        return check != NULL;
    vec_for (const struct str, s, &check->skip)
        if (str_eq_nocase(*s, str_from(rule)))
            return true;
    return false;
}

/* Those that BuildKit has: error=true is not to refuse what it builds. */
static bool is_buildkits(const char *rule)
{
    static const char *const names[] = {
        "StageNameCasing",
        "FromAsCasing",
        "NoEmptyContinuation",
        "ConsistentInstructionCasing",
        "DuplicateStageName",
        "ReservedStageName",
        "JSONArgsRecommended",
        "MaintainerDeprecated",
        "UndefinedArgInFrom",
        "WorkdirRelativePath",
        "UndefinedVar",
        "MultipleInstructionsDisallowed",
        "LegacyKeyValueFormat",
        "InvalidBaseImagePlatform",
        "RedundantTargetPlatform",
        "SecretsUsedInArgOrEnv",
        "InvalidDefaultArgInFrom",
        "FromPlatformFlagConstDisallowed",
        "CopyIgnoredFile",
        "InvalidDefinitionDescription",
        "ExposeProtoCasing",
        "ExposeInvalidFormat",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], rule) == 0)
            return true;
    return false;
}

/* What the instruction has to say in which a byte of the source stands; NULL above the first. */
static const struct df_check *check_at(const struct df_file *file, uint32_t off)
{
    size_t lo = 0, hi = file->insns.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (df_insn_span(&file->insns.at[mid]).off <= off)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? file->insns.at[lo - 1].check : NULL;
}

void df_checks_apply(struct compile *c, const struct df_file *file)
{
    const struct df_check *all = &file->directives.checks;
    vec_for (struct diag *const, at, &c->diags->list) {
        struct diag *d = *at;
        if (!d->rule || d->level != DIAG_WARNING || d->span.source != file->source)
            continue;
        if (skips(all, d->rule->name) || skips(check_at(file, d->span.off), d->rule->name))
            diag_skip(d);
        else if (all->error && is_buildkits(d->rule->name)) {
            diag_raise(d);
            diag_note_at(d, file->directives.check.span, "this makes errors of warnings");
        }
    }
}
