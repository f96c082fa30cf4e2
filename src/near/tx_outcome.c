#include "near/tx_outcome.h"
#include "codec/base58.h"
#include "codec/base64.h"
#include <string.h>

static const char *const level_names[] = {
    [TX_LEVEL_NONE] = "NONE",
    [TX_LEVEL_INCLUDED] = "INCLUDED",
    [TX_LEVEL_EXECUTED_OPTIMISTIC] = "EXECUTED_OPTIMISTIC",
    [TX_LEVEL_INCLUDED_FINAL] = "INCLUDED_FINAL",
    [TX_LEVEL_EXECUTED] = "EXECUTED",
    [TX_LEVEL_FINAL] = "FINAL",
};

const char *tx_level_name(enum tx_level level)
{
    return level_names[level];
}

static enum tx_level level_of(struct slice name)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (slice_eq_str(name, level_names[i]))
            return (enum tx_level)i;
    }
    return TX_LEVEL_NONE;
}

enum tx_refusal tx_refusal_of(const json_t *invalid_tx)
{
    static const struct {
        const char *name;
        enum tx_refusal refusal;
    } names[] = {
        {"InvalidNonce", TX_REFUSED_NONCE},
        {"Expired", TX_REFUSED_EXPIRED},
        {"InvalidAccessKeyError", TX_REFUSED_KEY},
        {"SignerDoesNotExist", TX_REFUSED_KEY},
        {"NotEnoughBalance", TX_REFUSED_BALANCE},
        {"LackBalanceForState", TX_REFUSED_BALANCE},
        {"ShardCongested", TX_UNDECIDED},
        {"ShardStuck", TX_UNDECIDED},
        {"StorageError", TX_UNDECIDED},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_eq_str(json_doc_text(invalid_tx), names[i].name) || json_object_get(invalid_tx, names[i].name))
            return names[i].refusal;
    }
    return TX_REFUSED;
}

enum err_code tx_refusal_code(enum tx_refusal refusal)
{
    switch (refusal) {
    case TX_REFUSED_KEY:
        return ERR_DENIED;
    case TX_REFUSED_BALANCE:
        return ERR_LIMIT;
    case TX_REFUSED_NONCE:
    case TX_REFUSED_EXPIRED:
    case TX_UNDECIDED:
        return ERR_UNAVAILABLE;
    case TX_TAKEN:
    case TX_REFUSED:
        break;
    }
    return ERR_INVALID;
}

struct err *tx_read_hash(const json_t *object, const char *name, struct hash *out)
{
    struct slice text;
    TRY(json_doc_str(object, name, &text));
    if (!base58_decode_exact(text, out->bytes, HASH_LEN, NULL))
        return err_new(ERR_INVALID, "member `%s` is not the base58 text of a 32-byte hash", name);
    return NULL;
}

static struct slice text_of(const json_t *value, struct arena *arena)
{
    if (json_is_string(value))
        return arena_copy(arena, json_doc_text(value));
    AUTO(buf) struct buf text = {0};
    json_doc_write(value, &text);
    return arena_copy(arena, buf_slice(&text));
}

struct slice tx_failure_text(const json_t *failure, struct arena *arena)
{
    static const char *const wrappers[][2] = {{"ActionError", "kind"}, {"InvalidTxError", NULL}, {"FunctionCallError", NULL}};
    const json_t *v = failure;
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        const json_t *inner = json_object_get(v, wrappers[i][0]);
        if (inner && wrappers[i][1])
            inner = json_object_get(inner, wrappers[i][1]);
        if (inner)
            v = inner;
    }
    const json_t *panic = json_object_get(v, "ExecutionError");
    if (panic)
        return text_of(panic, arena);
    if (json_object_size(v) != 1)
        return text_of(v, arena);
    void *only = json_object_iter((json_t *)(uintptr_t)v);
    struct slice fields = text_of(json_object_iter_value(only), arena);
    return slice_str(arena_fmt(arena, "%s: %.*s", json_object_iter_key(only), SLICE_FMT(fields)));
}

/* `status` of an execution or of the whole transaction. */
static struct err *read_status(const json_t *status, struct arena *arena, enum tx_status *kind, struct slice *value,
                               struct slice *failure)
{
    const json_t *v = json_object_get(status, "SuccessValue");
    *kind = TX_PENDING;
    if (v) {
        AUTO(buf) struct buf bytes = {0};
        if (!json_is_string(v) || !base64_decode(json_doc_text(v), &bytes, NULL))
            return err_new(ERR_INVALID, "`SuccessValue` is not base64");
        *kind = TX_SUCCEEDED;
        *value = arena_copy(arena, buf_slice(&bytes));
    } else if (json_object_get(status, "SuccessReceiptId")) {
        *kind = TX_SUCCEEDED;
    } else if ((v = json_object_get(status, "Failure"))) {
        *kind = TX_FAILED;
        *failure = tx_failure_text(v, arena);
    } else if (!json_is_string(status)) {
        return err_new(ERR_INVALID, "`status` is none of SuccessValue, SuccessReceiptId, Failure and a word");
    }
    return NULL;
}

static struct err *read_logs(const json_t *logs, struct arena *arena, struct execution_outcome *out)
{
    size_t count = json_array_size(logs);
    struct slice *texts = ARENA_ARRAY(arena, struct slice, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *log = json_array_get(logs, i);
        if (!json_is_string(log))
            return err_new(ERR_INVALID, "log %zu is not a string", i);
        texts[i] = arena_copy(arena, json_doc_text(log));
    }
    out->logs = texts;
    out->log_count = count;
    return NULL;
}

static struct err *read_receipt_ids(const json_t *ids, struct arena *arena, struct execution_outcome *out)
{
    size_t count = json_array_size(ids);
    struct hash *hashes = ARENA_ARRAY(arena, struct hash, count);
    for (size_t i = 0; i < count; i++) {
        if (!base58_decode_exact(json_doc_text(json_array_get(ids, i)), hashes[i].bytes, HASH_LEN, NULL))
            return err_new(ERR_INVALID, "receipt id %zu is not the base58 text of a 32-byte hash", i);
    }
    out->receipt_ids = hashes;
    out->receipt_count = count;
    return NULL;
}

static struct err *read_execution(const json_t *with_id, struct arena *arena, struct execution_outcome *out)
{
    const json_t *outcome = json_object_get(with_id, "outcome");
    struct slice executor;
    TRY(tx_read_hash(with_id, "id", &out->id));
    TRY(tx_read_hash(with_id, "block_hash", &out->block_hash));
    TRY(json_doc_str(outcome, "executor_id", &executor));
    out->executor_id = arena_copy(arena, executor);
    TRY(json_doc_u64(outcome, "gas_burnt", &out->gas_burnt));
    TRY(json_doc_u128(outcome, "tokens_burnt", &out->tokens_burnt));
    TRY(read_logs(json_object_get(outcome, "logs"), arena, out));
    TRY(read_receipt_ids(json_object_get(outcome, "receipt_ids"), arena, out));
    return read_status(json_object_get(outcome, "status"), arena, &out->status, &out->value, &out->failure);
}

static void add_costs(struct tx_outcome *o, const struct execution_outcome *e)
{
    if (__builtin_add_overflow(o->gas_burnt, e->gas_burnt, &o->gas_burnt))
        o->gas_burnt = 0;
    if (!u128_add(o->tokens_burnt, e->tokens_burnt, &o->tokens_burnt))
        o->tokens_burnt = 0;
}

static struct err *read_receipts(const json_t *receipts, struct tx_outcome *out)
{
    size_t count = json_array_size(receipts);
    struct execution_outcome *all = ARENA_ARRAY(&out->arena, struct execution_outcome, count);
    for (size_t i = 0; i < count; i++) {
        TRY_DOING(read_execution(json_array_get(receipts, i), &out->arena, &all[i]), "receipt outcome %zu", i);
        add_costs(out, &all[i]);
    }
    out->receipts = all;
    out->receipt_count = count;
    return NULL;
}

static struct err *read_transaction(const json_t *transaction, struct tx_outcome *out)
{
    struct slice signer, receiver;
    TRY(tx_read_hash(transaction, "hash", &out->hash));
    TRY(json_doc_str(transaction, "signer_id", &signer));
    TRY(json_doc_str(transaction, "receiver_id", &receiver));
    out->signer_id = arena_copy(&out->arena, signer);
    out->receiver_id = arena_copy(&out->arena, receiver);
    return NULL;
}

static struct err *read_answer(const json_t *answer, struct tx_outcome *out)
{
    struct slice level = {0};
    TRY(json_doc_str_opt(answer, "final_execution_status", &level));
    out->level = level_of(level);
    const json_t *transaction = json_object_get(answer, "transaction");
    if (transaction)
        TRY(read_transaction(transaction, out));
    const json_t *status = json_object_get(answer, "status");
    if (status)
        TRY(read_status(status, &out->arena, &out->status, &out->value, &out->failure));
    const json_t *invalid_tx = json_object_get(json_object_get(status, "Failure"), "InvalidTxError");
    if (invalid_tx)
        out->refusal = tx_refusal_of(invalid_tx);
    const json_t *first = json_object_get(answer, "transaction_outcome");
    if (!first || json_is_null(first))
        return NULL;
    TRY_DOING(read_execution(first, &out->arena, &out->transaction), "transaction outcome");
    out->executed = true;
    add_costs(out, &out->transaction);
    return read_receipts(json_object_get(answer, "receipts_outcome"), out);
}

struct err *tx_outcome_read(const json_t *answer, struct tx_outcome *out)
{
    if (!json_is_object(answer))
        return err_new(ERR_INVALID, "the outcome of a transaction is not an object");
    return err_doing(read_answer(answer, out), "reading the outcome of a transaction");
}

void tx_outcome_free(struct tx_outcome *o)
{
    arena_free(&o->arena);
    memset(o, 0, sizeof *o);
}

struct err *tx_outcome_expect(const struct tx_outcome *o, const char *what)
{
    char hash[HASH_TEXT_MAX];
    switch (o->status) {
    case TX_SUCCEEDED:
        return NULL;
    case TX_FAILED:
        return err_new(tx_refusal_code(o->refusal), "%s failed: %.*s (transaction %s)", what, SLICE_FMT(o->failure),
                       hash_text(&o->hash, hash));
    case TX_PENDING:
        break;
    }
    return err_new(ERR_UNAVAILABLE, "%s has not ended yet (transaction %s)", what, hash_text(&o->hash, hash));
}
