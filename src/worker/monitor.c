#include "worker/monitor.h"
#include "base/clock.h"
#include "base/log.h"
#include "worker/response.h"
#include <stdio.h>

enum {
    RETRY_FIRST_MS = 250,
    RETRY_LONGEST_MS = 5000,
    NOT_YET_MS = 200,
    AHEAD_MAX = 100,
    CURSOR_EVERY_MS = 1000,
    LIMIT_ATTEMPTS = 8
};

struct err *monitor_start(struct monitor *m)
{
    struct rpc_block head;
    bool known = false;
    TRY(journal_cursor(m->journal, &m->next, &known));
    TRY_DOING(rpc_final_block(m->delivery.rpc, &head), "finding the newest block");
    if (known && m->next > head.height + AHEAD_MAX)
        return err_new(ERR_CONFLICT,
                       "the journal stands at block %llu but the chain ends at %llu: it belongs to another chain; use another "
                       "DATA_DIR or remove journal.db",
                       (unsigned long long)m->next, (unsigned long long)head.height);
    if (!known)
        m->next = m->settings->start_block_height ? m->settings->start_block_height : head.height;
    return known ? NULL : journal_set_cursor(m->journal, m->next);
}

/* What the coordinator says only when it cannot take this request at all. A limit may be one of the moment or of the size: it is
 * believed when it stays. */
static bool is_final(const struct err *e, unsigned attempt)
{
    return err_code(e) == ERR_INVALID || err_code(e) == ERR_CONFLICT || (err_code(e) == ERR_LIMIT && attempt >= LIMIT_ATTEMPTS);
}

/* A request that will never become a job gets its answer from here. */
static struct err *answer_refusal(struct monitor *m, const struct execution_event *event, const struct err *why)
{
    AUTO(response) struct response r = {0};
    AUTO(buf) struct buf call = {0};
    struct delivered delivered;
    response_fail(&r, OUTCOME_INVALID_REQUEST, "The request cannot be run: %s", err_text(why));
    response_delivery(&r, event->request_id, &call);
    return delivery_send(&m->delivery, buf_slice(&call), event->request_id, slice_str(event->data_id), true, &delivered);
}

/* A key that may not answer now holds the block. */
static struct err *insist_on_refusal(struct monitor *m, const struct execution_event *event, const struct err *why)
{
    struct admission *admission = m->delivery.admission;
    struct err *e = answer_refusal(m, event, why);
    while (e && err_code(e) == ERR_DENIED && admission && admission_wait(admission)) {
        err_free(e);
        e = answer_refusal(m, event, why);
    }
    return e;
}

/* False: the end is wanted while the key may not answer. */
static bool refuse(struct monitor *m, const struct execution_event *event, bool id_known, struct err *why)
{
    log_warn("a request cannot become a job", LOG_ERR(why), LOG_U64("id", event->request_id));
    struct err *e = id_known && *event->data_id ? insist_on_refusal(m, event, why) : NULL;
    bool held = e && err_code(e) == ERR_DENIED;
    if (e)
        log_error(held ? "its refusal could not be delivered, the next start does"
                       : "its refusal could not be delivered, the chain's time-out answers",
                  LOG_ERR(e));
    err_free(e);
    err_free(why);
    return !held;
}

static struct event_place place_of(const struct monitor *m, const struct block *block, const struct block_receipt *receipt)
{
    return (struct event_place){
        .contract_id = slice_str(m->settings->contract_id),
        .transaction_hash = receipt->tx_hash,
        .receipt_id = receipt->receipt_id,
        .predecessor_id = receipt->predecessor_id,
        .signer_public_key = receipt->signer_public_key,
        .block_height = block->height,
        .gas_burnt = receipt->gas_burnt,
    };
}

/* Fetches a large input, then hands the request over. *gone: the chain has settled it already. */
static struct err *hand_over(struct monitor *m, const struct execution_event *event, const struct event_place *place,
                             bool *gone)
{
    AUTO(buf) struct buf input = {0};
    bool waiting = true, created = false;
    if (event->input_in_state)
        TRY_DOING(delivery_look(&m->delivery, event->request_id, slice_str(event->data_id), &waiting, &input),
                  "fetching the input");
    *gone = !waiting;
    if (*gone)
        return NULL;
    if (event->input_in_state)
        buf_reserve(&input, 1); /* an empty input is one too: not the NULL that means the event's own */
    AUTO(json) json_t *body = event_create_body(event, place, buf_slice(&input));
    TRY_DOING(coordinator_create(m->coordinator, body, &created), "handing the request to the coordinator");
    log_info("request seen", LOG_U64("block", place->block_height), LOG_STR("created", created ? "true" : "false"));
    return NULL;
}

/* Until the coordinator has it or refuses it for good. False: the end is wanted. */
static bool insist(struct monitor *m, const struct execution_event *event, const struct event_place *place)
{
    uint64_t pause = RETRY_FIRST_MS;
    for (unsigned attempt = 1;; attempt++, pause = pause * 2 < RETRY_LONGEST_MS ? pause * 2 : RETRY_LONGEST_MS) {
        bool gone = false;
        struct err *e = hand_over(m, event, place, &gone);
        if (!e)
            return true;
        if (is_final(e, attempt))
            return refuse(m, event, true, e);
        log_error("holding the block", LOG_ERR(e), LOG_U64("block", place->block_height));
        err_free(e);
        if (stop_rest(m->delivery.stop, pause))
            return false;
    }
}

static bool take_line(struct monitor *m, const struct event_place *place, struct slice line)
{
    const struct event_filter filter = {m->settings->event_standard, m->settings->event_function,
                                        m->settings->event_min_version};
    AUTO(execution_event) struct execution_event event = {0};
    AUTO(json) json_t *data = NULL;
    bool id_known = false;
    char id[24];
    if (!event_line_matches(line, &filter, &data))
        return true;
    struct err *e = event_read_request(data, &event, &id_known);
    snprintf(id, sizeof id, "%llu", (unsigned long long)event.request_id);
    log_request(id);
    bool taken = e ? refuse(m, &event, id_known, e) : insist(m, &event, place);
    log_request(NULL);
    return taken;
}

struct err *monitor_scan(struct monitor *m, const struct block *block, bool *done)
{
    bool any = false;
    *done = false;
    for (size_t i = 0; i < block->receipt_count; i++) {
        const struct block_receipt *receipt = &block->receipts[i];
        struct slice line;
        if (!receipt->succeeded || !slice_eq_str(receipt->executor_id, m->settings->contract_id))
            continue;
        struct event_place place = place_of(m, block, receipt);
        for (size_t n = 0; block_receipt_log(receipt, n, &line); n++) {
            any = true;
            if (!take_line(m, &place, line))
                return NULL;
        }
    }
    *done = true;
    m->next = block->height + 1;
    atomic_store(m->height, block->height);
    /* scanning a block twice is harmless, so quiet blocks are written down together */
    uint64_t now = clock_monotonic_ns(&clock_system);
    if (!any && now - m->cursor_written_ns < CURSOR_EVERY_MS * NS_PER_MS)
        return NULL;
    m->cursor_written_ns = now;
    return journal_set_cursor(m->journal, m->next);
}

static struct err *next_block(struct monitor *m)
{
    AUTO(block) struct block block = {0};
    enum follow_result result = FOLLOW_NOT_YET;
    uint64_t asked = clock_monotonic_ns(&clock_system);
    bool done = false;
    TRY(block_follower_fetch(m->follower, m->next, &block, &result));
    if (result == FOLLOW_BLOCK)
        return monitor_scan(m, &block, &done);
    if (result == FOLLOW_SKIPPED)
        m->next++;
    else if (clock_monotonic_ns(&clock_system) - asked < NOT_YET_MS * NS_PER_MS) /* a source that waits needs no pause here */
        stop_rest(m->delivery.stop, NOT_YET_MS);
    return NULL;
}

void monitor_run(struct monitor *m)
{
    uint64_t pause = RETRY_FIRST_MS;
    while (!stop_wanted(m->delivery.stop)) {
        struct err *e = next_block(m);
        if (!e) {
            pause = RETRY_FIRST_MS;
            stop_rest(m->delivery.stop, m->settings->scan_interval_ms);
            continue;
        }
        if (!stop_wanted(m->delivery.stop))
            log_error("cannot read the chain, trying again", LOG_ERR(e), LOG_U64("block", m->next));
        err_free(e);
        stop_rest(m->delivery.stop, pause);
        pause = pause * 2 < RETRY_LONGEST_MS ? pause * 2 : RETRY_LONGEST_MS;
    }
    err_free(journal_set_cursor(m->journal, m->next));
}
