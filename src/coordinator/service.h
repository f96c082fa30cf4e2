/* What the service's own files share: the object, transactions, and answers that are counted. */
#pragma once
#include "coordinator/coordinator.h"
#include "coordinator/workers.h"
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum { STATUS_MAX = 600 };

struct coordinator {
    const struct coordinator_settings *settings;
    const struct clock *clock;
    struct arena arena; /* for as long as the service lives */
    struct wasm_store wasm;
    struct machine machine;
    struct http_server *server;
    char url[128];
    struct pool *chain; /* asks the chain what handlers want to know */
    pthread_t sweeper;
    bool sweeping; /* the thread runs */

    pthread_mutex_t lock; /* of all below, and of the database */
    pthread_cond_t wake;  /* the sweeper has something earlier to do */
    struct db *db;
    struct waiter *waiters, **waiters_tail;
    bool stopping;
    uint64_t collateral_asked_ms; /* when the register contract was last asked; 0: never */

    atomic_uint_fast64_t replies[STATUS_MAX], polls_waiting;
};

/* Work of one transaction; `arg` is the caller's. An error rolls back. */
typedef struct err *coordinator_work(struct coordinator *c, void *arg);
struct err *coordinator_transact(struct coordinator *c, coordinator_work *work, void *arg);

/* Keeps the exchange until there is an item for these capabilities, or `timeout_ms` have passed: 200 with the item, or 204. */
struct err *coordinator_wait(struct coordinator *c, struct http_exchange *x, unsigned capabilities, const char *token_hash,
                             uint64_t timeout_ms);

/* The thread of the clock. */
void coordinator_sweep_start(struct coordinator *c);
void coordinator_sweep_stop(struct coordinator *c);

/* Answers. */
void api_reply(struct coordinator *c, struct http_exchange *x, int status, struct slice body);
void api_reply_json(struct coordinator *c, struct http_exchange *x, int status, json_t *body); /* takes the reference */
void api_reply_as(struct coordinator *c, struct http_exchange *x, int status, const char *content_type, struct slice body);
/* {"error": text}. */
void api_reply_text(struct coordinator *c, struct http_exchange *x, int status, const char *text);
/* The status of the code with an empty body, as the worker protocol wants it; a wrong body says what was wrong in it. */
void api_reply_err(struct coordinator *c, struct http_exchange *x, struct err *e);

/* False when the caller was refused with 401, or 403 without the role (NULL: compile or execute); the exchange is answered then. */
bool api_authenticate(struct coordinator *c, struct http_exchange *x, const char *role, struct worker_identity *out);

/* A JSON body of a worker; false when it was refused with 400, 413 or 415. */
bool api_read_body(struct coordinator *c, struct http_exchange *x, json_t **out);

/* Questions to the chain (chain.c). What asks one starts with this; either function has the question as its own, and answers the exchange that waits. */
struct chain_question {
    void (*ask)(struct chain_question *q);     /* in a thread that may wait */
    void (*give_up)(struct chain_question *q); /* the service stops */
};

/* The threads that ask; stop them with pool_stop after the server. */
struct pool *chain_start(void);

/* False when too many wait: the question stays the caller's. */
bool chain_take(struct coordinator *c, struct chain_question *q);

/* A client of the node that tries once, for 5 s. */
struct rpc_client;
struct err *chain_client(const struct coordinator *c, struct rpc_client **out);

/* TEE sessions (api_tee.c). */

/* True when no session is asked for, or the request carries a live one of this token. */
bool api_has_session(struct coordinator *c, struct http_exchange *x, const struct worker_identity *who);

/* Has the chain asked again for some keys of live sessions, those whose time has come (TEE_RECHECK_SECONDS). Work of a transaction. */
struct err *api_tee_recheck(struct coordinator *c, void *arg);

/* Handlers, by file. */
http_handler handle_poll, handle_create, handle_claim, handle_complete;                       /* api_jobs.c */
http_handler handle_wasm_get, handle_wasm_exists, handle_wasm_put, handle_wasm_upload;        /* api_wasm.c */
http_handler handle_heartbeat, handle_block_cursor, handle_lock_acquire, handle_lock_release; /* api_workers.c */
http_handler handle_health, handle_metrics, handle_jobs, handle_workers, handle_pricing;      /* api_public.c */

http_handler handle_egress_audit; /* api_egress.c */
http_handler handle_attest, handle_attestation, handle_attestation_of_call, handle_attestation_of_tx,
    handle_attestation_of_request; /* api_attestations.c */

http_handler handle_collateral; /* api_collateral.c */

http_handler handle_verify_page, handle_page_file, handle_sources; /* api_pages.c */
http_handler handle_tee_challenge, handle_tee_register;            /* api_tee.c */

/* Prices and limits as the claim answers and the public view show them; a new reference. */
json_t *pricing_write(void);
enum { PRICING_MAX_COMPILATION_S = 300, PRICING_MAX_EXECUTION_S = 60 };
