/* The worker's side of the coordinator's API. One client, one thread; every body goes with the bearer token.
 *
 * ERR_UNAVAILABLE and ERR_LIMIT: try again. ERR_DENIED: the token is wrong. Other codes: the coordinator decided.
 */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "near/key.h"

struct coordinator_client;

/* The TEE session of one worker at one coordinator, shared by its clients: the proof that it holds a registered key (tee/session.h). It is made when a call is
 * first refused without it, and made again when the coordinator has forgotten it. What is signed always names the coordinator: the bytes alone, chosen by
 * whoever sends them, could be the hash of a transaction. */
struct coordinator_session;
struct coordinator_session *coordinator_session_new(const struct secret_key *key); /* copied */
/* A session with another key, from the next call on. */
void coordinator_session_use_key(struct coordinator_session *s, const struct secret_key *key);
void coordinator_session_free(struct coordinator_session *s);

struct err *coordinator_client_new(const char *base_url, const char *token, struct coordinator_client **out);
void coordinator_client_free(struct coordinator_client *c);

static inline void auto_coordinator_client(struct coordinator_client **c)
{
    coordinator_client_free(*c);
}

/* Claims and attestations of this client go in the session from now on. */
void coordinator_client_use(struct coordinator_client *c, struct coordinator_session *session);

/* From another thread: the call under way and all later ones end with ERR_UNAVAILABLE. */
void coordinator_client_interrupt(struct coordinator_client *c);

/* GET /executions/poll. *request is a new reference, NULL when nothing came within the time. */
struct err *coordinator_poll(struct coordinator_client *c, uint64_t timeout_seconds, json_t **request);

/* POST /executions/create; idempotent. */
struct err *coordinator_create(struct coordinator_client *c, const json_t *body, bool *created);

/* POST /jobs/claim. *answer is a new reference, NULL when another worker has it. After ERR_UNAVAILABLE the job may be claimed all
 * the same: the same body again, with its `claim_id`, tells. */
struct err *coordinator_claim(struct coordinator_client *c, const json_t *body, json_t **answer);

/* POST /jobs/complete. ERR_NOT_FOUND: it knows no such job. ERR_CONFLICT: the job is not this worker's any more. */
struct err *coordinator_complete(struct coordinator_client *c, struct slice body);

/* POST /attestations. ERR_NOT_FOUND, ERR_CONFLICT, ERR_INVALID: it will never take this one. */
struct err *coordinator_attest(struct coordinator_client *c, struct slice body);

/* GET /wasm/{hash}; appends the bytes, which are not verified. ERR_NOT_FOUND when it has none. */
struct err *coordinator_get_wasm(struct coordinator_client *c, const struct hash *hash, size_t max_len, struct buf *out);

/* POST /wasm/upload of a program that came from `url`. */
struct err *coordinator_put_wasm(struct coordinator_client *c, const struct hash *hash, struct slice url,
                                 struct slice build_target, struct slice bytes);

/* POST /egress-audit: what a program asked of the network. */
struct err *coordinator_egress(struct coordinator_client *c, const json_t *body);

struct heartbeat {
    const char *worker_id;
    bool busy, just_started;
    const json_t *kept_jobs; /* ids of the jobs that are under way or will still be reported; NULL: none */
    uint64_t task_id;        /* 0: none */
    uint64_t block_height;   /* 0: does not follow the chain */
};

/* POST /workers/heartbeat. */
struct err *coordinator_heartbeat(struct coordinator_client *c, const struct heartbeat *h);
