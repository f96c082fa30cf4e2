#include "outlayer/payment_keys.h"
#include "codec/hex.h"
#include "outlayer/deposits.h"
#include "outlayer/events.h"
#include "outlayer/secrets.h"

enum { TOP_UP_MIN = 10000, DATA_ID_LEN = 32, PAYLOAD_MAX = 1024 };

#define CALLBACK_GAS (30 * TGAS)

bool payment_key_exists(struct slice owner, uint32_t nonce)
{
    struct secret_key key = payment_key_of(owner, nonce);
    return secret_exists(&key);
}

/* Answers of the operator */

struct failure {
    struct slice message;
};
static const struct field failure_fields[] = {FIELD(struct failure, message)};
static const struct schema failure_schema = STRUCT("Error", struct failure, failure_fields);

struct new_balance {
    struct slice new_encrypted_data;
};
static const struct field new_balance_fields[] = {FIELD(struct new_balance, new_encrypted_data)};
static const struct schema new_balance_schema = STRUCT("Success", struct new_balance, new_balance_fields);

enum { ANSWER_SUCCESS, ANSWER_ERROR };

struct answer {
    uint8_t kind;
    union {
        struct new_balance balance;
        struct failure failure;
    };
};
static const struct field top_up_answers[] = {
    [ANSWER_SUCCESS] = VARIANT("Success", struct answer, balance, &new_balance_schema),
    [ANSWER_ERROR] = VARIANT("Error", struct answer, failure, &failure_schema),
};
static const struct schema top_up_answer_schema = ENUM("TopUpResult", struct answer, top_up_answers);
static const struct field delete_answers[] = {
    [ANSWER_SUCCESS] = UNIT("Success"),
    [ANSWER_ERROR] = VARIANT("Error", struct answer, failure, &failure_schema),
};
static const struct schema delete_answer_schema = ENUM("DeletePaymentKeyResult", struct answer, delete_answers);

struct resume_args {
    struct slice data_id;
    struct answer result;
};
static const struct field resume_top_up_fields[] = {
    FIELD(struct resume_args, data_id),
    FIELD_OF(struct resume_args, result, &top_up_answer_schema),
};
static const struct schema resume_top_up_schema = STRUCT("Input", struct resume_args, resume_top_up_fields);
static const struct field resume_delete_fields[] = {
    FIELD(struct resume_args, data_id),
    FIELD_OF(struct resume_args, result, &delete_answer_schema),
};
static const struct schema resume_delete_schema = STRUCT("Input", struct resume_args, resume_delete_fields);

/* Hands the answer over. When nobody waits any more the call fails: whoever sent the answer must not take it for accepted. */
static void resume(const struct schema *args, struct text what, struct text event)
{
    struct buf *id = buf_new(), *payload = buf_new();
    struct resume_args *a = call_args(args);
    struct state *s = state_open(FOR_ANYONE);
    require_text(slice_eq(call_predecessor(), s->operator_id), "Only operator can resume {}", what);
    require_text(hex_decode_append(a->data_id, id, NULL), "Invalid data_id hex: {}", quoted(a->data_id));
    require_text(id->len == DATA_ID_LEN, "Invalid data_id length: {}", (uint64_t)id->len);
    schema_write_json(args->fields[1].nested->of, &a->result, payload);
    require_text(payload->len <= PAYLOAD_MAX, "Yield resume payload is {} bytes which exceeds the {} byte limit",
                 (uint64_t)payload->len, (uint64_t)PAYLOAD_MAX);
    require_text(promise_resume(id->ptr, buf_slice(payload)), "{} yield resume failed: no yield for data_id={}", event,
                 a->data_id);
}

CHANGE(resume_topup)
{
    resume(&resume_top_up_schema, TEXT("topup"), TEXT("TopUp"));
}

CHANGE(resume_delete_payment_key)
{
    resume(&resume_delete_schema, TEXT("delete_payment_key"), TEXT("DeletePaymentKey"));
}

/* In a callback: reads the answer; false when none came in time or it is an error, which is logged. */
static bool succeeded(const struct schema *of, struct answer *answer)
{
    struct slice payload = promise_result(0);
    struct buf *why = buf_new();
    if (!payload.ptr) {
        log_text("No answer in time");
        return false;
    }
    struct json_reader r = json_reader_of(payload);
    schema_read_json(of, &r, answer);
    if (!json_end(&r)) {
        json_write_fault(&r, why);
        panic_text("Failed to deserialize callback using JSON. Error: `{}`", buf_slice(why));
    }
    if (answer->kind == ANSWER_ERROR)
        log_text("Refused: {}", quoted(answer->failure.message));
    return answer->kind == ANSWER_SUCCESS;
}

/* What the callbacks and the events share. */
static const struct field top_up_event_fields[] = {
    FIELD(struct top_up_event, data_id), FIELD_AS(struct top_up_event, owner, FIELD_ACCOUNT), FIELD(struct top_up_event, nonce),
    FIELD(struct top_up_event, amount),  FIELD(struct top_up_event, encrypted_data),
};
const struct schema top_up_event_schema = STRUCT("TopUpPaymentKey", struct top_up_event, top_up_event_fields);
/* Parts of it: the event of a deletion, the arguments of the callbacks. */
#define EVENT_PART(name, from, n) STRUCT_FIRST(name, struct top_up_event, top_up_event_fields + (from), n)
static const struct schema delete_event_schema = EVENT_PART("DeletePaymentKey", 0, 3),
                           on_top_up_schema = EVENT_PART("Input", 1, 3), on_delete_schema = EVENT_PART("Input", 1, 2);

static promise wait_for(struct slice callback, const struct schema *args, struct top_up_event *event)
{
    struct buf *mine = buf_new();
    schema_write_json(args, event, mine);
    return promise_yield(callback, buf_slice(mine), COST(.gas = CALLBACK_GAS, .weight = 1), event->data_id);
}

/* Top-up */

void payment_key_top_up(const struct state *s, struct slice owner, uint32_t nonce, u128 amount)
{
    struct secret_key key = payment_key_of(owner, nonce);
    require_text(amount >= TOP_UP_MIN, "Minimum top-up is $0.01 (10000 minimal units)");
    struct secret *secret = secret_load(&key);
    require_text(secret, "Payment key not found. Create it first with store_secrets()");
    struct top_up_event event = {.owner = owner, .nonce = nonce, .amount = amount, .encrypted_data = secret->encrypted_secrets};
    promise p = wait_for(SLICE("on_top_up_response"), &on_top_up_schema, &event);
    system_event(s, &top_up_event_schema, &event);
    promise_return(p);
}

CALLBACK(on_top_up_response)
{
    struct answer answer = {0};
    struct top_up_event *a = call_args(&on_top_up_schema);
    struct secret_key key = payment_key_of(a->owner, a->nonce);
    struct secret *secret = succeeded(&top_up_answer_schema, &answer) ? secret_load(&key) : NULL;
    if (!secret) {
        log_text("Top-up of {}:{} failed, {} goes back", a->owner, (uint64_t)a->nonce, &a->amount);
        return_u128(a->amount);
        return;
    }
    secret->encrypted_secrets = answer.balance.new_encrypted_data;
    secret->updated_at = call_time_ns();
    secret_save(&key, secret);
    log_text("Topped up {}:{} by {}", a->owner, (uint64_t)a->nonce, &a->amount);
    return_u128(0);
}

/* Deleting */

struct nonce_args {
    uint32_t nonce;
};
static const struct field nonce_fields[] = {FIELD(struct nonce_args, nonce)};
static const struct schema nonce_schema = STRUCT("Input", struct nonce_args, nonce_fields);

PAYABLE(delete_payment_key)
{
    struct nonce_args *a = call_args(&nonce_schema);
    struct state *s = state_open(FOR_ANYONE);
    deposit_take_yocto();
    struct top_up_event event = {.owner = call_predecessor(), .nonce = a->nonce};
    require_text(payment_key_exists(event.owner, a->nonce), "Payment key not found: owner={}, nonce={}", event.owner,
                 (uint64_t)a->nonce);
    promise p = wait_for(SLICE("on_delete_payment_key_response"), &on_delete_schema, &event);
    system_event(s, &delete_event_schema, &event);
    promise_return(p);
}

CALLBACK(on_delete_payment_key_response)
{
    struct answer answer = {0};
    struct top_up_event *a = call_args(&on_delete_schema);
    struct secret_key key = payment_key_of(a->owner, a->nonce);
    if (!succeeded(&delete_answer_schema, &answer))
        return;
    struct secret *secret = secret_take(&key);
    require_text(secret, "Secrets not found");
    deposit_give_back(a->owner, deposit_of(secret->storage_bytes));
    log_text("Deleted payment key {}:{}", a->owner, (uint64_t)a->nonce);
}
