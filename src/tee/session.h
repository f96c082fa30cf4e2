/* TEE sessions: a worker proves to a service that it holds a private key which the registration contract put on the operator's account.
 *
 *     worker                                          service
 *     POST …/tee-challenge            ──────────►     32 random bytes, for this caller, for 60 s, once
 *     {"challenge": "<64 hex>"}       ◄──────────
 *     POST …/register-tee             ──────────►     takes the challenge, verifies the signature, asks the chain for the key
 *     {"session_id": "<uuid>"}        ◄──────────     later requests carry X-TEE-Session
 *
 * What is signed is either the 32 bytes themselves, as existing workers do, or, when the request carries the member `origin`, the text of
 * tee_session_message: it names the service that the worker talks to, so that a service cannot pass another's challenge on and
 * speak there in the worker's name. A service takes its own origin only. */
#pragma once
#include "base/arena.h"
#include "near/key.h"
#include <jansson.h>

enum { TEE_CHALLENGE_LEN = 32, TEE_CHALLENGE_HEX_LEN = 64, TEE_CHALLENGE_SECONDS = 60, TEE_ORIGIN_MAX = 255 };

struct tee_session_request {
    struct public_key key;
    struct signature signature;
    uint8_t challenge[TEE_CHALLENGE_LEN];
    struct slice challenge_text; /* as it came; lower case when it came from here */
    struct slice origin;         /* NULL pointer: none was named */
};

/* Reads the body of register-tee: the key as NEAR writes it or as 64 hex digits, the signature as NEAR writes it or as 128 hex digits.
 * ERR_INVALID names the member. Texts live in `arena`. */
struct err *tee_session_parse(const json_t *body, struct arena *arena, struct tee_session_request *out);

/* ERR_DENIED when the signature is not this key's over what was to be signed, or another service than `origin` was named. */
struct err *tee_session_verify(const struct tee_session_request *r, struct slice origin);

/* "outlayer tee session 1\n<origin>\n<challenge in hex>\n". */
void tee_session_message(struct slice origin, struct slice challenge_hex, struct buf *out);

/* The worker's side: the body of register-tee for a challenge of the service at `origin` (scheme, host and port, without a path; NULL
 * pointer: sign the bytes themselves). ERR_INVALID when the challenge is not 64 hex digits. A new reference. */
struct err *tee_session_answer(const struct secret_key *key, struct slice challenge_hex, struct slice origin, json_t **body);
