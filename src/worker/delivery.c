#include "worker/delivery.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/hex.h"
#include "worker/event.h"
#include <string.h>

enum { DEFAULT_PATIENCE_MS = 10 * 60 * 1000, FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 10 * 1000 };

static const uint64_t resolve_gas = 300 * UINT64_C(1000000000000);

/* Where `needle` ends in `text`; an empty slice with NULL pointer when it is not in it. */
static struct slice after(struct slice text, const char *needle)
{
    size_t len = strlen(needle);
    const uint8_t *at = text.len ? memmem(text.ptr, text.len, needle, len) : NULL;
    return at ? slice_skip(text, (size_t)(at - text.ptr) + len) : (struct slice){NULL, 0};
}

static bool read_digits(struct slice text, u128 *out)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
        n++;
    return u128_parse(slice_first(text, n), out);
}

static bool cost_of_line(struct slice line, u128 *cost)
{
    static const struct event_filter completed = {"near-outlayer", "execution_completed", ""};
    AUTO(json) json_t *data = NULL;
    struct slice charged = after(line, "[[yNEAR charged: \"");
    if (charged.ptr)
        return read_digits(charged, cost);
    if (after(line, "Resolving execution").ptr && after(line, "estimated_cost: ").ptr)
        return read_digits(after(line, "estimated_cost: "), cost);
    if (event_line_matches(line, &completed, &data))
        return u128_parse(json_doc_text(json_object_get(data, "payment_charged")), cost);
    return false;
}

static bool cost_of_execution(const struct execution_outcome *e, u128 *cost)
{
    for (size_t i = 0; i < e->log_count; i++) {
        if (cost_of_line(e->logs[i], cost))
            return true;
    }
    return false;
}

bool delivery_cost_of(const struct tx_outcome *outcome, u128 *cost)
{
    if (cost_of_execution(&outcome->transaction, cost))
        return true;
    for (size_t i = 0; i < outcome->receipt_count; i++) {
        if (cost_of_execution(&outcome->receipts[i], cost))
            return true;
    }
    return false;
}

static bool same_data_id(const json_t *list, struct slice hex)
{
    uint8_t bytes[HASH_LEN];
    if (!hex_decode(hex, bytes, sizeof bytes, NULL) || json_array_size(list) != sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        double item = json_number_value(json_array_get(list, i)); /* reals where `payment` is past 2^63 (codec/json_doc.h) */
        if (!json_is_number(json_array_get(list, i)) || item != bytes[i])
            return false;
    }
    return true;
}

struct err *delivery_look(const struct delivery *d, uint64_t request_id, struct slice data_id, bool *waiting, struct buf *input)
{
    AUTO(buf) struct buf args = {0}, answer = {0};
    AUTO(json) json_t *request = NULL;
    struct slice text = {0};
    buf_append_fmt(&args, "{\"request_id\":%llu}", (unsigned long long)request_id);
    TRY(rpc_view_call(d->rpc, slice_str(d->contract_id), "get_request", buf_slice(&args), &answer));
    TRY_DOING(json_doc_parse(buf_slice(&answer), &request), "answer of get_request");
    *waiting = json_is_object(request) && same_data_id(json_object_get(request, "data_id"), data_id);
    if (*waiting && input) {
        TRY_DOING(json_doc_str_opt(request, "input_data", &text), "answer of get_request");
        buf_append(input, text);
    }
    return NULL;
}

static bool says_settled(struct slice failure)
{
    return after(failure, "Execution request not found").ptr || after(failure, "Unable to resume execution promise").ptr;
}

/* One transaction. */
static struct err *send_once(const struct delivery *d, const char *method, struct slice args, struct delivered *out)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    TRY(signer_call(d->signer, slice_str(d->contract_id), method, args, resolve_gas, 0, TX_LEVEL_EXECUTED_OPTIMISTIC,
                    &outcome));
    if (outcome.status == TX_FAILED && says_settled(outcome.failure)) {
        out->settled_before = true;
        return NULL;
    }
    TRY(tx_outcome_expect(&outcome, method));
    out->has_cost = delivery_cost_of(&outcome, &out->cost);
    return NULL;
}

/* That the question fails is no word about the answer, whatever its code. */
static struct err *is_waiting(const struct delivery *d, uint64_t request_id, struct slice data_id, bool *waiting)
{
    struct err *e = delivery_look(d, request_id, data_id, waiting, NULL);
    return err_recode(err_doing(e, "asking whether the request still waits"), ERR_UNAVAILABLE);
}

/* One round: look first when something may have been sent already. */
static struct err *round_of(const struct delivery *d, const char *method, struct slice args, uint64_t request_id,
                            struct slice data_id, bool maybe_sent, struct delivered *out)
{
    bool waiting = true;
    if (maybe_sent)
        TRY(is_waiting(d, request_id, data_id, &waiting));
    if (waiting)
        return send_once(d, method, args, out);
    out->settled_before = true;
    return NULL;
}

static struct err *send_patiently(const struct delivery *d, const char *method, struct slice args, uint64_t request_id,
                                  struct slice data_id, bool maybe_sent, struct delivered *out)
{
    uint64_t patience = (d->patience_ms ? d->patience_ms : DEFAULT_PATIENCE_MS) * NS_PER_MS;
    uint64_t deadline = clock_monotonic_ns(&clock_system) + patience;
    for (uint64_t pause = FIRST_PAUSE_MS;; pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS) {
        struct err *e = round_of(d, method, args, request_id, data_id, maybe_sent, out);
        bool again = e && (err_code(e) == ERR_UNAVAILABLE || err_code(e) == ERR_LIMIT);
        out->never_sent = !e && out->settled_before && !maybe_sent;
        if (!again || clock_monotonic_ns(&clock_system) >= deadline)
            return e;
        log_warn("the chain did not take the answer, trying again", LOG_ERR(e), LOG_STR("method", method));
        if (stop_rest(d->stop, pause))
            return e;
        err_free(e);
        maybe_sent = true;
    }
}

/* Tells what became of the key that this was sent with. */
static void note_key(const struct delivery *d, uint64_t key_number, const struct err *e, const struct delivered *out)
{
    if (d->admission && e && err_code(e) == ERR_DENIED)
        admission_refuse(d->admission, key_number, e);
    else if (d->admission && !e && !out->settled_before)
        admission_confirm(d->admission, key_number);
}

struct err *delivery_send(const struct delivery *d, struct slice call, uint64_t request_id, struct slice data_id,
                          bool maybe_sent, struct delivered *out)
{
    AUTO(json) json_t *document = NULL;
    struct slice method, args;
    *out = (struct delivered){0};
    /* `args` goes out as it stands in the text: a parsed tree would not keep every number's digits */
    static const char before_args[] = ",\"args\":";
    TRY_DOING(json_doc_parse(call, &document), "reading a stored answer");
    TRY_DOING(json_doc_str(document, "method", &method), "reading a stored answer");
    args = after(call, before_args);
    if (!args.len)
        return err_new(ERR_BUG, "a stored answer has no `args`");
    args.len--; /* the closing brace of the whole */
    uint64_t key_number = d->admission ? admission_key_number(d->admission) : 0;
    struct err *e =
        send_patiently(d, json_string_value(json_object_get(document, "method")), args, request_id, data_id, maybe_sent, out);
    note_key(d, key_number, e, out);
    return e;
}
