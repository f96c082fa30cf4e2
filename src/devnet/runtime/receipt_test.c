/* Ids against the published worked example; receipts and outcomes through their stored form and damaged. */
#include "codec/base58.h"
#include "devnet/runtime/outcome.h"
#include "devnet/runtime/receipt.h"
#include "devnet/runtime/runtime.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/**/
#include <cmocka.h>

static void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

static struct hash hash_of(const char *text)
{
    struct hash h;
    assert_true(base58_decode_exact(slice_str(text), h.bytes, HASH_LEN, NULL));
    return h;
}

static void assert_hash(struct hash h, const char *text)
{
    char got[HASH_TEXT_MAX];
    assert_string_equal(hash_text(&h, got), text);
}

/* The FunctionCall of the encodings' example, in block 10, its receipt run in block 11. */
static void ids_are_those_of_the_worked_example(void **state)
{
    (void)state;
    struct hash tx = hash_of("7WgovBA1MfuyGAD4p6JpvmMAxwWCEpyn4EAyTkFMXtxi");
    struct hash receipt = derived_id(&tx, 10, 0);
    assert_hash(receipt, "829L7ZQJQabcNdLH6cL7SmEZy81iWgM1xougxemnVpQo");
    struct hash action = derived_action_hash(&receipt, 11, 0);
    assert_hash(action, "AMGJNMhfyDDNdMTwD97bSkDmQQ9xR1FxhfEJVfnmBWwE");
    assert_hash(derived_id(&action, 11, 0), "4CJtgjJpAmzosLzUdE9EFyhawQCc9CRGN86o9TrAbrcY");
    assert_hash(derived_id(&receipt, 11, 0), "6amdAQgAo483Yn3JL8G7dSwzD17qgN3Z4pHV6HeA6jNt");
    assert_hash(derived_id(&receipt, 11, 1), "BCFcf4CTvZvkX8z7m5hYYGJDCHRw7DPQ3NTEAN5gA7D8");
    char hex[HASH_HEX_MAX];
    struct hash random = hash_sha256(SLICE("random")), seed = derived_random_seed(&action, &random);
    assert_string_equal(hash_hex(&seed, hex), "77901a50c50d7d1defe6d7d68c404da592f67da247bcb073175bb0eddce3472d");
}

static const struct account_id alice = {5, "alice"}, contract = {6, "c.test"};

static struct receipt sample(enum receipt_kind kind)
{
    static const struct data_receiver outputs[] = {{{{1}}, {5, "alice"}}, {{{2}}, {6, "c.test"}}};
    static const struct hash inputs[] = {{{3}}};
    static struct action actions[2];
    actions[0] = (struct action){.kind = ACTION_FUNCTION_CALL,
                                 .call = {.method = SLICE("m"), .args = SLICE("args"), .gas = 7, .deposit = 9}};
    actions[1] = (struct action){.kind = ACTION_TRANSFER, .transfer = {.deposit = 5}};
    struct receipt r = {.kind = kind, .predecessor = alice, .receiver = contract, .id = {{9}}};
    if (receipt_has_actions(&r)) {
        r.signer = alice;
        r.refund_to = contract;
        r.gas_price = 1000000000;
        r.outputs = outputs;
        r.output_count = 2;
        r.inputs = inputs;
        r.input_count = 1;
        r.actions = actions;
        r.action_count = 2;
    } else if (kind == RECEIPT_GLOBAL) {
        r.global = (struct global_id){.kind = GLOBAL_BY_ACCOUNT, .account_id = alice};
        r.code = SLICE("code");
    } else {
        r.data_id = inputs[0];
        r.has_data = true;
        r.data = SLICE("value");
    }
    return r;
}

static void receipts_keep_what_they_hold(void **state)
{
    (void)state;
    for (int kind = RECEIPT_ACTION; kind <= RECEIPT_GLOBAL; kind++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf first = {0};
        AUTO(buf) struct buf second = {0};
        struct receipt r = sample((enum receipt_kind)kind), read;
        receipt_write(&first, &r);
        must(receipt_read(buf_slice(&first), &arena, &read));
        receipt_write(&second, &read);
        assert_int_equal(read.kind, kind);
        assert_true(slice_eq(buf_slice(&first), buf_slice(&second)));
        for (size_t len = 0; len < first.len; len++) {
            struct err *e = receipt_read(slice_first(buf_slice(&first), len), &arena, &read);
            assert_non_null(e);
            err_free(e);
        }
    }
}

static void a_receipt_carries_deposits_and_bought_gas(void **state)
{
    (void)state;
    struct receipt r = sample(RECEIPT_ACTION);
    u128 gas = (u128)108059500000 + 780000000000 + 5 * 2235934 + 115123062500 + 7;
    assert_true(runtime_receipt_value(&r) == 14 + gas * 1000000000);
    r.predecessor = account_id_system;
    assert_true(runtime_receipt_value(&r) == 14);
    r = sample(RECEIPT_DATA);
    assert_true(runtime_receipt_value(&r) == 0);
}

static void outcomes_keep_what_they_hold(void **state)
{
    (void)state;
    const struct slice logs[] = {SLICE("one"), SLICE("")};
    const struct hash ids[] = {{{1}}, {{2}}};
    const struct outcome_cost costs[] = {{SLICE("WASM_HOST_COST"), SLICE("BASE"), 12}};
    const enum outcome_status kinds[] = {OUTCOME_SUCCESS_VALUE, OUTCOME_SUCCESS_RECEIPT, OUTCOME_FAILURE};
    for (int i = 0; i < 3; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf first = {0};
        AUTO(buf) struct buf second = {0};
        const struct contract_ref contracts[] = {
            {.kind = CONTRACT_NONE},
            {.kind = CONTRACT_LOCAL, .code_hash = ids[0]},
            {.kind = CONTRACT_GLOBAL, .global = {.kind = GLOBAL_BY_HASH, .code_hash = ids[1]}},
            {.kind = CONTRACT_GLOBAL, .global = {.kind = GLOBAL_BY_ACCOUNT, .account_id = alice}},
        };
        struct outcome o = {.id = ids[0],
                            .executor = alice,
                            .status = kinds[i],
                            .value = SLICE("42"),
                            .receipt_id = ids[1],
                            .failure = SLICE("{}"),
                            .logs = logs,
                            .log_count = 2,
                            .receipt_ids = ids,
                            .receipt_id_count = 2,
                            .gas_burnt = UINT64_MAX,
                            .tokens_burnt = U128_MAX,
                            .profile = costs,
                            .profile_count = 1,
                            .contracts = contracts,
                            .contract_count = 4};
        struct outcome read;
        outcome_write(&first, &o);
        must(outcome_read(buf_slice(&first), &arena, &read));
        outcome_write(&second, &read);
        assert_true(slice_eq(buf_slice(&first), buf_slice(&second)));
        for (size_t len = 0; len < first.len; len++) {
            struct err *e = outcome_read(slice_first(buf_slice(&first), len), &arena, &read);
            assert_non_null(e);
            err_free(e);
        }
    }
}

/* Form 1, which older files hold, had only code hashes. */
static void outcomes_of_form_1_are_read(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes = {0};
    struct outcome o = {.executor = alice}, read;
    outcome_write(&bytes, &o);
    bytes.ptr[0] = 1;
    bytes.len -= 4;
    buf_append(&bytes, SLICE("\2\0\0\0"));
    for (int i = 0; i < 2 * HASH_LEN; i++)
        buf_append_byte(&bytes, i < HASH_LEN ? 0 : 7);
    must(outcome_read(buf_slice(&bytes), &arena, &read));
    assert_int_equal(read.contract_count, 2);
    assert_int_equal(read.contracts[0].kind, CONTRACT_NONE);
    assert_int_equal(read.contracts[1].kind, CONTRACT_LOCAL);
    assert_int_equal(read.contracts[1].code_hash.bytes[31], 7);
}

static void an_overlay_remembers_the_last_word_on_each_key(void **state)
{
    (void)state;
    struct overlay o = {0};
    AUTO(arena) struct arena arena = {0};
    assert_null(overlay_find(&o, SLICE("k")));
    for (int i = 0; i < 1000; i++)
        overlay_put(&o, slice_str(arena_fmt(&arena, "key %d", i)), SLICE("v"), true, false);
    overlay_put(&o, SLICE("key 7"), SLICE("w"), true, true);
    overlay_put(&o, SLICE("key 7"), SLICE(""), false, false);
    assert_int_equal(o.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_non_null(overlay_find(&o, slice_str(arena_fmt(&arena, "key %d", i))));
    const struct overlay_entry *e = overlay_find(&o, SLICE("key 7"));
    assert_true(!e->present && e->dirty);
    overlay_clear(&o);
    assert_null(overlay_find(&o, SLICE("key 7")));
    overlay_put(&o, SLICE(""), SLICE("empty key"), true, true);
    assert_non_null(overlay_find(&o, SLICE("")));
    overlay_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_the_worked_example),
        cmocka_unit_test(receipts_keep_what_they_hold),
        cmocka_unit_test(a_receipt_carries_deposits_and_bought_gas),
        cmocka_unit_test(outcomes_keep_what_they_hold),
        cmocka_unit_test(outcomes_of_form_1_are_read),
        cmocka_unit_test(an_overlay_remembers_the_last_word_on_each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
