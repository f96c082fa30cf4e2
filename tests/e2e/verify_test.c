/* `outlayer verify` as a person runs it: a real answer of the real stack is proven from its record to the root, and one other bit of it is not. */
#include "base/fs.h"
#include "cli/tamper.h"
#include "codec/attestation_record.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "near/key.h"
#include "tee/measurements.h"
#include "tee/simulator/seed.h"
#include "world.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { FILE_MAX = 1 << 20 };

#define SENT "an input"

static struct {
    struct world *w;
    char tx[HASH_TEXT_MAX];
    struct buf printed; /* of the last run */
} t;

/* Runs `outlayer verify …` and gives its exit status. */
static int verify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int verify(const char *fmt, ...)
{
    char args[2048], command[4096], path[128];
    va_list list;
    va_start(list, fmt);
    vsnprintf(args, sizeof args, fmt, list);
    va_end(list);
    snprintf(path, sizeof path, "%s/verify.out", t.w->dir);
    snprintf(command, sizeof command, "%s/outlayer verify %s >%s 2>&1", t.w->stack.program_dir, args, path);
    int status = system(command);
    buf_clear(&t.printed);
    assert_ok(fs_read(path, FILE_MAX, &t.printed));
    return WEXITSTATUS(status);
}

static void assert_status(int got, int wanted)
{
    if (got != wanted)
        fail_msg("exit status %d, expected %d: %s", got, wanted, buf_str(&t.printed));
}

/* A stack whose one question is answered. */
static int start(void **state)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    if (world_start(state))
        return -1;
    t.w = *state;
    const struct asker_question question = {.code_url = "http://127.0.0.1:9/trivial.wasm",
                                            .code_hash = t.w->program_hash,
                                            .script = SENT,
                                            .max_instructions = 10000000,
                                            .max_memory_mb = 16,
                                            .max_execution_seconds = 10};
    assert_ok(asker_ask(t.w->user, &question, TX_LEVEL_FINAL, &outcome));
    hash_text(&outcome.hash, t.tx);
    return 0;
}

static int end(void **state)
{
    buf_free(&t.printed);
    return world_end(state);
}

static void an_answer_is_proven_from_record_to_root(void **state)
{
    (void)state;
    assert_status(verify("tx %s --data %s --wait 20", t.tx, t.w->dir), 0);
    static const char *const said[] = {
        "SIMULATOR", "signature", "quote_signature", "td_policy", "measurements", "worker_key",           "code",
        "input",     "output",    "caller",          "time",      "binding",      "PROVEN (simulated TDX"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (!strstr(buf_str(&t.printed), said[i]))
            fail_msg("it does not say %s: %s", said[i], buf_str(&t.printed));
    }
    assert_status(verify("tx %s --data %s --short", t.tx, t.w->dir), 0);
}

static void wrong_usage_missing_records_and_silent_services_are_told_apart(void **state)
{
    (void)state;
    assert_status(verify("tx"), 3);
    assert_status(verify("tx %s --offline", t.tx), 3);
    assert_status(verify("tx 11111111111111111111111111111111 --data %s", t.w->dir), 2);
    assert_status(verify("tx %s --data %s --api http://127.0.0.1:1", t.tx, t.w->dir), 4);
    assert_status(verify("tx %s --data %s/nothing", t.tx, t.w->dir), 4);
    static const char *const named[] = {"--root", "--input", "--output", "--collateral", "--approved-measurements"};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        assert_status(verify("tx %s --data %s --wait 20 %s %s/nothing", t.tx, t.w->dir, named[i], t.w->dir), 3);
    assert_status(verify("bundle %s/nothing --offline", t.w->dir), 3);
    assert_status(verify("tx %s --network testnet --api %s --rpc %s", t.tx, t.w->stack.coordinator_url, t.w->stack.rpc_url), 3);
    if (!strstr(buf_str(&t.printed), "serves chain `devnet`"))
        fail_msg("%s", buf_str(&t.printed));
}

static json_t *read_json(const char *path)
{
    AUTO(buf) struct buf text = {0};
    json_t *doc = NULL;
    assert_ok(fs_read(path, FILE_MAX, &text));
    assert_ok(json_doc_parse(buf_slice(&text), &doc));
    return doc;
}

static void write_json(const char *path, const json_t *doc)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(doc, &text);
    assert_ok(fs_write_atomic(path, buf_slice(&text), 0600));
}

/* What the verifier trusts, known from elsewhere. */
static const char *trusted(struct arena *arena, const json_t *bundle)
{
    AUTO(buf) struct buf list = {0}, record = {0};
    struct measurements m;
    struct attestation_record r;
    struct public_key key = {.curve = KEY_ED25519};
    char text[KEY_TEXT_MAX];
    const char *path = arena_fmt(arena, "%s/approved.json", t.w->dir);
    simulator_worker_measurements(&m);
    buf_append_str(&list, "[");
    measurements_write_json(&m, &list);
    buf_append_str(&list, "]");
    assert_ok(fs_write_atomic(path, buf_slice(&list), 0600));
    const json_t *v2 = json_object_get(json_object_get(bundle, "attestation"), "attestation_v2");
    assert_true(base64_decode(json_doc_text(json_object_get(v2, "record")), &record, NULL));
    assert_true(attestation_record_read(buf_slice(&record), &r));
    memcpy(key.raw, r.worker_key, sizeof r.worker_key);
    return arena_fmt(arena, "--offline --root %s --approved-measurements %s --worker-key %s", t.w->stack.simulator_root_path,
                     path, public_key_text(&key, text));
}

static void one_other_bit_of_a_bundle_fails_at_its_line(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    const char *path = arena_fmt(&arena, "%s/bundle.json", t.w->dir), *other = arena_fmt(&arena, "%s/other.json", t.w->dir);
    assert_status(verify("tx %s --data %s --wait 20 --short --bundle %s", t.tx, t.w->dir, path), 0);
    AUTO(json) json_t *bundle = read_json(path);
    const char *options = trusted(&arena, bundle);
    assert_status(verify("bundle %s %s --short", path, options), 0);
    assert_status(verify("bundle %s --offline --root %s --short", path, t.w->stack.simulator_root_path),
                  2); /* nobody says what is approved */
    for (int field = 0; field < TAMPER_FIELDS; field++) {
        AUTO(json) json_t *changed = json_deep_copy(bundle);
        const char *line = arena_fmt(&arena, "request/%s", tamper_field_name((enum tamper_field)field));
        json_object_set_new(changed, "attestation",
                            tamper_attestation(json_object_get(bundle, "attestation"), (enum tamper_field)field));
        write_json(other, changed);
        assert_status(verify("bundle %s %s --short", other, options), 1);
        if (!strstr(buf_str(&t.printed), line) || !strstr(buf_str(&t.printed), "record/signature"))
            fail_msg("it does not name %s: %s", line, buf_str(&t.printed));
    }
}

static void write_text(const char *path, const char *text)
{
    assert_ok(fs_write_atomic(path, slice_str(text), 0600));
}

static void what_was_sent_may_come_from_a_file_and_stays_in_the_bundle(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    const char *input = arena_fmt(&arena, "%s/input", t.w->dir), *path = arena_fmt(&arena, "%s/sent.json", t.w->dir);
    write_text(input, SENT "\n\n");
    assert_status(verify("tx %s --data %s --wait 20 --short --input %s", t.tx, t.w->dir, input), 1);
    write_text(input, SENT "\n");
    assert_status(verify("tx %s --data %s --wait 20 --short --input %s --bundle %s", t.tx, t.w->dir, input, path), 0);
    AUTO(json) json_t *bundle = read_json(path);
    const char *options = trusted(&arena, bundle);
    assert_status(verify("bundle %s %s --short", path, options), 0);
    json_object_set_new(bundle, "input_raw", json_string(SENT "\n"));
    write_json(path, bundle);
    assert_status(verify("bundle %s %s --short", path, options), 1);
    assert_non_null(strstr(buf_str(&t.printed), "request/input"));
    assert_status(verify("bundle %s %s --short --input %s", path, options, input), 0);
}

static void ones_own_list_is_read_as_the_contract_reads_its_own(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf one = {0};
    struct measurements m;
    const char *bundle_path = arena_fmt(&arena, "%s/listed.json", t.w->dir),
               *list = arena_fmt(&arena, "%s/list.json", t.w->dir);
    assert_status(verify("tx %s --data %s --wait 20 --short --bundle %s", t.tx, t.w->dir, bundle_path), 0);
    simulator_worker_measurements(&m);
    measurements_write_json(&m, &one);
    char *upper = arena_fmt(&arena, "[%s]", buf_str(&one));
    for (char *hex = strchr(upper, ':'); hex; hex = strchr(hex, ':')) {
        for (hex += 2; *hex != '"'; hex++)
            *hex = (char)toupper(*hex);
    }
    const struct {
        const char *text, *says;
        int status;
    } cases[] = {
        {arena_fmt(&arena, "[%s]", buf_str(&one)), "UNPROVEN, open: enclave/worker_key", 2}, /* the key alone is open */
        {upper, "UNPROVEN, open: enclave/worker_key", 2},
        {"[]", "enclave/measurements", 1},
        {buf_str(&one), "is no array of", 3},
        {"[{\"mrtd\":\"00\"}]", "list.json, entry 1", 3},
        {"nonsense", "not JSON", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(list, cases[i].text);
        assert_status(verify("bundle %s --offline --root %s --short --approved-measurements %s", bundle_path,
                             t.w->stack.simulator_root_path, list),
                      cases[i].status);
        if (!strstr(buf_str(&t.printed), cases[i].says))
            fail_msg("case %zu: %s", i, buf_str(&t.printed));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_proven_from_record_to_root),
        cmocka_unit_test(wrong_usage_missing_records_and_silent_services_are_told_apart),
        cmocka_unit_test(one_other_bit_of_a_bundle_fails_at_its_line),
        cmocka_unit_test(what_was_sent_may_come_from_a_file_and_stays_in_the_bundle),
        cmocka_unit_test(ones_own_list_is_read_as_the_contract_reads_its_own),
    };
    return cmocka_run_group_tests_name("verify", tests, start, end);
}
