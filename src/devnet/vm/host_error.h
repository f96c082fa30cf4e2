/* The errors a host function can end a call with: their names, texts and fields as the reference prints them.
 * Source: NEAR protocol 85, HostError. */
#pragma once
#include "base/arena.h"

/* name, text for clients, names of the number fields, name of the text field. In a text {a} and {b} are the numbers and {s} the
 * text. */
#define HOST_ERRORS(X)                                                                                                         \
    X(BAD_UTF8, "BadUTF8", "String encoding is bad UTF-8 sequence.", NULL, NULL, NULL)                                         \
    X(BAD_UTF16, "BadUTF16", "String encoding is bad UTF-16 sequence.", NULL, NULL, NULL)                                      \
    X(GAS_EXCEEDED, "GasExceeded", "Exceeded the prepaid gas.", NULL, NULL, NULL)                                              \
    X(GAS_LIMIT_EXCEEDED, "GasLimitExceeded", "Exceeded the maximum amount of gas allowed to burn per contract.", NULL, NULL,  \
      NULL)                                                                                                                    \
    X(BALANCE_EXCEEDED, "BalanceExceeded", "Exceeded the account balance.", NULL, NULL, NULL)                                  \
    X(EMPTY_METHOD_NAME, "EmptyMethodName", "Tried to call an empty method name.", NULL, NULL, NULL)                           \
    X(GUEST_PANIC, "GuestPanic", "Smart contract panicked: {s}", NULL, NULL, "panic_msg")                                      \
    X(INTEGER_OVERFLOW, "IntegerOverflow", "Integer overflow.", NULL, NULL, NULL)                                              \
    X(INVALID_PROMISE_INDEX, "InvalidPromiseIndex", "{a} does not correspond to existing promises", "promise_idx", NULL, NULL) \
    X(CANNOT_APPEND_TO_JOINT, "CannotAppendActionToJointPromise", "Actions can only be appended to non-joint promise.", NULL,  \
      NULL, NULL)                                                                                                              \
    X(CANNOT_RETURN_JOINT, "CannotReturnJointPromise", "Returning joint promise is currently prohibited.", NULL, NULL, NULL)   \
    X(CANNOT_REFUND_JOINT, "CannotSetRefundToOnJointPromise", "Setting refund_to on a joint promise is prohibited.", NULL,     \
      NULL, NULL)                                                                                                              \
    X(INVALID_PROMISE_RESULT_INDEX, "InvalidPromiseResultIndex", "Accessed invalid promise result index: {a}", "result_idx",   \
      NULL, NULL)                                                                                                              \
    X(INVALID_REGISTER_ID, "InvalidRegisterId", "Accessed invalid register id: {a}", "register_id", NULL, NULL)                \
    X(MEMORY_ACCESS_VIOLATION, "MemoryAccessViolation", "Accessed memory outside the bounds.", NULL, NULL, NULL)               \
    X(INVALID_ACTION_INDEX, "InvalidActionIndex", "Action {b} in receipt {a} does not exist or has the wrong type of action.", \
      "receipt_index", "action_index", NULL)                                                                                   \
    X(CONTRACT_CODE_HASH_MALFORMED, "ContractCodeHashMalformed", "contract code hash is malformed", NULL, NULL, NULL)          \
    X(DATA_ENTRY_ALREADY_EXISTS, "DataEntryAlreadyExists", "Data entry for given key already exists", NULL, NULL, NULL)        \
    X(INVALID_ACCOUNT_ID, "InvalidAccountId", "VM Logic returned an invalid account id", NULL, NULL, NULL)                     \
    X(INVALID_METHOD_NAME, "InvalidMethodName", "VM Logic returned an invalid method name", NULL, NULL, NULL)                  \
    X(INVALID_PUBLIC_KEY, "InvalidPublicKey", "VM Logic provided an invalid public key", NULL, NULL, NULL)                     \
    X(PROHIBITED_IN_VIEW, "ProhibitedInView", "{s} is not allowed in view calls", NULL, NULL, "method_name")                   \
    X(NUMBER_OF_LOGS_EXCEEDED, "NumberOfLogsExceeded", "The number of logs will exceed the limit {a}", "limit", NULL, NULL)    \
    X(KEY_LENGTH_EXCEEDED, "KeyLengthExceeded", "The length of a storage key {a} exceeds the limit {b}", "length", "limit",    \
      NULL)                                                                                                                    \
    X(VALUE_LENGTH_EXCEEDED, "ValueLengthExceeded", "The length of a storage value {a} exceeds the limit {b}", "length",       \
      "limit", NULL)                                                                                                           \
    X(TOTAL_LOG_LENGTH_EXCEEDED, "TotalLogLengthExceeded", "The length of a log message {a} exceeds the limit {b}", "length",  \
      "limit", NULL)                                                                                                           \
    X(NUMBER_PROMISES_EXCEEDED, "NumberPromisesExceeded",                                                                      \
      "The number of promises within a FunctionCall {a} exceeds the limit {b}", "number_of_promises", "limit", NULL)           \
    X(NUMBER_DEPENDENCIES_EXCEEDED, "NumberInputDataDependenciesExceeded",                                                     \
      "The number of input data dependencies {a} exceeds the limit {b}", "number_of_input_data_dependencies", "limit", NULL)   \
    X(RETURNED_VALUE_LENGTH_EXCEEDED, "ReturnedValueLengthExceeded",                                                           \
      "The length of a returned value {a} exceeds the limit {b}", "length", "limit", NULL)                                     \
    X(CONTRACT_SIZE_EXCEEDED, "ContractSizeExceeded",                                                                          \
      "The size of a contract code in DeployContract action {a} exceeds the limit {b}", "size", "limit", NULL)                 \
    X(DEPRECATED, "Deprecated", "Attempted to call deprecated host function {s}", NULL, NULL, "method_name")                   \
    X(ECRECOVER_ERROR, "ECRecoverError", "ECDSA recover error: {s}", NULL, NULL, "msg")                                        \
    X(ALT_BN128_INVALID_INPUT, "AltBn128InvalidInput", "AltBn128 invalid input: {s}", NULL, NULL, "msg")                       \
    X(BLS12381_INVALID_INPUT, "BLS12381InvalidInput", "BLS12-381 invalid input: {s}", NULL, NULL, "msg")                       \
    X(ED25519_VERIFY_INVALID_INPUT, "Ed25519VerifyInvalidInput", "ED25519 signature verification error: {s}", NULL, NULL,      \
      "msg")                                                                                                                   \
    X(P256_VERIFY_INVALID_INPUT, "P256VerifyInvalidInput", "P256 signature verification error: {s}", NULL, NULL, "msg")        \
    X(YIELD_PAYLOAD_LENGTH, "YieldPayloadLength", "Yield resume payload is {a} bytes which exceeds the {b} byte limit",        \
      "length", "limit", NULL)                                                                                                 \
    X(DATA_ID_MALFORMED, "DataIdMalformed", "yield resumption token is malformed", NULL, NULL, NULL)                           \
    X(YIELD_ID_MALFORMED, "YieldIdMalformed", "yield id is malformed", NULL, NULL, NULL)

enum host_error_kind {
    HOST_OK,
#define X(id, name, text, a, b, s) HOST_##id,
    HOST_ERRORS(X)
#undef X
};

struct host_error {
    enum host_error_kind kind;
    uint64_t a, b;
    struct slice text;
};

/* "GasExceeded" */
const char *host_error_name(const struct host_error *e);

/* The sentence that follows "ExecutionError" for clients. */
const char *host_error_text(const struct host_error *e, struct arena *arena);

/* As view calls report it: "HostError(KeyLengthExceeded { length: 3000, limit: 2048 })". */
const char *host_error_debug(const struct host_error *e, struct arena *arena);
