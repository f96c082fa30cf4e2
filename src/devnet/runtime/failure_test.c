/* Failures as clients see them, one of each form. */
#include "devnet/runtime/failure.h"
#include <setjmp.h>
#include <stdarg.h>
/**/
#include <cmocka.h>

static void assert_tx(struct failure f, const char *json)
{
    AUTO(arena) struct arena arena = {0};
    assert_string_equal(failure_tx_json(&f, &arena), json);
}

static void assert_action(struct failure f, long index, const char *json)
{
    AUTO(arena) struct arena arena = {0};
    assert_string_equal(failure_action_json(&f, index, &arena), json);
}

static void unit_variants_are_strings(void **state)
{
    (void)state;
    assert_tx(failure_of(FAIL_EXPIRED), "\"Expired\"");
    assert_tx(failure_of(FAIL_REQUIRES_FULL_ACCESS), "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    AUTO(arena) struct arena arena = {0};
    struct failure f = failure_of(FAIL_EXPIRED);
    assert_string_equal(failure_tx_status_json(&f, &arena), "{\"InvalidTxError\":\"Expired\"}");
}

static void money_is_text_and_numbers_keep_all_digits(void **state)
{
    (void)state;
    assert_tx(failure_of(FAIL_INVALID_NONCE, FAIL_U64(UINT64_MAX), FAIL_U64(9)),
              "{\"InvalidNonce\":{\"tx_nonce\":18446744073709551615,\"ak_nonce\":9}}");
    assert_tx(failure_of(FAIL_NOT_ENOUGH_BALANCE, FAIL_STR(SLICE("a.near")), FAIL_MONEY(0), FAIL_MONEY(U128_MAX)),
              "{\"NotEnoughBalance\":{\"signer_id\":\"a.near\",\"balance\":\"0\",\"cost\":"
              "\"340282366920938463463374607431768211455\"}}");
}

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_tx(failure_of(FAIL_METHOD_NAME_MISMATCH, FAIL_STR(SLICE("a\"b\n\xff"))),
              "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"a\\\"b\\n\xef\xbf\xbd\"}}}");
}

static void action_failures_carry_their_index(void **state)
{
    (void)state;
    struct public_key key = {.curve = KEY_ED25519};
    assert_action(failure_of(FAIL_ACCOUNT_DOES_NOT_EXIST, FAIL_STR(SLICE("x.test"))), 1,
                  "{\"ActionError\":{\"index\":1,\"kind\":{\"AccountDoesNotExist\":{\"account_id\":\"x.test\"}}}}");
    assert_action(
        failure_of(FAIL_DELETE_KEY_DOES_NOT_EXIST, FAIL_STR(SLICE("x.test")), FAIL_KEY(&key)), -1,
        "{\"ActionError\":{\"index\":null,\"kind\":{\"DeleteKeyDoesNotExist\":{\"account_id\":\"x.test\",\"public_key\":"
        "\"ed25519:11111111111111111111111111111111\"}}}}");
    assert_action(
        failure_of(FAIL_FUNCTION_CALL, FAIL_JSON(SLICE("{\"MethodResolveError\":\"MethodNotFound\"}"))), 0,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}}}");
    assert_action(failure_of(FAIL_ZERO_ATTACHED_GAS), 0,
                  "{\"ActionError\":{\"index\":0,\"kind\":{\"NewReceiptValidationError\":{\"ActionsValidation\":"
                  "\"FunctionCallZeroAttachedGas\"}}}}");
    assert_action(failure_of(FAIL_REQUIRES_FULL_ACCESS), 2,
                  "{\"ActionError\":{\"index\":2,\"kind\":{\"DelegateActionAccessKeyError\":\"RequiresFullAccess\"}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unit_variants_are_strings),
        cmocka_unit_test(money_is_text_and_numbers_keep_all_digits),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(action_failures_carry_their_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
