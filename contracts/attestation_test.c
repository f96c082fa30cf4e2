/* A contract checks a record by itself: contracts/kit/attestation.h on the virtual machine, with records that the worker's own code signed. */
#include "base/fs.h"
#include "base/test.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "devnet/vm/scenario.h"
#include "tee/attestation/v2.h"
#include <stdlib.h>
#include <string.h>

#define TGAS UINT64_C(1000000000000)

static const char output[] = "{\"answer\":42}";

struct signed_run {
    struct attestation_record record;
    struct attestation_v2 attestation;
};

static void sign_run(const char *seed, struct signed_run *out)
{
    uint8_t secret[ED25519_SECRET_LEN], seed_bytes[ED25519_SEED_LEN] = {0};
    memcpy(seed_bytes, seed, strlen(seed));
    out->record = (struct attestation_record){
        .chain = SLICE("devnet"),
        .contract = SLICE("outlayer.devnet"),
        .subject = ATTESTATION_REQUEST,
        .request_id = 7,
        .outcome = SLICE("completed"),
        .max_instructions = 10000000000,
        .max_memory_mb = 128,
        .max_seconds = 60,
        .instructions = 123456,
        .time_ms = 12,
        .caller = SLICE("alice.devnet"),
        .project = SLICE("alice.devnet/application"),
        .secrets = SLICE("alice.devnet/default"),
        .block_height = 1000,
        .time_s = 1767225600,
    };
    memset(out->record.code, 0xc0, sizeof out->record.code);
    struct hash h = hash_sha256(slice_str(output));
    memcpy(out->record.output, h.bytes, HASH_LEN);
    ed25519_from_seed(seed_bytes, out->record.worker_key, secret);
    attestation_v2_sign(&out->record, secret, &out->attestation);
}

static void auto_signed_run(struct signed_run *s)
{
    attestation_v2_free(&s->attestation);
}

static json_t *bytes_json(const uint8_t *bytes, size_t len)
{
    json_t *list = json_array();
    for (size_t i = 0; i < len; i++)
        json_array_append_new(list, json_integer(bytes[i]));
    return list;
}

static json_t *call_json(const char *method, json_t *input)
{
    return json_pack("{ss so ss ss ss sI}", "method", method, "input", input, "signer", "bob.devnet", "predecessor",
                     "bob.devnet", "balance", "100000000000000000000000000", "timestamp", (json_int_t)1767225600000000000);
}

static json_t *check_json(const struct attestation_v2 *a, const char *text, uint8_t code)
{
    AUTO(buf) struct buf record = {0};
    AUTO(buf) struct buf signature = {0};
    uint8_t hash[HASH_LEN];
    memset(hash, code, sizeof hash);
    base64_append(&record, buf_slice(&a->record));
    hex_append(&signature, slice_from(a->signature, sizeof a->signature));
    return call_json("check", json_pack("{ss ss ss so}", "record", buf_str(&record), "signature", buf_str(&signature), "output",
                                        text, "code", bytes_json(hash, sizeof hash)));
}

/* Trusts `key`, then makes the call; the outcome of the call. */
static json_t *run(const uint8_t *key, json_t *call)
{
    struct vm *vm = NULL;
    struct account_id account;
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf wasm = {0};
    AUTO(json) json_t *trust = call_json("trust", json_pack("{so}", "key", bytes_json(key, ED25519_PUBLIC_LEN)));
    AUTO(json) json_t *check = call;
    AUTO(json) json_t *trusted = NULL;
    json_t *outcome = NULL;
    buf_append_fmt(&path, "%s/checker.wasm", getenv("OUTLAYER_CONTRACTS"));
    assert_ok(account_id_parse(SLICE("checker.devnet"), &account));
    assert_ok(fs_read(buf_str(&path), 1 << 20, &wasm));
    assert_ok(vm_new(NULL, &vm));
    struct scenario *s = scenario_new(vm, &account, buf_slice(&wasm));
    assert_ok(scenario_call(s, trust, true, &trusted));
    assert_true(json_is_null(json_object_get(trusted, "aborted")));
    assert_ok(scenario_call(s, check, true, &outcome));
    scenario_free(s);
    vm_free(vm);
    return outcome;
}

static void assert_refused(const uint8_t *key, json_t *call, const char *why)
{
    AUTO(json) json_t *outcome = run(key, call);
    const char *aborted = json_string_value(json_object_get(outcome, "aborted"));
    assert_non_null(aborted);
    if (!strstr(aborted, why))
        fail_msg("refused with %s, expected %s", aborted, why);
}

static void test_a_contract_checks_a_record_for_less_than_a_tgas(void **state)
{
    (void)state;
    AUTO(signed_run) struct signed_run s = {0};
    sign_run("worker", &s);
    AUTO(json) json_t *outcome = run(s.record.worker_key, check_json(&s.attestation, output, 0xc0));
    char *whole = json_dumps(outcome, JSON_COMPACT);
    if (!json_is_null(json_object_get(outcome, "aborted")))
        fail_msg("%s", whole);
    free(whole);
    uint64_t burnt = (uint64_t)json_integer_value(json_object_get(outcome, "burnt"));
    print_message("checking a record of %zu bytes burns %.3f TGas\n", s.attestation.record.len, (double)burnt / (double)TGAS);
    assert_true(burnt < TGAS);
}

static void test_what_a_contract_refuses(void **state)
{
    (void)state;
    AUTO(signed_run) struct signed_run s = {0};
    AUTO(signed_run) struct signed_run stranger = {0};
    sign_run("worker", &s);
    sign_run("a stranger", &stranger);
    assert_refused(s.record.worker_key, check_json(&stranger.attestation, output, 0xc0), "Not signed by the trusted worker");
    assert_refused(s.record.worker_key, check_json(&s.attestation, "{\"answer\":43}", 0xc0), "Another run");
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc1), "Another run");
    memcpy(s.attestation.signature, stranger.attestation.signature, sizeof s.attestation.signature);
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc0), "Not signed by the trusted worker");
    s.attestation.record.len--;
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc0), "Not signed by the trusted worker");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contract_checks_a_record_for_less_than_a_tgas),
        cmocka_unit_test(test_what_a_contract_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
