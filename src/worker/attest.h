/* Attestations of runs: made when the answer is fixed, stored with it, quoted in batches, brought to the coordinator until it has taken them.
 *
 *     job thread                         attester
 *     answer fixed                       takes all that wait: one quote for the batch, one for each record of version 1
 *     record, signature ──► journal ──►  stores the quotes
 *     delivery …                         POST /attestations, again and again ──► row removed
 *
 * docs/attestation.md has the formats. Every answer of an execute job is attested, failures too, but for the one that a restarted worker gives for a run it does not
 * know the end of.
 */
#pragma once
#include "worker/coordinator_client.h"
#include "worker/identity.h"
#include "worker/journal.h"
#include "worker/response.h"
#include "worker/stop.h"

/* What a job is attested with. */
struct attest_facts {
    const json_t *request, *info; /* the poll's and the claim's documents */
    uint64_t job_id, request_id;
    struct slice checksum;
    bool has_code;
    struct hash code; /* of the bytes that ran */
    struct task_limits limits;
    uint64_t ended_s; /* since 1970 */
};

struct attest_made {
    struct buf body, record;
    uint8_t signature[64];
};

void attest_made_free(struct attest_made *m);

static inline void auto_attest_made(struct attest_made *m)
{
    attest_made_free(m);
}

/* Makes and signs. */
void attest_make(const struct identity *identity, const struct worker_settings *settings, const struct attest_facts *facts,
                 const struct response *r, struct attest_made *out);

/* The thread that quotes and sends. */
struct attester {
    const struct worker_settings *settings;
    const struct identity *identity;
    struct journal *journal;
    struct coordinator_client *coordinator; /* its own */
    struct stop *stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted; /* something new is in the journal */
};

void attester_init(struct attester *a);
/* Something new is in the journal. From any thread. */
void attester_wake(struct attester *a);
/* Until the stop is wanted; then what waits is quoted and sent once more. */
void attester_run(struct attester *a);

/* Attests this worker's start: its name, and a quote that binds its key. */
struct err *attester_tell_start(struct attester *a);

/* One round: quotes what waits, sends what is quoted. An error says why something is left. */
struct err *attester_round(struct attester *a);
