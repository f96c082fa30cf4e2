/* Whether the chain lets this worker's key answer. Shared by the worker's threads.
 *
 *                         a delivery or a session is refused for the key
 *         admitted ───────────────────────────────────────────────────────► refused: nothing is claimed
 *            ▲                                                                  │
 *            │   the chain has the key, and it is good                          ▼   one thread, pauses from 5 s to 5 min
 *            ├──────────────────────────────────────────────────────────── looks for it
 *            │                                                                  │   gone, or of another kind, or its allowance is used up
 *            └── registered ◄── measurements approved ◄── a new key, once ◄─────┘
 *
 * A worker that does not register (OPERATOR_CREDENTIALS) waits for its key to come back. Answers that could not be delivered stay in the journal meanwhile.
 */
#pragma once
#include "near/signer.h"
#include "worker/coordinator_client.h"
#include "worker/identity.h"
#include "worker/stop.h"

struct admission {
    const struct worker_settings *settings;
    struct identity *identity;
    struct signer *signer;               /* told of a new key */
    struct coordinator_session *session; /* as well; NULL: none */
    struct public_key key;               /* of a worker that does not register */
    struct stop *stop;
    uint64_t first_pause_ms; /* 0: 5 s */
    /* its own: */
    pthread_mutex_t lock;
    bool admitted;
    bool left_over;      /* since the last refusal nobody has looked what could not be delivered */
    bool sought;         /* a thread is at it */
    bool renewed;        /* the present key was made here and is not registered yet */
    uint64_t key_number; /* counts the keys */
    uint64_t pause_ms;   /* before the next attempt; 0: none */
};

/* After the members above the line are set. A new worker is not admitted: its key has to be looked for. */
void admission_init(struct admission *a);

/* Which key is used now. To be asked before it is used, so that a late refusal of a key that was replaced since is not taken for one of its successor. */
uint64_t admission_key_number(struct admission *a);

/* The key of this number was refused, as `why` tells. */
void admission_refuse(struct admission *a, uint64_t key_number, const struct err *why);

/* The key of this number did what it is for. */
void admission_confirm(struct admission *a, uint64_t key_number);

bool admission_is_admitted(struct admission *a);

/* True once after a refusal, when the key is admitted again: the caller delivers what the journal kept. */
bool admission_take_left_over(struct admission *a);

/* Returns when the key is admitted; the first thread that comes does what is needed, others wait for it. False: the end is wanted. */
bool admission_enter(struct admission *a);

/* As admission_enter, but always leaves the work to another thread. */
bool admission_wait(struct admission *a);
