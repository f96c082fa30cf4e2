/* The life of a job, from a poll's answer to the last word to the coordinator. One context, one thread.
 *
 *     poll ─► claim ─► journal: claimed ─► code ─► run ─► journal: executed ─► chain ─► journal: delivered ─► complete ─► removed
 *               └─ taken by another worker: end
 *
 * Whatever goes wrong between claim and chain becomes an answer with success:false.
 */
#pragma once
#include "engine/engine.h"
#include "net/http_client.h"
#include "worker/attest.h"
#include "worker/coordinator_client.h"
#include "worker/delivery.h"
#include "worker/host/host.h"
#include "worker/journal.h"
#include "worker/settings.h"
#include <stdatomic.h>

struct job_context {
    const struct worker_settings *settings;
    struct journal *journal; /* shared */
    struct coordinator_client *coordinator;
    struct http_client *downloads;
    struct engine *engine;
    struct host_config outside; /* of programs */
    struct delivery delivery;
    struct attester *attester;     /* shared; NULL: nothing is attested */
    _Atomic uint64_t *current_job; /* shared with the heartbeat: the job under way, 0: none */
};

/* Claims and finishes what a poll gave. An error says why this worker could not go on; the journal then knows what is left. */
struct err *job_run(struct job_context *c, const json_t *request);

/* Finishes the oldest journal entry that nobody holds; *found is false when there is none. */
struct err *job_recover(struct job_context *c, bool *found);

/* What the programs of a worker with these settings may ask of the outside; texts are the settings'. */
struct host_config job_outside(const struct worker_settings *settings);

/* The limits a request runs under: its own, within this worker's. ERR_INVALID names what is wrong. */
struct err *job_limits(const json_t *request, const struct worker_settings *settings, struct task_limits *out);
