/* Outcomes of scenarios (devnet/vm/scenario.h), for tests that hold two machines or two builds against each other. */
#pragma once
#include "base/arena.h"
#include "base/fs.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include <string.h>

enum { OUTCOMES_FILE_MAX = 16 * 1024 * 1024 };

static inline void outcomes_keep(void *self, const json_t *outcome)
{
    json_array_append_new(self, json_deep_copy(outcome));
}

/* What this machine makes of the scenario. */
static inline json_t *outcomes_of(struct vm *machine, const char *scenario_path)
{
    json_t *outcomes = json_array();
    assert_ok(scenario_run(machine, scenario_path, outcomes_keep, outcomes));
    return outcomes;
}

/* What another made of it: one outcome a line. */
static inline json_t *outcomes_read(const char *path)
{
    AUTO(buf) struct buf text = {0};
    json_t *outcomes = json_array();
    assert_ok(fs_read(path, OUTCOMES_FILE_MAX, &text));
    for (struct slice rest = buf_slice(&text), line; rest.len;) {
        json_t *doc = NULL;
        rest = slice_cut(rest, '\n', &line);
        assert_ok(json_doc_parse(line, &doc));
        json_array_append_new(outcomes, doc);
    }
    return outcomes;
}

/* The kind of an error, and what the contract said: the rest of a printed error is the printer's. */
static inline char *outcomes_error(const json_t *outcome, struct arena *a)
{
    const char *text = json_string_value(json_object_get(outcome, "aborted"));
    if (!text)
        return arena_str(a, SLICE("none"));
    const char *said = strstr(text, "panic_msg: ");
    return said ? arena_str(a, slice_str(said)) : arena_str(a, slice_first(slice_str(text), strcspn(text, " {")));
}

static inline void outcomes_assert_same(const char *scenario, size_t call, const char *field, const json_t *expected,
                                        const json_t *got)
{
    if (json_equal(expected, got))
        return;
    char *want = json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT), *have = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
    fail_msg("%s, call %zu: %s is %s, expected %s", scenario, call, field, have ? have : "missing", want ? want : "missing");
}

/* What a failed call leaves is the caller's affair. */
static inline bool outcomes_only_after_success(const char *field)
{
    return strcmp(field, "return") == 0 || strcmp(field, "usage_delta") == 0 || strcmp(field, "balance") == 0;
}

/* Every call ended in the same way, and has the same in each of the fields (a list that NULL ends). */
static inline void outcomes_compare(const char *name, const json_t *expected, const json_t *got, const char *const *fields)
{
    AUTO(arena) struct arena a = {0};
    assert_int_equal(json_array_size(got), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(expected); i++) {
        const json_t *want = json_array_get(expected, i), *have = json_array_get(got, i);
        const char *want_error = outcomes_error(want, &a), *have_error = outcomes_error(have, &a);
        if (strcmp(want_error, have_error) != 0)
            fail_msg("%s, call %zu: error is %s, expected %s", name, i, have_error, want_error);
        bool failed = strcmp(want_error, "none") != 0;
        for (const char *const *field = fields; *field; field++) {
            if (!failed || !outcomes_only_after_success(*field))
                outcomes_assert_same(name, i, *field, json_object_get(want, *field), json_object_get(have, *field));
        }
    }
}
