/* The outside world of a program on OutLayer, for C without component tooling: WASI preview 1 modules, freestanding ones too.
 *
 *     char text[4096];
 *     struct outlayer_buf answer = {text, sizeof text, 0};
 *     if (outlayer_rpc_view("wrap.near", "ft_balance_of", "{\"account_id\":\"alice.near\"}", "final", &answer))
 *         fail(answer.ptr);          // the error's text
 *
 * A function that can fail returns 0 when it did not. It fills the buffer with its result, or with the error's text; `len` is how long
 * that is, also when only the first bytes had room, and the bytes are terminated by a NUL when one has room. Until the next call the
 * rest can be read with outlayer_result_read. A NULL buffer takes nothing. Texts are UTF-8.
 *
 * What each function does, its bounds and its errors: docs/guest-api.md.
 */
#ifndef OUTLAYER_H
#define OUTLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTLAYER_IMPORT(name) __attribute__((import_module("outlayer"), import_name(name)))

struct outlayer_buf {
    char *ptr;
    size_t room, len;
};

/* What the last call gave, by its place among the results: bytes from `at` on, the length of all, a number. */
OUTLAYER_IMPORT("result_read") size_t outlayer_result_read(unsigned k, size_t at, void *to, size_t room);
OUTLAYER_IMPORT("result_len") size_t outlayer_result_len(unsigned k);
OUTLAYER_IMPORT("result_number") int64_t outlayer_result_number(unsigned k);

static inline size_t outlayer_strlen(const char *s)
{
    size_t len = 0;
    while (s && s[len])
        len++;
    return len;
}

/* Fills `out` with result `k`, or with result `error_k` when there was an error. */
static inline int outlayer_take(int error, unsigned k, unsigned error_k, struct outlayer_buf *out)
{
    if (!out)
        return error;
    unsigned from = error ? error_k : k;
    size_t got = outlayer_result_read(from, 0, out->ptr, out->room);
    out->len = outlayer_result_len(from);
    if (got < out->room)
        out->ptr[got] = '\0';
    return error;
}

/* --- the imports themselves ------------------------------------------------------------------------------------------------ */

#define OUTLAYER_T  const char *, size_t
#define OUTLAYER_T2 OUTLAYER_T, OUTLAYER_T
#define OUTLAYER_T3 OUTLAYER_T2, OUTLAYER_T
#define OUTLAYER_T4 OUTLAYER_T2, OUTLAYER_T2

#define OUTLAYER_DECLARE(name, ...) OUTLAYER_IMPORT(#name) int outlayer_import_##name(__VA_ARGS__);

OUTLAYER_DECLARE(rpc_view, OUTLAYER_T4)
OUTLAYER_DECLARE(rpc_view_account, OUTLAYER_T2)
OUTLAYER_DECLARE(rpc_view_access_key, OUTLAYER_T3)
OUTLAYER_DECLARE(rpc_view_access_key_list, OUTLAYER_T2)
OUTLAYER_DECLARE(rpc_view_code, OUTLAYER_T2)
OUTLAYER_DECLARE(rpc_view_state, OUTLAYER_T3)
OUTLAYER_DECLARE(rpc_block, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_chunk, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_changes, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_send_tx, OUTLAYER_T2)
OUTLAYER_DECLARE(rpc_tx_status, OUTLAYER_T3)
OUTLAYER_DECLARE(rpc_receipt, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_call, OUTLAYER_T4, OUTLAYER_T4)
OUTLAYER_DECLARE(rpc_transfer, OUTLAYER_T4, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_gas_price, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_status, void)
OUTLAYER_DECLARE(rpc_network_info, void)
OUTLAYER_DECLARE(rpc_validators, OUTLAYER_T)
OUTLAYER_DECLARE(rpc_raw, OUTLAYER_T2)
OUTLAYER_DECLARE(storage_set, OUTLAYER_T, const void *, size_t)
OUTLAYER_DECLARE(storage_get, OUTLAYER_T)
OUTLAYER_DECLARE(storage_has, OUTLAYER_T)
OUTLAYER_DECLARE(storage_delete, OUTLAYER_T)
OUTLAYER_DECLARE(storage_list_keys, OUTLAYER_T)
OUTLAYER_DECLARE(storage_set_if_absent, OUTLAYER_T, const void *, size_t)
OUTLAYER_DECLARE(storage_set_if_equals, OUTLAYER_T, const void *, size_t, const void *, size_t)
OUTLAYER_DECLARE(storage_increment, OUTLAYER_T, int64_t)
OUTLAYER_DECLARE(storage_decrement, OUTLAYER_T, int64_t)
OUTLAYER_DECLARE(storage_set_worker, OUTLAYER_T, const void *, size_t, int)
OUTLAYER_DECLARE(storage_get_worker, OUTLAYER_T2)
OUTLAYER_DECLARE(storage_get_by_version, OUTLAYER_T2)
OUTLAYER_DECLARE(storage_clear_all, void)
OUTLAYER_DECLARE(storage_clear_version, OUTLAYER_T)
OUTLAYER_DECLARE(vrf_generate, OUTLAYER_T)
OUTLAYER_DECLARE(vrf_pubkey, void)
OUTLAYER_DECLARE(payment_refund_usd, uint64_t)
OUTLAYER_DECLARE(wallet_get_id, void)
OUTLAYER_DECLARE(wallet_get_address, OUTLAYER_T)
OUTLAYER_DECLARE(wallet_withdraw, OUTLAYER_T4)
OUTLAYER_DECLARE(wallet_withdraw_dry_run, OUTLAYER_T4)
OUTLAYER_DECLARE(wallet_get_request_status, OUTLAYER_T)
OUTLAYER_DECLARE(wallet_list_tokens, void)
OUTLAYER_DECLARE(wallet_transfer, OUTLAYER_T3)
OUTLAYER_DECLARE(wallet_get_balance, OUTLAYER_T2)
OUTLAYER_DECLARE(wallet_intents_deposit, OUTLAYER_T2)
OUTLAYER_DECLARE(wallet_swap, OUTLAYER_T4)
OUTLAYER_DECLARE(http_open, OUTLAYER_T3, int, uint64_t, uint64_t, uint64_t)
OUTLAYER_DECLARE(http_write, uint64_t, const void *, size_t)
OUTLAYER_DECLARE(http_finish, uint64_t, OUTLAYER_T)
OUTLAYER_DECLARE(http_head, uint64_t, int)
OUTLAYER_DECLARE(http_read, uint64_t, uint64_t, int)
OUTLAYER_DECLARE(http_trailers, uint64_t)
OUTLAYER_DECLARE(http_wait, const void *, size_t, uint64_t)
OUTLAYER_DECLARE(http_close, uint64_t)
OUTLAYER_DECLARE(http_fetch, OUTLAYER_T3, const void *, size_t)

#define OUTLAYER_S(s) (s), outlayer_strlen(s)

/* --- near:rpc: the chain, through the worker's node; at most 100 calls in one run --------------------------------------------- */

/* `block` everywhere: "" or "final", "optimistic", a height, or a block's hash. The result is the node's JSON answer, which may be an
 * error of the node; of rpc_view what the method returned. */
static inline int outlayer_rpc_view(const char *contract, const char *method, const char *args_json, const char *block,
                                    struct outlayer_buf *out)
{
    return outlayer_take(
        outlayer_import_rpc_view(OUTLAYER_S(contract), OUTLAYER_S(method), OUTLAYER_S(args_json), OUTLAYER_S(block)), 0, 1,
        out);
}
static inline int outlayer_rpc_view_account(const char *account, const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_view_account(OUTLAYER_S(account), OUTLAYER_S(block)), 0, 1, out);
}
static inline int outlayer_rpc_view_access_key(const char *account, const char *key, const char *block,
                                               struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_view_access_key(OUTLAYER_S(account), OUTLAYER_S(key), OUTLAYER_S(block)), 0, 1,
                         out);
}
static inline int outlayer_rpc_view_access_key_list(const char *account, const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_view_access_key_list(OUTLAYER_S(account), OUTLAYER_S(block)), 0, 1, out);
}
static inline int outlayer_rpc_view_code(const char *account, const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_view_code(OUTLAYER_S(account), OUTLAYER_S(block)), 0, 1, out);
}
static inline int outlayer_rpc_view_state(const char *account, const char *prefix_base64, const char *block,
                                          struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_view_state(OUTLAYER_S(account), OUTLAYER_S(prefix_base64), OUTLAYER_S(block)), 0,
                         1, out);
}
static inline int outlayer_rpc_block(const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_block(OUTLAYER_S(block)), 0, 1, out);
}
/* A chunk's hash, or "height,shard". */
static inline int outlayer_rpc_chunk(const char *chunk, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_chunk(OUTLAYER_S(chunk)), 0, 1, out);
}
static inline int outlayer_rpc_changes(const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_changes(OUTLAYER_S(block)), 0, 1, out);
}
/* Where the worker allows it. `wait_until` "" is EXECUTED_OPTIMISTIC. */
static inline int outlayer_rpc_send_tx(const char *signed_tx_base64, const char *wait_until, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_send_tx(OUTLAYER_S(signed_tx_base64), OUTLAYER_S(wait_until)), 0, 1, out);
}
static inline int outlayer_rpc_tx_status(const char *tx_hash, const char *sender, const char *wait_until,
                                         struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_tx_status(OUTLAYER_S(tx_hash), OUTLAYER_S(sender), OUTLAYER_S(wait_until)), 0, 1,
                         out);
}
static inline int outlayer_rpc_receipt(const char *receipt_id, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_receipt(OUTLAYER_S(receipt_id)), 0, 1, out);
}
/* Signs with the program's own key (from its secrets) and sends; the result is the transaction's hash. Counts as two calls. */
static inline int outlayer_rpc_call(const char *signer, const char *signer_key, const char *receiver, const char *method,
                                    const char *args_json, const char *deposit_yocto, const char *gas, const char *wait_until,
                                    struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_call(OUTLAYER_S(signer), OUTLAYER_S(signer_key), OUTLAYER_S(receiver),
                                                  OUTLAYER_S(method), OUTLAYER_S(args_json), OUTLAYER_S(deposit_yocto),
                                                  OUTLAYER_S(gas), OUTLAYER_S(wait_until)),
                         0, 1, out);
}
static inline int outlayer_rpc_transfer(const char *signer, const char *signer_key, const char *receiver,
                                        const char *amount_yocto, const char *wait_until, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_transfer(OUTLAYER_S(signer), OUTLAYER_S(signer_key), OUTLAYER_S(receiver),
                                                      OUTLAYER_S(amount_yocto), OUTLAYER_S(wait_until)),
                         0, 1, out);
}
/* The price as a JSON string, with its quotes. */
static inline int outlayer_rpc_gas_price(const char *block, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_gas_price(OUTLAYER_S(block)), 0, 1, out);
}
static inline int outlayer_rpc_status(struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_status(), 0, 1, out);
}
static inline int outlayer_rpc_network_info(struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_network_info(), 0, 1, out);
}
static inline int outlayer_rpc_validators(const char *epoch, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_validators(OUTLAYER_S(epoch)), 0, 1, out);
}
static inline int outlayer_rpc_raw(const char *method, const char *params_json, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_rpc_raw(OUTLAYER_S(method), OUTLAYER_S(params_json)), 0, 1, out);
}

/* --- near:storage: encrypted cells of (project, account, key) ----------------------------------------------------------------- */

static inline int outlayer_storage_set(const char *key, const void *value, size_t len, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_storage_set(OUTLAYER_S(key), value, len), 0, 0, error);
}
/* A missing key is an empty value. */
static inline int outlayer_storage_get(const char *key, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_storage_get(OUTLAYER_S(key)), 0, 1, out);
}
static inline bool outlayer_storage_has(const char *key)
{
    return outlayer_import_storage_has(OUTLAYER_S(key)) != 0;
}
static inline bool outlayer_storage_delete(const char *key)
{
    return outlayer_import_storage_delete(OUTLAYER_S(key)) != 0;
}
/* A JSON array of keys. */
static inline int outlayer_storage_list_keys(const char *prefix, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_storage_list_keys(OUTLAYER_S(prefix)), 0, 1, out);
}
/* *set: it was absent and is set now. */
static inline int outlayer_storage_set_if_absent(const char *key, const void *value, size_t len, bool *set,
                                                 struct outlayer_buf *error)
{
    int failed = outlayer_import_storage_set_if_absent(OUTLAYER_S(key), value, len);
    *set = outlayer_result_number(0) != 0;
    return outlayer_take(failed, 1, 1, error);
}
/* *set: it was `expected` and is `value` now; else `out` is what it is. */
static inline int outlayer_storage_set_if_equals(const char *key, const void *expected, size_t expected_len, const void *value,
                                                 size_t len, bool *set, struct outlayer_buf *out)
{
    int failed = outlayer_import_storage_set_if_equals(OUTLAYER_S(key), expected, expected_len, value, len);
    *set = outlayer_result_number(0) != 0;
    return outlayer_take(failed, 1, 2, out);
}
/* The value is a number of 8 bytes, little-endian; a missing one is 0. *now is the new one. */
static inline int outlayer_storage_increment(const char *key, int64_t delta, int64_t *now, struct outlayer_buf *error)
{
    int failed = outlayer_import_storage_increment(OUTLAYER_S(key), delta);
    *now = outlayer_result_number(0);
    return outlayer_take(failed, 1, 1, error);
}
static inline int outlayer_storage_decrement(const char *key, int64_t delta, int64_t *now, struct outlayer_buf *error)
{
    int failed = outlayer_import_storage_decrement(OUTLAYER_S(key), delta);
    *now = outlayer_result_number(0);
    return outlayer_take(failed, 1, 1, error);
}
/* A cell that no account owns; `is_public`: other projects and the world may read it. */
static inline int outlayer_storage_set_worker(const char *key, const void *value, size_t len, bool is_public,
                                              struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_storage_set_worker(OUTLAYER_S(key), value, len, !is_public), 0, 0, error);
}
/* `project_uuid` NULL: this project's; else a public one of that project. */
static inline int outlayer_storage_get_worker(const char *key, const char *project_uuid, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_storage_get_worker(OUTLAYER_S(key), OUTLAYER_S(project_uuid)), 0, 1, out);
}
static inline int outlayer_storage_get_by_version(const char *key, const char *wasm_hash, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_storage_get_by_version(OUTLAYER_S(key), OUTLAYER_S(wasm_hash)), 0, 1, out);
}
static inline int outlayer_storage_clear_all(struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_storage_clear_all(), 0, 0, error);
}
static inline int outlayer_storage_clear_version(const char *wasm_hash, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_storage_clear_version(OUTLAYER_S(wasm_hash)), 0, 0, error);
}

/* --- near:vrf, near:payment ------------------------------------------------------------------------------------------------ */

/* Randomness that anybody can check: 64 hex digits in `out`; signature and alpha are results 1 and 2. At most 10 in one run. */
static inline int outlayer_vrf_generate(const char *seed, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_vrf_generate(OUTLAYER_S(seed)), 0, 3, out);
}
static inline int outlayer_vrf_pubkey(struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_vrf_pubkey(), 0, 1, out);
}
/* Gives back part of what was attached, in the token's smallest unit; once. */
static inline int outlayer_payment_refund_usd(uint64_t amount, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_payment_refund_usd(amount), 0, 0, error);
}

/* --- outlayer:wallet: results are JSON; amounts are decimal, in the smallest unit ------------------------------------------------ */

static inline int outlayer_wallet_get_id(struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_get_id(), 0, 1, out);
}
static inline int outlayer_wallet_get_address(const char *chain, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_get_address(OUTLAYER_S(chain)), 0, 1, out);
}
static inline int outlayer_wallet_withdraw(const char *chain, const char *to, const char *amount, const char *token,
                                           struct outlayer_buf *out)
{
    return outlayer_take(
        outlayer_import_wallet_withdraw(OUTLAYER_S(chain), OUTLAYER_S(to), OUTLAYER_S(amount), OUTLAYER_S(token)), 0, 1, out);
}
static inline int outlayer_wallet_withdraw_dry_run(const char *chain, const char *to, const char *amount, const char *token,
                                                   struct outlayer_buf *out)
{
    return outlayer_take(
        outlayer_import_wallet_withdraw_dry_run(OUTLAYER_S(chain), OUTLAYER_S(to), OUTLAYER_S(amount), OUTLAYER_S(token)), 0, 1,
        out);
}
static inline int outlayer_wallet_get_request_status(const char *request_id, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_get_request_status(OUTLAYER_S(request_id)), 0, 1, out);
}
static inline int outlayer_wallet_list_tokens(struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_list_tokens(), 0, 1, out);
}
static inline int outlayer_wallet_transfer(const char *chain, const char *to, const char *amount, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_transfer(OUTLAYER_S(chain), OUTLAYER_S(to), OUTLAYER_S(amount)), 0, 1, out);
}
static inline int outlayer_wallet_get_balance(const char *chain, const char *token, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_get_balance(OUTLAYER_S(chain), OUTLAYER_S(token)), 0, 1, out);
}
static inline int outlayer_wallet_intents_deposit(const char *token, const char *amount, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_intents_deposit(OUTLAYER_S(token), OUTLAYER_S(amount)), 0, 1, out);
}
static inline int outlayer_wallet_swap(const char *token_in, const char *token_out, const char *amount_in,
                                       const char *min_amount_out, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_wallet_swap(OUTLAYER_S(token_in), OUTLAYER_S(token_out), OUTLAYER_S(amount_in),
                                                     OUTLAYER_S(min_amount_out)),
                         0, 1, out);
}

/* --- HTTP ------------------------------------------------------------------------------------------------------------------
 *
 * An exchange is a handle, which outlayer_http_close gives up; headers are lines `name: value\n`. Errors begin with a wasi:http
 * error code and a colon ("DNS-error: …", "HTTP-request-denied: …"). Redirects are answers like any other, bodies come as they were
 * sent (not decompressed). */

/* `has_body`: outlayer_http_write and outlayer_http_finish follow; a content-length among the headers is its exact length. */
static inline int outlayer_http_open(const char *method, const char *url, const char *headers, bool has_body, uint64_t *handle,
                                     struct outlayer_buf *error)
{
    int failed = outlayer_import_http_open(OUTLAYER_S(method), OUTLAYER_S(url), OUTLAYER_S(headers), has_body, 0, 0, 0);
    *handle = (uint64_t)outlayer_result_number(0);
    return outlayer_take(failed, 1, 1, error);
}
static inline int outlayer_http_write(uint64_t handle, const void *bytes, size_t len, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_http_write(handle, bytes, len), 0, 0, error);
}
static inline int outlayer_http_finish(uint64_t handle, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_http_finish(handle, "", 0), 0, 0, error);
}
/* Waits for the answer's head: `out` are its header lines. */
static inline int outlayer_http_head(uint64_t handle, unsigned *status, struct outlayer_buf *out)
{
    int failed = outlayer_import_http_head(handle, true);
    *status = (unsigned)outlayer_result_number(0);
    return outlayer_take(failed, 1, 2, out);
}
/* Waits for bytes of the answer's body, at most `out->room`; *end: there are no more behind these. */
static inline int outlayer_http_read(uint64_t handle, bool *end, struct outlayer_buf *out)
{
    int failed = outlayer_import_http_read(handle, out->room, true);
    *end = outlayer_result_number(1) != 0;
    return outlayer_take(failed, 0, 2, out);
}
static inline int outlayer_http_trailers(uint64_t handle, struct outlayer_buf *out)
{
    return outlayer_take(outlayer_import_http_trailers(handle), 0, 1, out);
}
static inline int outlayer_http_close(uint64_t handle, struct outlayer_buf *error)
{
    return outlayer_take(outlayer_import_http_close(handle), 0, 0, error);
}

/* The whole exchange in one call: sends `body` (NULL: none) and gives the answer's body, at most 14 MiB of it. The answer's header
 * lines are result 1. */
static inline int outlayer_http_fetch(const char *method, const char *url, const char *headers, const void *body,
                                      size_t body_len, unsigned *status, struct outlayer_buf *out)
{
    int failed = outlayer_import_http_fetch(OUTLAYER_S(method), OUTLAYER_S(url), OUTLAYER_S(headers), body, body_len);
    *status = (unsigned)outlayer_result_number(0);
    return outlayer_take(failed, 2, 3, out);
}

#endif
