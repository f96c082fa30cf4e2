#include "engine/host.h"
#include "engine/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct host_function host_functions[HOST_OPS] = {
    [HOST_RPC_VIEW] = {HOST_RPC, "view", "ssss", "ss"},
    [HOST_RPC_VIEW_ACCOUNT] = {HOST_RPC, "view-account", "ss", "ss"},
    [HOST_RPC_VIEW_ACCESS_KEY] = {HOST_RPC, "view-access-key", "sss", "ss"},
    [HOST_RPC_VIEW_ACCESS_KEY_LIST] = {HOST_RPC, "view-access-key-list", "ss", "ss"},
    [HOST_RPC_VIEW_CODE] = {HOST_RPC, "view-code", "ss", "ss"},
    [HOST_RPC_VIEW_STATE] = {HOST_RPC, "view-state", "sss", "ss"},
    [HOST_RPC_BLOCK] = {HOST_RPC, "block", "s", "ss"},
    [HOST_RPC_CHUNK] = {HOST_RPC, "chunk", "s", "ss"},
    [HOST_RPC_CHANGES] = {HOST_RPC, "changes", "s", "ss"},
    [HOST_RPC_SEND_TX] = {HOST_RPC, "send-tx", "ss", "ss"},
    [HOST_RPC_TX_STATUS] = {HOST_RPC, "tx-status", "sss", "ss"},
    [HOST_RPC_RECEIPT] = {HOST_RPC, "receipt", "s", "ss"},
    [HOST_RPC_CALL] = {HOST_RPC, "call", "ssssssss", "ss"},
    [HOST_RPC_TRANSFER] = {HOST_RPC, "transfer", "sssss", "ss"},
    [HOST_RPC_GAS_PRICE] = {HOST_RPC, "gas-price", "s", "ss"},
    [HOST_RPC_STATUS] = {HOST_RPC, "status", "", "ss"},
    [HOST_RPC_NETWORK_INFO] = {HOST_RPC, "network-info", "", "ss"},
    [HOST_RPC_VALIDATORS] = {HOST_RPC, "validators", "s", "ss"},
    [HOST_RPC_RAW] = {HOST_RPC, "raw", "ss", "ss"},
    [HOST_STORAGE_SET] = {HOST_STORAGE, "set", "sb", "s"},
    [HOST_STORAGE_GET] = {HOST_STORAGE, "get", "s", "bs"},
    [HOST_STORAGE_HAS] = {HOST_STORAGE, "has", "s", "t"},
    [HOST_STORAGE_DELETE] = {HOST_STORAGE, "delete", "s", "t"},
    [HOST_STORAGE_LIST_KEYS] = {HOST_STORAGE, "list-keys", "s", "ss"},
    [HOST_STORAGE_SET_IF_ABSENT] = {HOST_STORAGE, "set-if-absent", "sb", "ts"},
    [HOST_STORAGE_SET_IF_EQUALS] = {HOST_STORAGE, "set-if-equals", "sbb", "tbs"},
    [HOST_STORAGE_INCREMENT] = {HOST_STORAGE, "increment", "si", "is"},
    [HOST_STORAGE_DECREMENT] = {HOST_STORAGE, "decrement", "si", "is"},
    [HOST_STORAGE_SET_WORKER] = {HOST_STORAGE, "set-worker", "sbT", "s"},
    [HOST_STORAGE_GET_WORKER] = {HOST_STORAGE, "get-worker", "sS", "bs"},
    [HOST_STORAGE_GET_BY_VERSION] = {HOST_STORAGE, "get-by-version", "ss", "bs"},
    [HOST_STORAGE_CLEAR_ALL] = {HOST_STORAGE, "clear-all", "", "s"},
    [HOST_STORAGE_CLEAR_VERSION] = {HOST_STORAGE, "clear-version", "s", "s"},
    [HOST_VRF_GENERATE] = {HOST_VRF, "generate", "s", "ssss"},
    [HOST_VRF_PUBKEY] = {HOST_VRF, "pubkey", "", "ss"},
    [HOST_PAYMENT_REFUND_USD] = {HOST_PAYMENT, "refund-usd", "u", "s"},
    [HOST_WALLET_GET_ID] = {HOST_WALLET, "get-id", "", "ss"},
    [HOST_WALLET_GET_ADDRESS] = {HOST_WALLET, "get-address", "s", "ss"},
    [HOST_WALLET_WITHDRAW] = {HOST_WALLET, "withdraw", "ssss", "ss"},
    [HOST_WALLET_WITHDRAW_DRY_RUN] = {HOST_WALLET, "withdraw-dry-run", "ssss", "ss"},
    [HOST_WALLET_GET_REQUEST_STATUS] = {HOST_WALLET, "get-request-status", "s", "ss"},
    [HOST_WALLET_LIST_TOKENS] = {HOST_WALLET, "list-tokens", "", "ss"},
    [HOST_WALLET_TRANSFER] = {HOST_WALLET, "transfer", "sss", "ss"},
    [HOST_WALLET_GET_BALANCE] = {HOST_WALLET, "get-balance", "ss", "ss"},
    [HOST_WALLET_INTENTS_DEPOSIT] = {HOST_WALLET, "intents-deposit", "ss", "ss"},
    [HOST_WALLET_SWAP] = {HOST_WALLET, "swap", "ssss", "ss"},
    [HOST_HTTP_OPEN] = {HOST_HTTP, "open", "ssbtuuu", "us"},
    [HOST_HTTP_WRITE] = {HOST_HTTP, "write", "ub", "s"},
    [HOST_HTTP_FINISH] = {HOST_HTTP, "finish", "ub", "s"},
    [HOST_HTTP_HEAD] = {HOST_HTTP, "head", "ut", "ubs"},
    [HOST_HTTP_READ] = {HOST_HTTP, "read", "uut", "bts"},
    [HOST_HTTP_TRAILERS] = {HOST_HTTP, "trailers", "u", "bs"},
    [HOST_HTTP_WAIT] = {HOST_HTTP, "wait", "bu", "bs"},
    [HOST_HTTP_CLOSE] = {HOST_HTTP, "close", "u", "s"},
    [HOST_HTTP_FETCH] = {HOST_HTTP, "fetch", "ssbb", "ubbs"},
};

static const struct {
    const char *name, *absence;
} interfaces[HOST_INTERFACES] = {
    [HOST_RPC] = {"near:rpc/api@0.1.0", "near:rpc/api is not available: this worker offers no access to the chain"},
    [HOST_STORAGE] = {"near:storage/api@0.1.0",
                      "WASM imports `near:storage/api` but storage is not configured. Storage requires: keystore configured + "
                      "execution through a project"},
    [HOST_VRF] = {"near:vrf/api@0.1.0",
                  "WASM imports near:vrf/api but VRF is not available.\nVRF requires: keystore configured + "
                  "blockchain execution with request_id."},
    [HOST_PAYMENT] = {"near:payment/api@0.1.0", "near:payment/api is not available: this run has no payment"},
    [HOST_WALLET] =
        {"outlayer:wallet/api@0.1.0",
         "WASM imports outlayer:wallet/api but wallet is not available.\nWallet requires: X-Wallet-Id header in the "
         "execution request."},
    [HOST_HTTP] = {"outlayer:http/api@0.1.0", "HTTP-request-denied: this run has no access to the network"},
};

const char *host_interface_name(enum host_interface interface)
{
    return interfaces[interface].name;
}

const char *host_interface_absence(enum host_interface interface)
{
    return interfaces[interface].absence;
}

enum { NUMBER_LEN = 8, TRUTH_NONE = 2 };

size_t host_values_len(const char *shape, const struct host_value *values)
{
    size_t len = 0;
    for (; *shape; shape++, values++)
        len += strchr("ui", *shape) ? NUMBER_LEN : strchr("tT", *shape) ? 1 : sizeof(uint32_t) + values->bytes.len;
    return len;
}

void host_values_append(const char *shape, const struct host_value *values, struct buf *out)
{
    for (; *shape; shape++, values++) {
        uint32_t len = *shape == 'S' && values->none ? UINT32_MAX : (uint32_t)values->bytes.len;
        switch (*shape) {
        case 'u':
        case 'i':
            buf_append(out, slice_from(&values->number, NUMBER_LEN));
            break;
        case 't':
        case 'T':
            buf_append_byte(out, values->none ? TRUTH_NONE : values->number != 0);
            break;
        default:
            buf_append(out, slice_from(&len, sizeof len));
            if (len != UINT32_MAX)
                buf_append(out, values->bytes);
        }
    }
}

static struct err *read_bytes(char letter, struct slice *rest, struct host_value *value)
{
    uint32_t len = 0;
    if (rest->len < sizeof len)
        return err_new(ERR_INVALID, "is cut off");
    memcpy(&len, rest->ptr, sizeof len);
    *rest = slice_skip(*rest, sizeof len);
    value->none = letter == 'S' && len == UINT32_MAX;
    if (value->none)
        return NULL;
    if (len > rest->len)
        return err_new(ERR_INVALID, "is cut off");
    value->bytes = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    if (letter != 'b' && !text_is_utf8(value->bytes))
        return err_new(ERR_INVALID, "is not UTF-8");
    return NULL;
}

static struct err *read_number(char letter, struct slice *rest, struct host_value *value)
{
    size_t len = strchr("ui", letter) ? NUMBER_LEN : 1;
    if (rest->len < len)
        return err_new(ERR_INVALID, "is cut off");
    memcpy(&value->number, rest->ptr, len);
    *rest = slice_skip(*rest, len);
    if (len == 1 && value->number > (letter == 'T' ? TRUTH_NONE : 1))
        return err_new(ERR_INVALID, "is neither true nor false");
    value->none = letter == 'T' && value->number == TRUTH_NONE;
    return NULL;
}

struct err *host_values_read(const char *shape, struct slice bytes, struct host_value *values)
{
    for (size_t i = 0; shape[i]; i++) {
        values[i] = (struct host_value){0};
        struct err *e =
            strchr("uitT", shape[i]) ? read_number(shape[i], &bytes, &values[i]) : read_bytes(shape[i], &bytes, &values[i]);
        if (e) {
            struct err *named = err_new(ERR_INVALID, "value %zu %s", i + 1, err_text(e));
            err_free(e);
            return named;
        }
    }
    return bytes.len ? err_new(ERR_INVALID, "%zu bytes behind the last value", bytes.len) : NULL;
}

void host_answer_free(struct host_answer *a)
{
    for (size_t i = 0; i < HOST_RESULTS_MAX; i++)
        buf_free(&a->bytes[i]);
}

void host_answer_fail(struct host_answer *a, enum host_op op, const char *fmt, ...)
{
    const char *results = host_functions[op].results;
    size_t count = strlen(results);
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (size_t i = 0; i < count; i++) {
        a->values[i] = (struct host_value){0};
        buf_clear(&a->bytes[i]);
    }
    if (results[count - 1] == 's')
        text_append_clean(&a->bytes[count - 1], slice_str(text), sizeof text, TEXT_KEEP_LINES);
}
