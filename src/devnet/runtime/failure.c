#include "devnet/runtime/failure.h"
#include "codec/json_doc.h"

/* Enums that wrap a kind on its way out; GROUP_ACTION and GROUP_TX stand alone. */
enum group { GROUP_TX, GROUP_ACCESS_KEY, GROUP_VALIDATION, GROUP_ACTION };

struct shape {
    enum group group;
    const char *name;
    const char *fields[FAILURE_FIELDS_MAX]; /* none: the kind prints as a string */
};

static const struct shape shapes[FAIL_KIND_COUNT] = {
    [FAIL_INVALID_SIGNER_ID] = {GROUP_TX, "InvalidSignerId", {"signer_id"}},
    [FAIL_SIGNER_DOES_NOT_EXIST] = {GROUP_TX, "SignerDoesNotExist", {"signer_id"}},
    [FAIL_INVALID_NONCE] = {GROUP_TX, "InvalidNonce", {"tx_nonce", "ak_nonce"}},
    [FAIL_NONCE_TOO_LARGE] = {GROUP_TX, "NonceTooLarge", {"tx_nonce", "upper_bound"}},
    [FAIL_INVALID_SIGNATURE] = {GROUP_TX, "InvalidSignature", {0}},
    [FAIL_NOT_ENOUGH_BALANCE] = {GROUP_TX, "NotEnoughBalance", {"signer_id", "balance", "cost"}},
    [FAIL_TX_LACK_BALANCE_FOR_STATE] = {GROUP_TX, "LackBalanceForState", {"signer_id", "amount"}},
    [FAIL_COST_OVERFLOW] = {GROUP_TX, "CostOverflow", {0}},
    [FAIL_INVALID_CHAIN] = {GROUP_TX, "InvalidChain", {0}},
    [FAIL_EXPIRED] = {GROUP_TX, "Expired", {0}},
    [FAIL_TRANSACTION_SIZE_EXCEEDED] = {GROUP_TX, "TransactionSizeExceeded", {"size", "limit"}},

    [FAIL_INVALID_NONCE_INDEX] = {GROUP_TX, "InvalidNonceIndex", {"tx_nonce_index", "num_nonces"}},
    [FAIL_NOT_ENOUGH_GAS_KEY_BALANCE] = {GROUP_TX, "NotEnoughGasKeyBalance", {"signer_id", "balance", "cost"}},
    [FAIL_NOT_ENOUGH_BALANCE_FOR_DEPOSIT] = {GROUP_TX,
                                             "NotEnoughBalanceForDeposit",
                                             {"signer_id", "balance", "cost", "reason"}},

    [FAIL_ACCESS_KEY_NOT_FOUND] = {GROUP_ACCESS_KEY, "AccessKeyNotFound", {"account_id", "public_key"}},
    [FAIL_RECEIVER_MISMATCH] = {GROUP_ACCESS_KEY, "ReceiverMismatch", {"tx_receiver", "ak_receiver"}},
    [FAIL_METHOD_NAME_MISMATCH] = {GROUP_ACCESS_KEY, "MethodNameMismatch", {"method_name"}},
    [FAIL_REQUIRES_FULL_ACCESS] = {GROUP_ACCESS_KEY, "RequiresFullAccess", {0}},
    [FAIL_NOT_ENOUGH_ALLOWANCE] = {GROUP_ACCESS_KEY, "NotEnoughAllowance", {"account_id", "public_key", "allowance", "cost"}},
    [FAIL_DEPOSIT_WITH_FUNCTION_CALL] = {GROUP_ACCESS_KEY, "DepositWithFunctionCall", {0}},
    [FAIL_DELEGATE_REQUIRES_NON_GAS_KEY] = {GROUP_ACCESS_KEY, "DelegateActionRequiresNonGasKey", {0}},

    [FAIL_DELETE_ACTION_MUST_BE_FINAL] = {GROUP_VALIDATION, "DeleteActionMustBeFinal", {0}},
    [FAIL_TOTAL_PREPAID_GAS_EXCEEDED] = {GROUP_VALIDATION, "TotalPrepaidGasExceeded", {"total_prepaid_gas", "limit"}},
    [FAIL_TOTAL_NUMBER_OF_ACTIONS_EXCEEDED] = {GROUP_VALIDATION,
                                               "TotalNumberOfActionsExceeded",
                                               {"total_number_of_actions", "limit"}},
    [FAIL_TOTAL_NUMBER_OF_DEPLOY_ACTIONS_EXCEEDED] = {GROUP_VALIDATION,
                                                      "TotalNumberOfDeployActionsExceeded",
                                                      {"total_number_of_deploy_actions", "limit"}},
    [FAIL_ADD_KEY_METHOD_NAMES_TOO_LONG] = {GROUP_VALIDATION,
                                            "AddKeyMethodNamesNumberOfBytesExceeded",
                                            {"total_number_of_bytes", "limit"}},
    [FAIL_ADD_KEY_METHOD_NAME_TOO_LONG] = {GROUP_VALIDATION, "AddKeyMethodNameLengthExceeded", {"length", "limit"}},
    [FAIL_INVALID_ACCOUNT_ID] = {GROUP_VALIDATION, "InvalidAccountId", {"account_id"}},
    [FAIL_CONTRACT_SIZE_EXCEEDED] = {GROUP_VALIDATION, "ContractSizeExceeded", {"size", "limit"}},
    [FAIL_METHOD_NAME_TOO_LONG] = {GROUP_VALIDATION, "FunctionCallMethodNameLengthExceeded", {"length", "limit"}},
    [FAIL_ARGUMENTS_TOO_LONG] = {GROUP_VALIDATION, "FunctionCallArgumentsLengthExceeded", {"length", "limit"}},
    [FAIL_UNSUITABLE_STAKING_KEY] = {GROUP_VALIDATION, "UnsuitableStakingKey", {"public_key"}},
    [FAIL_ZERO_ATTACHED_GAS] = {GROUP_VALIDATION, "FunctionCallZeroAttachedGas", {0}},
    [FAIL_DELEGATE_MUST_BE_ONLY_ONE] = {GROUP_VALIDATION, "DelegateActionMustBeOnlyOne", {0}},
    [FAIL_STATE_INIT_RECEIVER] = {GROUP_VALIDATION, "InvalidDeterministicStateInitReceiver", {"receiver_id", "derived_id"}},
    [FAIL_STATE_INIT_KEY_TOO_LONG] = {GROUP_VALIDATION, "DeterministicStateInitKeyLengthExceeded", {"length", "limit"}},
    [FAIL_STATE_INIT_VALUE_TOO_LONG] = {GROUP_VALIDATION, "DeterministicStateInitValueLengthExceeded", {"length", "limit"}},
    [FAIL_GAS_KEY_INVALID_NUM_NONCES] = {GROUP_VALIDATION, "GasKeyInvalidNumNonces", {"requested_nonces", "limit"}},
    [FAIL_ADD_GAS_KEY_WITH_BALANCE] = {GROUP_VALIDATION, "AddGasKeyWithNonZeroBalance", {"balance"}},
    [FAIL_GAS_KEY_ALLOWANCE] = {GROUP_VALIDATION, "GasKeyFunctionCallAllowanceNotAllowed", {0}},

    [FAIL_ACCOUNT_ALREADY_EXISTS] = {GROUP_ACTION, "AccountAlreadyExists", {"account_id"}},
    [FAIL_ACCOUNT_DOES_NOT_EXIST] = {GROUP_ACTION, "AccountDoesNotExist", {"account_id"}},
    [FAIL_CREATE_ACCOUNT_ONLY_BY_REGISTRAR] = {GROUP_ACTION,
                                               "CreateAccountOnlyByRegistrar",
                                               {"account_id", "registrar_account_id", "predecessor_id"}},
    [FAIL_CREATE_ACCOUNT_NOT_ALLOWED] = {GROUP_ACTION, "CreateAccountNotAllowed", {"account_id", "predecessor_id"}},
    [FAIL_ACTOR_NO_PERMISSION] = {GROUP_ACTION, "ActorNoPermission", {"account_id", "actor_id"}},
    [FAIL_DELETE_KEY_DOES_NOT_EXIST] = {GROUP_ACTION, "DeleteKeyDoesNotExist", {"account_id", "public_key"}},
    [FAIL_ADD_KEY_ALREADY_EXISTS] = {GROUP_ACTION, "AddKeyAlreadyExists", {"account_id", "public_key"}},
    [FAIL_DELETE_ACCOUNT_STAKING] = {GROUP_ACTION, "DeleteAccountStaking", {"account_id"}},
    [FAIL_LACK_BALANCE_FOR_STATE] = {GROUP_ACTION, "LackBalanceForState", {"account_id", "amount"}},
    [FAIL_TRIES_TO_UNSTAKE] = {GROUP_ACTION, "TriesToUnstake", {"account_id"}},
    [FAIL_TRIES_TO_STAKE] = {GROUP_ACTION, "TriesToStake", {"account_id", "stake", "locked", "balance"}},
    [FAIL_FUNCTION_CALL] = {GROUP_ACTION, "FunctionCallError", {""}},
    [FAIL_ONLY_IMPLICIT_CREATION] = {GROUP_ACTION, "OnlyImplicitAccountCreationAllowed", {"account_id"}},
    [FAIL_DELETE_ACCOUNT_LARGE_STATE] = {GROUP_ACTION, "DeleteAccountWithLargeState", {"account_id"}},
    [FAIL_DELEGATE_INVALID_SIGNATURE] = {GROUP_ACTION, "DelegateActionInvalidSignature", {0}},
    [FAIL_DELEGATE_EXPIRED] = {GROUP_ACTION, "DelegateActionExpired", {0}},
    [FAIL_DELEGATE_SENDER_IS_NOT_RECEIVER] = {GROUP_ACTION,
                                              "DelegateActionSenderDoesNotMatchTxReceiver",
                                              {"sender_id", "receiver_id"}},
    [FAIL_DELEGATE_INVALID_NONCE] = {GROUP_ACTION, "DelegateActionInvalidNonce", {"delegate_nonce", "ak_nonce"}},
    [FAIL_GLOBAL_CONTRACT_DOES_NOT_EXIST] = {GROUP_ACTION, "GlobalContractDoesNotExist", {"identifier"}},
    [FAIL_DELEGATE_NONCE_TOO_LARGE] = {GROUP_ACTION, "DelegateActionNonceTooLarge", {"delegate_nonce", "upper_bound"}},
    [FAIL_GAS_KEY_DOES_NOT_EXIST] = {GROUP_ACTION, "GasKeyDoesNotExist", {"account_id", "public_key"}},
    [FAIL_INSUFFICIENT_GAS_KEY_BALANCE] = {GROUP_ACTION,
                                           "InsufficientGasKeyBalance",
                                           {"account_id", "public_key", "balance", "required"}},
    [FAIL_GAS_KEY_BALANCE_TOO_HIGH] = {GROUP_ACTION, "GasKeyBalanceTooHigh", {"account_id", "public_key", "balance"}},
};

static void write_string(struct buf *out, struct slice text)
{
    AUTO(json) json_t *value = json_doc_string(text);
    json_doc_write(value, out);
}

static void write_value(struct buf *out, const struct failure_value *v)
{
    char digits[U128_DIGITS_MAX], key[KEY_TEXT_MAX];
    switch (v->type) {
    case FAILURE_VALUE_STR:
        write_string(out, v->text);
        break;
    case FAILURE_VALUE_OWN_ID:
        write_string(out, account_id_slice(&v->id));
        break;
    case FAILURE_VALUE_KEY:
        buf_append_fmt(out, "\"%s\"", public_key_text(v->key, key));
        break;
    case FAILURE_VALUE_JSON:
        buf_append(out, v->text);
        break;
    case FAILURE_VALUE_U64:
        buf_append(out, slice_from(digits, u128_format(v->number, digits)));
        break;
    case FAILURE_VALUE_MONEY:
        write_string(out, slice_from(digits, u128_format(v->number, digits)));
        break;
    }
}

/* "Name", {"Name":{fields…}}, or {"Name":value} for a shape whose only field has no name. */
static void write_kind(struct buf *out, const struct failure *f)
{
    const struct shape *shape = &shapes[f->kind];
    if (!shape->fields[0]) {
        buf_append_fmt(out, "\"%s\"", shape->name);
        return;
    }
    buf_append_fmt(out, "{\"%s\":", shape->name);
    bool named = shape->fields[0][0] != '\0';
    for (size_t i = 0; i < FAILURE_FIELDS_MAX && shape->fields[i]; i++) {
        if (named)
            buf_append_fmt(out, "%c\"%s\":", i ? ',' : '{', shape->fields[i]);
        write_value(out, &f->values[i]);
    }
    buf_append_str(out, named ? "}}" : "}");
}

static void write_tx(struct buf *out, const struct failure *f)
{
    static const char *const wrappers[] = {
        [GROUP_ACCESS_KEY] = "InvalidAccessKeyError", [GROUP_VALIDATION] = "ActionsValidation", [GROUP_ACTION] = NULL};
    const char *wrapper = wrappers[shapes[f->kind].group];
    if (wrapper)
        buf_append_fmt(out, "{\"%s\":", wrapper);
    write_kind(out, f);
    if (wrapper)
        buf_append_byte(out, '}');
}

const char *failure_tx_json(const struct failure *f, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    write_tx(&out, f);
    return arena_str(arena, buf_slice(&out));
}

const char *failure_tx_status_json(const struct failure *f, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    buf_append_str(&out, "{\"InvalidTxError\":");
    write_tx(&out, f);
    buf_append_byte(&out, '}');
    return arena_str(arena, buf_slice(&out));
}

const char *failure_action_json(const struct failure *f, long index, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    buf_append_str(&out, "{\"ActionError\":{\"index\":");
    if (index < 0)
        buf_append_str(&out, "null");
    else
        buf_append_fmt(&out, "%ld", index);
    buf_append_str(&out, ",\"kind\":");
    static const struct {
        const char *before, *after;
    } wrappers[] = {
        [GROUP_ACTION] = {"", ""},
        [GROUP_ACCESS_KEY] = {"{\"DelegateActionAccessKeyError\":", "}"},
        [GROUP_VALIDATION] = {"{\"NewReceiptValidationError\":{\"ActionsValidation\":", "}}"},
    };
    enum group group = shapes[f->kind].group;
    buf_append_str(&out, wrappers[group].before);
    write_kind(&out, f);
    buf_append_str(&out, wrappers[group].after);
    buf_append_str(&out, "}}");
    return arena_str(arena, buf_slice(&out));
}
