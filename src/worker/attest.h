/* Attestations of runs: made when the answer is fixed, stored with it, quoted in batches, brought to the coordinator until it has taken them.
 *
 *     job thread                         attester
 *     answer fixed
 *     record, signature ──► journal      takes all that wait: one quote for the batch, one for each record of version 1
 *     delivered ────────────────────►    stores the quotes
 *                                        POST /attestations, again and again ──► row removed
 *
 * A quote waits until the chain has the answer: what the contract refuses is answered, and attested, as a failure.
 *
 * docs/attestation.md has the formats. Every answer of an execute job is attested, failures too; so is that a restarted worker does not know the end of a run, and that a
 * compile job put a program into the store.
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
    struct hash input; /* of the request's input */
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

struct hash attest_input_hash(const json_t *request);

/* What must be kept of the facts until the chain has the answer, so that another process, or another answer, can be attested: JSON without the input itself. `*doc` (a new
 * reference) owns what the facts borrow; ids are the caller's to set, and the time while the run has not ended. */
void attest_facts_write(const struct attest_facts *facts, struct buf *out);
struct err *attest_facts_read(struct slice text, json_t **doc, struct attest_facts *out);

/* Makes, and signs with the worker's key. */
void attest_make(const struct secret_key *key, const struct worker_settings *settings, const struct attest_facts *facts,
                 const struct response *r, struct attest_made *out);

/* Of a compile job that stored the program of this hash: version 1 only, since version 2 speaks of runs. */
void attest_make_compile(const struct attest_facts *facts, const struct hash *program, struct attest_made *out);

/* The form in which the journal keeps it; texts are borrowed. */
struct journal_attestation attest_made_entry(const struct attest_made *made, uint64_t job_id);

/* The thread that quotes and sends. */
struct attester {
    const struct worker_settings *settings;
    struct identity *identity;
    struct journal *journal;
    struct coordinator_client *coordinator; /* its own */
    struct stop *stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted;     /* something new is in the journal */
    uint64_t starts; /* of which the last is to be attested */
};

void attester_init(struct attester *a);
/* Something new is in the journal. From any thread. */
void attester_wake(struct attester *a);
/* The key has changed: the start is attested anew, so that the new key is bound too. From any thread. */
void attester_tell_again(struct attester *a);
/* Until the stop is wanted; then what waits is quoted and sent once more. */
void attester_run(struct attester *a);

/* Attests this worker's start: its name, and a quote that binds its key. */
struct err *attester_tell_start(struct attester *a);

/* One round: quotes what waits, sends what is quoted. An error says why something is left. */
struct err *attester_round(struct attester *a);
