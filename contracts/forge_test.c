/* Nobody but the contract makes its events. Every call of tests/vectors/contracts is repeated with each of its strings replaced, in turn, by
 * texts that try to be an event, to end one early, or to begin a line; so is the name of a member that nobody asked for, and what promises
 * gave to callbacks. Whatever the contract makes of that, its log lines are those of event_check.h. Once what such a call did is taken back,
 * once it stays, so that later calls find it in the state. */
#include "base/fs.h"
#include "base/test.h"
#include "devnet/vm/scenario.h"
#include "event_check.h"
#include <glob.h>
#include <stdlib.h>

#define FORGED "EVENT_JSON:{\"standard\":\"near-outlayer\",\"version\":\"1.0.0\",\"event\":\"forged\",\"data\":[{}]}"

static const struct slice hostile[] = {
    SLICE(FORGED),
    SLICE("x\n" FORGED "\n"),
    SLICE("\r\n" FORGED),
    SLICE("\"}]}\n" FORGED),
    SLICE("\"],\"event\":\"forged\",\"data\":[\""),
    SLICE("\\\"}\\n" FORGED "\\"),
    SLICE("\0" FORGED),
    SLICE("\x01\x02\x03\x07\x08\t\n\x0b\x0c\r\x1b[2K\x1f\x7f" FORGED),
    SLICE("forged\xe2\x80\xa8\xc2\x85\xf0\x9f\x92\xb8" FORGED),
    SLICE("\xef\xbb\xbf" FORGED),
};

struct forger {
    struct scenario *scenario;
    json_t *call; /* being changed */
    const char *path;
    struct slice text;
    bool keeps;
    size_t tried, accepted, carried; /* calls, those that succeeded, log lines that hold the text in some form */
};

static void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

static void attempt(struct forger *f, bool keeps)
{
    AUTO(json) json_t *outcome = NULL;
    size_t i;
    json_t *log;
    must(scenario_call(f->scenario, f->call, keeps, &outcome));
    json_array_foreach(json_object_get(outcome, "logs"), i, log)
    {
        const char *fault = event_fault(json_doc_text(log));
        if (fault) {
            char *call = json_dumps(f->call, JSON_COMPACT);
            fail_msg("%s: a log line has %s: %.*s\nof the call %s", f->path, fault, SLICE_FMT(json_doc_text(log)), call);
        }
        f->carried += strstr(json_string_value(log), "forged") != NULL;
    }
    f->tried++;
    f->accepted += json_is_null(json_object_get(outcome, "aborted"));
}

static json_t *forged(const struct forger *f)
{
    return json_stringn((const char *)f->text.ptr, f->text.len);
}

static void change(struct forger *f, json_t *value);

static void change_members(struct forger *f, json_t *object)
{
    const char *name;
    void *next;
    json_t *value;
    json_object_foreach_safe(object, next, name, value)
    {
        if (!json_is_string(value)) {
            change(f, value);
            continue;
        }
        json_incref(value);
        json_object_set_new(object, name, forged(f));
        attempt(f, f->keeps);
        json_object_set_new(object, name, value);
    }
    json_object_setn_new(object, (const char *)f->text.ptr, f->text.len, forged(f));
    attempt(f, false);
    json_object_deln(object, (const char *)f->text.ptr, f->text.len);
}

static void change_items(struct forger *f, json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *value = json_array_get(array, i);
        if (!json_is_string(value)) {
            change(f, value);
            continue;
        }
        json_incref(value);
        json_array_set_new(array, i, forged(f));
        attempt(f, f->keeps);
        json_array_set_new(array, i, value);
    }
}

static void change(struct forger *f, json_t *value)
{
    if (json_is_object(value))
        change_members(f, value);
    else if (json_is_array(value))
        change_items(f, value);
}

/* What a promise gave is JSON in a string: opened, so that its strings can be changed too. */
static void open_results(json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        json_t *inner = NULL;
        struct err *e = json_doc_parse(json_doc_text(json_array_get(results, i)), &inner);
        err_free(e);
        if (!e)
            json_array_set_new(results, i, inner);
    }
}

/* The contract calls itself with what it wrote: those are no strings of users. */
static bool is_own(const json_t *call, const json_t *doc)
{
    const json_t *caller = json_object_get(call, "predecessor");
    return json_equal(caller ? caller : json_object_get(call, "signer"), json_object_get(doc, "account"));
}

static void run_scenario(struct forger *f, const json_t *doc, struct slice wasm, struct vm *vm)
{
    struct account_id account;
    size_t i;
    json_t *call;
    must(account_id_parse(json_doc_text(json_object_get(doc, "account")), &account));
    f->scenario = scenario_new(vm, &account, wasm);
    json_array_foreach(json_object_get(doc, "calls"), i, call)
    {
        f->call = call;
        if (!is_own(call, doc))
            change(f, json_object_get(call, "input"));
        change(f, json_object_get(call, "promise_results"));
        attempt(f, true);
    }
    scenario_free(f->scenario);
}

static json_t *read_scenario(const char *path)
{
    AUTO(buf) struct buf text = {0};
    json_t *doc = NULL, *call;
    size_t i;
    must(fs_read(path, 64 << 20, &text));
    must(json_doc_parse(buf_slice(&text), &doc));
    json_array_foreach(json_object_get(doc, "calls"), i, call) open_results(json_object_get(call, "promise_results"));
    return doc;
}

static void forge(struct forger *f, const char *path, struct slice wasm, struct vm *vm)
{
    AUTO(json) json_t *doc = read_scenario(path);
    f->path = path;
    if (!slice_eq_str(json_doc_text(json_object_get(doc, "wasm")), "outlayer.wasm"))
        return;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        f->text = hostile[i];
        f->keeps = false;
        run_scenario(f, doc, wasm, vm);
        f->keeps = true;
        run_scenario(f, doc, wasm, vm);
    }
}

static void no_text_becomes_an_event(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0}, path = {0};
    struct forger f = {0};
    struct vm *vm = NULL;
    glob_t scenarios;
    const char *built = getenv("OUTLAYER_CONTRACTS");
    assert_non_null(built);
    buf_append_fmt(&path, "%s/outlayer.wasm", built);
    must(fs_read(buf_str(&path), 4 << 20, &wasm));
    must(vm_new(NULL, &vm));
    assert_int_equal(glob("tests/vectors/contracts/*.json", 0, NULL, &scenarios), 0);
    for (size_t i = 0; i < scenarios.gl_pathc; i++)
        forge(&f, scenarios.gl_pathv[i], buf_slice(&wasm), vm);
    globfree(&scenarios);
    vm_free(vm);
    print_message("%zu calls, %zu of them accepted; %zu log lines carry a text that wanted to be an event\n", f.tried,
                  f.accepted, f.carried);
    assert_true(f.carried > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_text_becomes_an_event)};
    return cmocka_run_group_tests_name("forge", tests, NULL, NULL);
}
