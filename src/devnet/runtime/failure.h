/* Why a transaction was refused or a receipt failed, as a value, and the JSON a client sees of it.
 *
 *     failure_of(FAIL_ACTOR_NO_PERMISSION, FAIL_STR(account), FAIL_STR(actor))
 *     → {"ActorNoPermission":{"account_id":"…","actor_id":"…"}}
 *
 * One table in failure.c has each kind's name, the enums it is nested in and its fields in order. Money prints as a decimal string, gas,
 * nonces and sizes as numbers.
 * Source: NEAR protocol 85, ActionErrorKind and TxExecutionError.
 */
#pragma once
#include "base/arena.h"
#include "base/u128.h"
#include "near/account_id.h"
#include "near/key.h"

enum failure_kind {
    FAIL_NONE,
    /* InvalidTxError */
    FAIL_INVALID_SIGNER_ID,
    FAIL_SIGNER_DOES_NOT_EXIST,
    FAIL_INVALID_NONCE,
    FAIL_NONCE_TOO_LARGE,
    FAIL_INVALID_SIGNATURE,
    FAIL_NOT_ENOUGH_BALANCE,
    FAIL_TX_LACK_BALANCE_FOR_STATE,
    FAIL_COST_OVERFLOW,
    FAIL_INVALID_CHAIN,
    FAIL_EXPIRED,
    FAIL_TRANSACTION_SIZE_EXCEEDED,
    FAIL_INVALID_NONCE_INDEX,
    FAIL_NOT_ENOUGH_GAS_KEY_BALANCE,
    FAIL_NOT_ENOUGH_BALANCE_FOR_DEPOSIT,
    /* InvalidTxError.InvalidAccessKeyError; of a delegated action DelegateActionAccessKeyError */
    FAIL_ACCESS_KEY_NOT_FOUND,
    FAIL_RECEIVER_MISMATCH,
    FAIL_METHOD_NAME_MISMATCH,
    FAIL_REQUIRES_FULL_ACCESS,
    FAIL_NOT_ENOUGH_ALLOWANCE,
    FAIL_DEPOSIT_WITH_FUNCTION_CALL,
    FAIL_DELEGATE_REQUIRES_NON_GAS_KEY,
    /* ActionsValidation, in a transaction or a new receipt */
    FAIL_DELETE_ACTION_MUST_BE_FINAL,
    FAIL_TOTAL_PREPAID_GAS_EXCEEDED,
    FAIL_TOTAL_NUMBER_OF_ACTIONS_EXCEEDED,
    FAIL_TOTAL_NUMBER_OF_DEPLOY_ACTIONS_EXCEEDED,
    FAIL_ADD_KEY_METHOD_NAMES_TOO_LONG,
    FAIL_ADD_KEY_METHOD_NAME_TOO_LONG,
    FAIL_INVALID_ACCOUNT_ID,
    FAIL_CONTRACT_SIZE_EXCEEDED,
    FAIL_METHOD_NAME_TOO_LONG,
    FAIL_ARGUMENTS_TOO_LONG,
    FAIL_UNSUITABLE_STAKING_KEY,
    FAIL_ZERO_ATTACHED_GAS,
    FAIL_DELEGATE_MUST_BE_ONLY_ONE,
    FAIL_STATE_INIT_RECEIVER,
    FAIL_STATE_INIT_KEY_TOO_LONG,
    FAIL_STATE_INIT_VALUE_TOO_LONG,
    FAIL_GAS_KEY_INVALID_NUM_NONCES,
    FAIL_ADD_GAS_KEY_WITH_BALANCE,
    FAIL_GAS_KEY_ALLOWANCE,
    /* ActionErrorKind */
    FAIL_ACCOUNT_ALREADY_EXISTS,
    FAIL_ACCOUNT_DOES_NOT_EXIST,
    FAIL_CREATE_ACCOUNT_ONLY_BY_REGISTRAR,
    FAIL_CREATE_ACCOUNT_NOT_ALLOWED,
    FAIL_ACTOR_NO_PERMISSION,
    FAIL_DELETE_KEY_DOES_NOT_EXIST,
    FAIL_ADD_KEY_ALREADY_EXISTS,
    FAIL_DELETE_ACCOUNT_STAKING,
    FAIL_LACK_BALANCE_FOR_STATE,
    FAIL_TRIES_TO_UNSTAKE,
    FAIL_TRIES_TO_STAKE,
    FAIL_FUNCTION_CALL, /* one value: the FunctionCallError as JSON */
    FAIL_ONLY_IMPLICIT_CREATION,
    FAIL_DELETE_ACCOUNT_LARGE_STATE,
    FAIL_DELEGATE_INVALID_SIGNATURE,
    FAIL_DELEGATE_EXPIRED,
    FAIL_DELEGATE_SENDER_IS_NOT_RECEIVER,
    FAIL_DELEGATE_INVALID_NONCE,
    FAIL_DELEGATE_NONCE_TOO_LARGE,
    FAIL_GLOBAL_CONTRACT_DOES_NOT_EXIST,
    FAIL_GAS_KEY_DOES_NOT_EXIST,
    FAIL_INSUFFICIENT_GAS_KEY_BALANCE,
    FAIL_GAS_KEY_BALANCE_TOO_HIGH,
    FAIL_KIND_COUNT
};

enum { FAILURE_FIELDS_MAX = 4 };

struct failure_value {
    enum {
        FAILURE_VALUE_STR = 1,
        FAILURE_VALUE_U64,
        FAILURE_VALUE_MONEY,
        FAILURE_VALUE_KEY,
        FAILURE_VALUE_JSON,
        FAILURE_VALUE_OWN_ID
    } type;
    struct slice text;            /* must live as long as the failure */
    const struct public_key *key; /* likewise */
    u128 number;
    struct account_id id; /* FAILURE_VALUE_OWN_ID: one that lives nowhere else */
};

#define FAIL_STR(slice_)    ((struct failure_value){.type = FAILURE_VALUE_STR, .text = (slice_)})
#define FAIL_ID(account_)   FAIL_STR(account_id_slice(account_))
#define FAIL_OWN_ID(id_)    ((struct failure_value){.type = FAILURE_VALUE_OWN_ID, .id = (id_)})
#define FAIL_U64(number_)   ((struct failure_value){.type = FAILURE_VALUE_U64, .number = (number_)})
#define FAIL_MONEY(number_) ((struct failure_value){.type = FAILURE_VALUE_MONEY, .number = (number_)})
#define FAIL_KEY(key_)      ((struct failure_value){.type = FAILURE_VALUE_KEY, .key = (key_)})
#define FAIL_JSON(slice_)   ((struct failure_value){.type = FAILURE_VALUE_JSON, .text = (slice_)})
#define FAIL_NULL           FAIL_JSON(SLICE("null"))

struct failure {
    enum failure_kind kind; /* FAIL_NONE: no failure */
    struct failure_value values[FAILURE_FIELDS_MAX];
};

#define failure_of(kind_, ...) ((struct failure){.kind = (kind_), .values = {__VA_ARGS__}})

/* What goes after "InvalidTxError":. Terminated, in `arena`. */
const char *failure_tx_json(const struct failure *f, struct arena *arena);

/* {"InvalidTxError":…}, as an outcome has it. */
const char *failure_tx_status_json(const struct failure *f, struct arena *arena);

/* {"ActionError":{"index":…,"kind":…}}; an index below 0 prints null. A failure of validation is that of a new receipt. */
const char *failure_action_json(const struct failure *f, long index, struct arena *arena);
