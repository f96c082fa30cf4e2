/* Intel's documents for whoever verifies: `GET /public/collateral`. The register contract is asked again when the last answer is a minute old. */
#include "base/log.h"
#include "base/mem.h"
#include "codec/json_doc.h"
#include "coordinator/collateral.h"
#include "coordinator/service.h"
#include "near/rpc_client.h"
#include <ctype.h>
#include <stdlib.h>

enum { ASK_EVERY_MS = 60 * 1000, FMSPC_LEN = 12 };

struct question {
    struct chain_question to_chain; /* first: the queue's item is the question */
    struct coordinator *c;
    struct http_exchange *exchange;
    char fmspc[FMSPC_LEN + 1];
    uint64_t at_s;
    bool stale;         /* the contract is to be asked */
    const json_t *seen; /* what it answered: an array of texts */
    json_t *found;
};

static struct err *do_store(struct coordinator *c, void *arg)
{
    struct question *q = arg;
    const json_t *item;
    size_t i;
    json_array_foreach((json_t *)q->seen, i, item)
    {
        struct collateral collateral;
        bool created = false;
        struct err *e = collateral_parse(json_doc_text(item), &collateral);
        if (!e)
            e = collateral_store(c->db, &collateral, c->settings->operator_account_id, machine_now_ms(&c->machine), &created);
        if (e && err_code(e) != ERR_INVALID)
            return e;
        if (e)
            log_warn("the register contract holds a collateral that does not read", LOG_ERR(e), LOG_U64("slot", i));
        else if (created)
            log_info("a new version of the collateral is kept", LOG_STR("fmspc", collateral.fmspc),
                     LOG_U64("valid_until", collateral.valid_until));
        err_free(e);
    }
    return NULL;
}

static struct err *do_look(struct coordinator *c, void *arg)
{
    struct question *q = arg;
    uint64_t now_ms = machine_now_ms(&c->machine);
    q->stale = *c->settings->operator_account_id && *c->settings->near_rpc_url &&
               (!c->collateral_asked_ms || now_ms - c->collateral_asked_ms > ASK_EVERY_MS);
    if (q->stale)
        c->collateral_asked_ms = now_ms;
    return collateral_find(c->db, slice_str(q->fmspc), q->at_s, &q->found);
}

static struct err *do_find(struct coordinator *c, void *arg)
{
    struct question *q = arg;
    return collateral_find(c->db, slice_str(q->fmspc), q->at_s, &q->found);
}

static struct err *ask_contract(struct question *q)
{
    const struct coordinator_settings *s = q->c->settings;
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *list = NULL;
    TRY(chain_client(q->c, &rpc));
    TRY(rpc_view_call(rpc, slice_str(s->operator_account_id), "get_collaterals", SLICE("{}"), &text));
    TRY(json_doc_parse(buf_slice(&text), &list));
    if (!json_is_array(list))
        return err_new(ERR_INVALID, "get_collaterals of %s is no array", s->operator_account_id);
    q->seen = list;
    return coordinator_transact(q->c, do_store, q);
}

static void reply(struct question *q)
{
    json_t *found = q->found;
    q->found = NULL;
    if (found)
        api_reply_json(q->c, q->exchange, 200, found);
    else
        api_reply_text(q->c, q->exchange, 404, "no collateral of this platform was seen");
}

static void question_free(struct question *q)
{
    json_decref(q->found);
    mem_free(q);
}

/* What is kept is given out also when the contract cannot be asked. */
static void answer_after_asking(struct chain_question *item)
{
    struct question *q = (struct question *)item;
    AUTO(err) struct err *unasked = ask_contract(q);
    if (unasked)
        log_warn("the register contract does not give its collaterals", LOG_ERR(unasked));
    json_decref(q->found);
    q->found = NULL;
    struct err *e = coordinator_transact(q->c, do_find, q);
    if (e)
        api_reply_err(q->c, q->exchange, e);
    else
        reply(q);
    question_free(q);
}

static void give_up(struct chain_question *item)
{
    struct question *q = (struct question *)item;
    api_reply_text(q->c, q->exchange, 503, "the service is stopping; try again");
    question_free(q);
}

/* False when it was refused. */
static bool read_question(struct question *q)
{
    struct slice fmspc = http_request_query(q->exchange, "fmspc"), at = http_request_query(q->exchange, "at");
    u128 seconds = 0;
    bool good = fmspc.len == FMSPC_LEN && (!at.ptr || (u128_parse(at, &seconds) && seconds <= INT64_MAX));
    for (size_t i = 0; good && i < FMSPC_LEN; i++) {
        good = isxdigit(fmspc.ptr[i]);
        q->fmspc[i] = (char)tolower(fmspc.ptr[i]);
    }
    q->at_s = at.ptr ? (uint64_t)seconds : machine_now_ms(&q->c->machine) / 1000;
    if (!good)
        api_reply_text(q->c, q->exchange, 400, "fmspc is 12 hex digits, at is seconds since 1970");
    return good;
}

void handle_collateral(struct http_exchange *x, void *context)
{
    struct question *q = mem_calloc(1, sizeof *q);
    *q = (struct question){.to_chain = {answer_after_asking, give_up}, .c = context, .exchange = x};
    if (!read_question(q)) {
        question_free(q);
        return;
    }
    struct err *e = coordinator_transact(q->c, do_look, q);
    if (!e && q->stale && chain_take(q->c, &q->to_chain))
        return;
    if (e)
        api_reply_err(q->c, x, e);
    else
        reply(q);
    question_free(q);
}
