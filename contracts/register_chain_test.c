/* The register contract on the chain: the access key that a registration leaves
 * on its account, and the state of the existing contract taken over. */
#include "codec/borsh.h"
#include "register_world.h"

static void a_registered_key_may_answer_requests_and_nothing_else(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct chain_block head;
    struct account_id contract = id_of(CONTRACT);
    struct public_key public_key = secret_key_public(&w->key);
    static const char *const methods[] = {"resolve_execution", "submit_execution_output_and_resolve", "resume_topup",
                                          "resume_delete_payment_key"};
    make_ready(w);
    must_call(w, &w->worker, "register_worker_key", registration(w));
    head = head_of(w->c);
    must(chain_view_key(w->c, &head, &contract, &public_key, &w->arena, &key));
    assert_int_equal(key.permission, PERMISSION_FUNCTION_CALL);
    assert_true(key.has_allowance && key.allowance == 10 * NEAR);
    assert_true(slice_eq_str(key.receiver_id, "outlayer.near"));
    assert_int_equal(key.method_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(slice_eq_str(key.method_names[i], methods[i]));
}

static void a_removed_key_is_gone_from_the_account(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct account_id contract = id_of(CONTRACT);
    struct public_key public_key = secret_key_public(&w->key);
    make_ready(w);
    must_call(w, &w->worker, "register_worker_key", registration(w));
    must_call(w, &w->owner, "remove_worker_keys_by_measurements", json_pack("{s:o}", "measurements", measurements_value(w)));
    struct chain_block head = head_of(w->c);
    must_fail(chain_view_key(w->c, &head, &contract, &public_key, &w->arena, &key), ERR_NOT_FOUND);
    must_call(w, &w->worker, "register_worker_key", registration(w)); /* while no nonce is required, it may come back */
}

/* The state of the existing contract, in both of its layouts. */
static void put_old_state(struct world *w, bool one_collateral)
{
    AUTO(buf) struct buf old = {0}, hex = {0};
    hex_append(&hex, slice_from(w->measurements.of[0], 48));
    borsh_write_string(&old, SLICE(OWNER));
    borsh_write_string(&old, SLICE(WORKER));
    borsh_write_u32(&old, 1);
    for (size_t i = 0; i < 5; i++)
        borsh_write_string(&old, buf_slice(&hex));
    if (one_collateral)
        borsh_write_u8(&old, 1);
    else
        borsh_write_u32(&old, 1);
    borsh_write_string(&old, SLICE("{\"tcb_info\":\"of long ago\"}"));
    borsh_write_string(&old, SLICE("outlayer.near"));
    const struct chain_patch record = {
        .kind = CHAIN_PATCH_DATA, .account_id = id_of(CONTRACT), .data_key = SLICE("STATE"), .value = buf_slice(&old)};
    must(chain_patch_state(w->c, &record, 1));
}

static void assert_taken_over(struct world *w, bool one_collateral)
{
    put_old_state(w, one_collateral);
    struct chain_tx_status s = call(w, &w->owner, "migrate", json_object());
    assert_non_null(strstr(arena_str(&w->arena, s.receipts[0].outcome.failure), "Method migrate is private"));
    s = call(w, &w->contract, "migrate", json_object());
    const struct outcome *o = success_of(&s, 0);
    assert_int_equal(o->log_count, 1);
    assert_true(slice_starts_with(o->logs[0], SLICE("Collateral was not taken over: Failed to parse "
                                                    "collateral: Missing or invalid field")));
    s = call(w, &w->owner, "is_measurements_approved", json_pack("{s:o}", "measurements", measurements_value(w)));
    assert_true(slice_eq_str(success_of(&s, 0)->value, "true"));
    s = call(w, &w->owner, "get_outlayer_contract", json_object());
    assert_true(slice_eq_str(success_of(&s, 0)->value, "\"outlayer.near\""));
    s = call(w, &w->contract, "migrate", json_object()); /* once */
    assert_non_null(strstr(arena_str(&w->arena, s.receipts[0].outcome.failure), "Failed to read old state"));
}

static void the_state_of_the_existing_contract_is_taken_over(void **state)
{
    assert_taken_over(*state, false);
}

static void so_is_that_of_its_older_layout(void **state)
{
    assert_taken_over(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_registered_key_may_answer_requests_and_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(a_removed_key_is_gone_from_the_account, begin, end),
        cmocka_unit_test_setup_teardown(the_state_of_the_existing_contract_is_taken_over, begin, end),
        cmocka_unit_test_setup_teardown(so_is_that_of_its_older_layout, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
