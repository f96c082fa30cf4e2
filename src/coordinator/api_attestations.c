/* Attestations: workers bring them, anybody takes them. */
#include "base/log.h"
#include "codec/json_doc.h"
#include "coordinator/attestation.h"
#include "coordinator/service.h"
#include <inttypes.h>

struct call {
    struct arena arena;
    struct worker_identity who;
    struct attestation attestation;
    bool created;
};

static void auto_call(struct call *call)
{
    arena_free(&call->arena);
}

static struct err *do_store(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return attestation_store(c->db, &call->attestation, call->who.token_hash, machine_now_ms(&c->machine), &call->created);
}

void handle_attest(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, NULL, &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = attestation_parse(body, &call.arena, &call.attestation);
    if (!e && !call.attestation.is_compile && !api_has_session(c, x, &call.who)) {
        api_reply_text(c, x, 403, "TEE session required. Register via POST /workers/register-tee");
        return;
    }
    if (!e)
        e = coordinator_transact(c, do_store, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    log_info(call.created ? "attestation stored" : "attestation known already",
             LOG_STR("task_id", arena_fmt(&call.arena, "%" PRId64, call.attestation.task_id)));
    api_reply(c, x, 201, (struct slice){0});
}

struct search {
    enum attestation_key key;
    struct slice value;
    json_t *found;
};

static struct err *do_find(struct coordinator *c, void *arg)
{
    struct search *search = arg;
    return attestation_find(c->db, search->key, search->value, &search->found);
}

static void reply_found(struct coordinator *c, struct http_exchange *x, enum attestation_key key, const char *segment)
{
    struct search search = {.key = key, .value = http_request_segment(x, segment)};
    struct err *e = coordinator_transact(c, do_find, &search);
    if (e)
        api_reply_err(c, x, e);
    else if (search.found)
        api_reply_json(c, x, 200, search.found);
    else
        api_reply(c, x, 404, (struct slice){0});
}

void handle_attestation(struct http_exchange *x, void *context)
{
    reply_found(context, x, ATTESTATION_BY_TASK, "job_id");
}

void handle_attestation_of_call(struct http_exchange *x, void *context)
{
    reply_found(context, x, ATTESTATION_BY_CALL, "call_id");
}

void handle_attestation_of_tx(struct http_exchange *x, void *context)
{
    reply_found(context, x, ATTESTATION_BY_TX, "hash");
}

void handle_attestation_of_request(struct http_exchange *x, void *context)
{
    reply_found(context, x, ATTESTATION_BY_REQUEST, "request_id");
}
