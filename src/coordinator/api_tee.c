/* Workers prove that the chain knows their key. */
#include "base/log.h"
#include "base/mem.h"
#include "codec/json_doc.h"
#include "coordinator/service.h"
#include "coordinator/tee_sessions.h"
#include "tee/session.h"
#include "tee/worker_key.h"
#include <unistd.h>

enum {
    KEY_ATTEMPTS = 3, /* a node may be a block behind the registration */
    KEY_PAUSE_MS = 1000,
    RECHECKS_AT_ONCE = 16, /* leaves room in the queue for registrations */
};

/* A registration on its way; without an exchange it is a key that is looked at again. */
struct registration {
    struct chain_question question; /* first: the queue's item is the registration */
    struct coordinator *c;
    struct http_exchange *exchange;
    struct arena arena;
    struct worker_identity who;
    struct tee_session_request request;
    char public_key[KEY_TEXT_MAX];
    char session_id[TEE_SESSION_ID_MAX];
};

static void registration_free(struct registration *r)
{
    arena_free(&r->arena);
    mem_free(r);
}

struct challenge {
    struct worker_identity who;
    char text[HASH_HEX_MAX];
};

static struct err *do_challenge(struct coordinator *c, void *arg)
{
    struct challenge *challenge = arg;
    return tee_challenge_make(c->db, &entropy_system, challenge->who.token_hash, machine_now_ms(&c->machine), challenge->text);
}

void handle_tee_challenge(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct challenge challenge;
    if (!api_authenticate(c, x, NULL, &challenge.who))
        return;
    struct err *e = coordinator_transact(c, do_challenge, &challenge);
    if (e)
        api_reply_err(c, x, e);
    else
        api_reply_json(c, x, 200, json_pack("{s:s}", "challenge", challenge.text));
}

static struct err *do_take_challenge(struct coordinator *c, void *arg)
{
    struct registration *r = arg;
    return tee_challenge_take(c->db, r->request.challenge_text, r->who.token_hash, machine_now_ms(&c->machine));
}

static struct err *do_make_session(struct coordinator *c, void *arg)
{
    struct registration *r = arg;
    return tee_session_make(c->db, &entropy_system, r->who.token_hash, r->public_key, machine_now_ms(&c->machine),
                            r->session_id);
}

static struct err *do_end_sessions(struct coordinator *c, void *arg)
{
    struct registration *r = arg;
    return tee_sessions_end(c->db, slice_str(r->public_key));
}

static struct err *check_once(struct registration *r)
{
    const struct coordinator_settings *s = r->c->settings;
    AUTO(rpc_client) struct rpc_client *client = NULL;
    TRY(chain_client(r->c, &client));
    return tee_worker_key_check_able(client, slice_str(s->operator_account_id), slice_str(s->contract_id), &r->request.key);
}

static struct err *check_key(struct registration *r)
{
    struct err *e = check_once(r);
    for (int attempt = 1; e && err_code(e) != ERR_DENIED && attempt < KEY_ATTEMPTS; attempt++) {
        err_free(e);
        usleep(KEY_PAUSE_MS * 1000);
        e = check_once(r);
    }
    return e;
}

static void reply_refusal(struct registration *r, struct err *e)
{
    AUTO(err) struct err *owned = e;
    enum err_code code = err_code(e);
    log_warn("a worker's key is refused", LOG_STR("public_key", r->public_key), LOG_ERR(e));
    if (code == ERR_NOT_FOUND || code == ERR_DENIED)
        api_reply_text(r->c, r->exchange, 403,
                       code == ERR_DENIED ? arena_fmt(&r->arena, "Public key not registered on contract: %s", err_text(e))
                                          : "Public key not registered on contract");
    else
        api_reply_text(r->c, r->exchange, 500, arena_fmt(&r->arena, "Key verification failed: %s", err_text(e)));
}

static void finish_registration(struct registration *r)
{
    struct err *e = check_key(r);
    if (e) {
        reply_refusal(r, e);
        return;
    }
    e = coordinator_transact(r->c, do_make_session, r);
    if (e) {
        api_reply_err(r->c, r->exchange, e);
        return;
    }
    log_info("TEE session made", LOG_STR("public_key", r->public_key));
    api_reply_json(r->c, r->exchange, 200, json_pack("{s:s}", "session_id", r->session_id));
}

/* A key that the chain has forgotten, or that may not answer any more, loses its sessions; while the chain does not answer, they stay. */
static void recheck(struct registration *r)
{
    AUTO(err) struct err *e = check_key(r);
    if (!e || (err_code(e) != ERR_NOT_FOUND && err_code(e) != ERR_DENIED))
        return;
    log_warn("a worker's key is no longer registered; its sessions end", LOG_STR("public_key", r->public_key));
    err_free(coordinator_transact(r->c, do_end_sessions, r));
}

static void ask_chain(struct chain_question *q)
{
    struct registration *r = (struct registration *)q;
    if (r->exchange)
        finish_registration(r);
    else
        recheck(r);
    registration_free(r);
}

static void give_up(struct chain_question *q)
{
    struct registration *r = (struct registration *)q;
    if (r->exchange)
        api_reply_text(r->c, r->exchange, 503, "the service is stopping; try again");
    registration_free(r);
}

static struct registration *registration_new(struct coordinator *c, struct http_exchange *x)
{
    struct registration *r = mem_calloc(1, sizeof *r);
    *r = (struct registration){.question = {ask_chain, give_up}, .c = c, .exchange = x};
    return r;
}

/* What workers call this service, as their signatures name it. */
static struct slice origin_of(const struct coordinator *c)
{
    return slice_str(*c->settings->public_origin ? c->settings->public_origin : c->url);
}

/* Everything that needs no chain. False when it was answered. */
static bool begin_registration(struct registration *r)
{
    struct coordinator *c = r->c;
    AUTO(err) struct err *e = coordinator_transact(c, do_take_challenge, r);
    if (e && err_code(e) == ERR_INVALID) {
        api_reply_text(c, r->exchange, 400, err_text(e));
        return false;
    }
    if (!e) {
        e = tee_session_verify(&r->request, origin_of(c));
        if (e) {
            api_reply_text(c, r->exchange, 403, arena_fmt(&r->arena, "Signature verification failed: %s", err_text(e)));
            return false;
        }
    }
    if (e) {
        api_reply_text(c, r->exchange, 500, "Database error");
        return false;
    }
    if (!*c->settings->operator_account_id || !*c->settings->near_rpc_url) {
        api_reply_text(c, r->exchange, 500, "TEE verification not configured");
        return false;
    }
    return true;
}

static bool read_registration(struct registration *r)
{
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(r->c, r->exchange, NULL, &r->who) || !api_read_body(r->c, r->exchange, &body))
        return false;
    struct err *e = tee_session_parse(body, &r->arena, &r->request);
    if (e) {
        api_reply_err(r->c, r->exchange, e);
        return false;
    }
    public_key_text(&r->request.key, r->public_key);
    return true;
}

void handle_tee_register(struct http_exchange *x, void *context)
{
    struct registration *r = registration_new(context, x);
    if (!read_registration(r) || !begin_registration(r)) {
        registration_free(r);
    } else if (!chain_take(r->c, &r->question)) {
        api_reply_text(r->c, x, 503, "too many registrations wait; try again");
        registration_free(r);
    }
}

struct session_question {
    struct slice id;
    const char *token_hash;
    bool live;
};

static struct err *do_find_session(struct coordinator *c, void *arg)
{
    struct session_question *q = arg;
    return tee_session_is_live(c->db, q->id, q->token_hash, machine_now_ms(&c->machine), &q->live);
}

bool api_has_session(struct coordinator *c, struct http_exchange *x, const struct worker_identity *who)
{
    struct session_question q = {.id = http_request_header(x, "x-tee-session"), .token_hash = who->token_hash};
    if (!c->settings->require_tee_session)
        return true;
    if (!q.id.ptr)
        return false;
    AUTO(err) struct err *e = coordinator_transact(c, do_find_session, &q);
    if (e)
        log_error("cannot look for a TEE session", LOG_ERR(e));
    return !e && q.live;
}

/* *any: there was a key whose time had come, and it is in the queue. */
static struct err *recheck_next(struct coordinator *c, bool *any)
{
    struct registration *r = registration_new(c, NULL);
    struct slice key = {0};
    uint64_t now_ms = machine_now_ms(&c->machine);
    *any = false;
    struct err *e = tee_session_next_check(c->db, now_ms - c->settings->tee_recheck_seconds * 1000, now_ms, &r->arena, &key);
    if (!e && key.ptr)
        e = public_key_parse(key, &r->request.key);
    if (!e && key.ptr) {
        public_key_text(&r->request.key, r->public_key);
        *any = chain_take(c, &r->question);
    }
    if (!*any)
        registration_free(r);
    return e;
}

struct err *api_tee_recheck(struct coordinator *c, void *arg)
{
    bool any = true;
    (void)arg;
    for (int i = 0; any && i < RECHECKS_AT_ONCE; i++)
        TRY(recheck_next(c, &any));
    return NULL;
}
