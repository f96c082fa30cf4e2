#include "worker/job.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/log.h"
#include "codec/hex.h"
#include "worker/code.h"
#include "worker/guest_env.h"
#include "worker/manifest.h"
#include "worker/response.h"
#include <stdio.h>
#include <string.h>

enum { COORDINATOR_ATTEMPTS = 6, COORDINATOR_PAUSE_MS = 250, DOWNLOAD_ATTEMPTS = 3, RUN_ATTEMPTS = 2 };

/* One claimed job and the request it belongs to; texts are borrowed from the two documents. */
struct job {
    const json_t *request, *info;
    uint64_t id, request_id;
    struct slice data_id, checksum;
};

/* --- what is left to say ------------------------------------------------------------------------------------------------- */

/* Tells the coordinator; its refusal is final, its silence is tried again. */
static struct err *complete(struct job_context *c, struct slice body)
{
    struct err *e = NULL;
    uint64_t pause = COORDINATOR_PAUSE_MS;
    for (int attempt = 0; attempt < COORDINATOR_ATTEMPTS; attempt++, pause *= 2) {
        err_free(e);
        e = coordinator_complete(c->coordinator, body);
        if (!e || (err_code(e) != ERR_UNAVAILABLE && err_code(e) != ERR_LIMIT && err_code(e) != ERR_BUG))
            break;
        if (stop_rest(c->delivery.stop, pause))
            break;
    }
    if (e && (err_code(e) == ERR_NOT_FOUND || err_code(e) == ERR_CONFLICT || err_code(e) == ERR_INVALID)) {
        log_warn("the coordinator does not take the report, the chain has the answer", LOG_ERR(e));
        err_free(e);
        return NULL;
    }
    return e;
}

/* Where `needle` stands last in `text`; NULL when it does not. */
static const uint8_t *find_last(struct slice text, struct slice needle)
{
    const uint8_t *found = NULL, *at;
    while (text.len && (at = memmem(text.ptr, text.len, needle.ptr, needle.len))) {
        found = at;
        text = slice_skip(text, (size_t)(at - text.ptr) + 1);
    }
    return found;
}

/* The last such member is the report's own: what stands before it may be a guest's. */
static void set_cost(struct buf *completion, u128 cost)
{
    static const struct slice before = {(const uint8_t *)"\"actual_cost_yocto\":null", 24};
    char digits[U128_DIGITS_MAX];
    AUTO(buf) struct buf with = {0};
    const uint8_t *at = find_last(buf_slice(completion), before);
    if (!at)
        return;
    size_t head = (size_t)(at - completion->ptr);
    buf_append(&with, slice_first(buf_slice(completion), head));
    buf_append_fmt(&with, "\"actual_cost_yocto\":\"%.*s\"", (int)u128_format(cost, digits), digits);
    buf_append(&with, slice_skip(buf_slice(completion), head + before.len));
    buf_clear(completion);
    buf_append(completion, buf_slice(&with));
}

/* Answer and attestation become durable in one step. `facts` is NULL when there are none to attest. */
static struct err *keep_answer(struct job_context *c, const struct journal_entry *entry, const struct response *r,
                               const struct attest_facts *facts)
{
    AUTO(attest_made) struct attest_made made = {0};
    AUTO(secret_key) struct secret_key key = {0};
    if (!facts || !c->attester)
        return journal_set_executed(c->journal, entry, NULL);
    identity_key(c->attester->identity, &key);
    attest_make(&key, c->settings, facts, r, &made);
    const struct journal_attestation attestation = attest_made_entry(&made, entry->job_id);
    return journal_set_executed(c->journal, entry, &attestation);
}

/* What the journal keeps of a run. False, with a word in the log: nothing that it can be attested with. */
static bool read_facts(const struct job_context *c, const struct journal_entry *entry, json_t **doc, struct attest_facts *out)
{
    AUTO(err) struct err *unknown = attest_facts_read(entry->facts, doc, out);
    if (unknown && c->attester)
        log_error("a run is answered without an attestation", LOG_ERR(unknown));
    out->job_id = entry->job_id;
    out->request_id = entry->request_id;
    return !unknown;
}

/* The contract refuses the answer itself: then it is told of a failure instead, which it can take if it takes anything. The journal has the failure first, so that what is
 * attested is what the chain was told, however this process ends. */
static struct err *deliver_refusal(struct job_context *c, const struct journal_entry *entry, struct err *why,
                                   struct buf *completion)
{
    AUTO(response) struct response r = {0};
    AUTO(buf) struct buf call = {0};
    AUTO(json) json_t *doc = NULL;
    struct attest_facts facts;
    struct delivered delivered;
    struct journal_entry failure = *entry;
    log_error("the contract refuses the answer", LOG_ERR(why), LOG_U64("job_id", entry->job_id));
    response_fail(&r, OUTCOME_CONTRACT_REFUSED, "Failed to submit to NEAR: %s", err_text(why));
    err_free(why);
    buf_clear(completion);
    response_completion(&r, entry->job_id, (struct slice){0}, completion);
    response_delivery(&r, entry->request_id, &call);
    failure.delivery = buf_slice(&call);
    failure.completion = buf_slice(completion);
    TRY(keep_answer(c, &failure, &r, read_facts(c, entry, &doc, &facts) ? &facts : NULL));
    struct err *e = delivery_send(&c->delivery, failure.delivery, entry->request_id, entry->data_id, true, &delivered);
    if (e && err_code(e) == ERR_INVALID) {
        log_error("the contract refuses the failure too, the chain's time-out answers", LOG_ERR(e));
        err_free(e);
        return NULL;
    }
    return e;
}

/* Another worker or the chain's time-out may have answered: what is not on chain is not attested. */
static struct err *note_settled(struct job_context *c, const struct journal_entry *entry, const struct delivered *delivered)
{
    log_info("the chain had settled the request before", LOG_U64("job_id", entry->job_id));
    return delivered->never_sent ? journal_set_executed(c->journal, entry, NULL) : NULL;
}

/* From `executed` on: chain, journal, coordinator, forget. */
static struct err *settle(struct job_context *c, const struct journal_entry *entry, bool maybe_sent)
{
    AUTO(buf) struct buf completion = {0};
    buf_append(&completion, entry->completion);
    if (entry->state != JOURNAL_DELIVERED) {
        struct delivered delivered;
        struct err *e = delivery_send(&c->delivery, entry->delivery, entry->request_id, entry->data_id, maybe_sent, &delivered);
        if (e && err_code(e) == ERR_INVALID)
            e = deliver_refusal(c, entry, e, &completion);
        else if (!e && delivered.settled_before)
            e = note_settled(c, entry, &delivered);
        else if (!e && delivered.has_cost)
            set_cost(&completion, delivered.cost);
        TRY_DOING(e, "delivering job %llu", (unsigned long long)entry->job_id);
        TRY(journal_set_delivered(c->journal, entry->id, buf_slice(&completion)));
        if (c->attester)
            attester_wake(c->attester);
    }
    TRY_DOING(complete(c, buf_slice(&completion)), "reporting job %llu", (unsigned long long)entry->job_id);
    return journal_remove(c->journal, entry->id);
}

/* Fixes the answer in the journal, then brings it out. */
static struct err *finish(struct job_context *c, struct journal_entry *entry, struct response *r, struct slice checksum,
                          bool maybe_sent, const struct attest_facts *facts)
{
    AUTO(buf) struct buf delivery = {0}, completion = {0}, kept = {0};
    response_delivery(r, entry->request_id, &delivery); /* first: it may turn a success into a failure */
    response_completion(r, entry->job_id, checksum, &completion);
    entry->delivery = buf_slice(&delivery);
    entry->completion = buf_slice(&completion);
    entry->state = JOURNAL_EXECUTED;
    if (facts) {
        attest_facts_write(facts, &kept);
        entry->facts = buf_slice(&kept);
    }
    TRY(keep_answer(c, entry, r, facts));
    return settle(c, entry, maybe_sent);
}

/* The program may have run; how far is not known, and that is what is attested. */
static struct err *answer_lost_run(struct job_context *c, struct journal_entry *entry)
{
    AUTO(response) struct response r = {0};
    AUTO(json) json_t *doc = NULL;
    struct attest_facts facts;
    bool known = read_facts(c, entry, &doc, &facts);
    facts.ended_s = clock_wall_ns(&clock_system) / NS_PER_SEC;
    response_fail(&r, OUTCOME_WORKER_LOST,
                  "Worker lost: it was stopped while the program may have been running; it is not run again");
    return finish(c, entry, &r, (struct slice){0}, true, known ? &facts : NULL);
}

static struct err *recover_entry(struct job_context *c, struct journal_entry *entry)
{
    return entry->state == JOURNAL_CLAIMED ? answer_lost_run(c, entry) : settle(c, entry, true);
}

struct err *job_recover(struct job_context *c, bool *found)
{
    AUTO(arena) struct arena arena = {0};
    struct journal_entry entry;
    char id[24];
    TRY(journal_take(c->journal, &arena, &entry, found));
    if (!*found)
        return NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)entry.request_id);
    log_request(id);
    log_info("finishing a job of the journal", LOG_U64("job_id", entry.job_id), LOG_U64("state", entry.state));
    struct err *e = recover_entry(c, &entry);
    if (e)
        err_free(journal_release(c->journal, entry.id));
    log_request(NULL);
    return e;
}

/* --- running ------------------------------------------------------------------------------------------------------------- */

static struct err *within(const json_t *limits, const char *name, uint64_t cap, uint64_t *out)
{
    TRY(json_doc_u64(limits, name, out));
    *out = *out < cap ? *out : cap;
    return *out ? NULL : err_new(ERR_INVALID, "`%s` is 0, expected at least 1", name);
}

struct err *job_limits(const json_t *request, const struct worker_settings *settings, struct task_limits *out)
{
    const json_t *limits = json_object_get(request, "resource_limits");
    TRY(within(limits, "max_instructions", UINT64_MAX, &out->max_instructions));
    TRY(within(limits, "max_memory_mb", settings->max_memory_mb_cap, &out->max_memory_mb));
    TRY(within(limits, "max_execution_seconds", settings->max_execution_seconds_cap, &out->max_seconds));
    out->max_output_len = settings->max_output_bytes;
    return NULL;
}

static struct err *get_code(struct job_context *c, const struct code_source *source, struct buf *bytes)
{
    for (int attempt = 1;; attempt++) {
        struct err *e = code_get(c->coordinator, c->downloads, source, c->settings->allow_local_downloads, bytes);
        if (!e || err_code(e) != ERR_UNAVAILABLE || attempt == DOWNLOAD_ATTEMPTS || stop_rest(c->delivery.stop, 500))
            return e;
        err_free(e);
        buf_clear(bytes);
    }
}

static enum outcome outcome_of_download(const struct err *e)
{
    return err_code(e) == ERR_CONFLICT ? OUTCOME_HASH_MISMATCH : OUTCOME_DOWNLOAD_FAILED;
}

static enum outcome outcome_of_prepare(const struct err *e)
{
    if (err_code(e) == ERR_INVALID)
        return OUTCOME_INVALID_PROGRAM;
    return err_code(e) == ERR_LIMIT ? OUTCOME_COMPILE_FAILED : OUTCOME_HOST_FAULT;
}

/* Where the program is to be had. The job must mean the same code as the request, which is what the chain says. */
static struct err *read_source(const struct job *job, struct code_source *source)
{
    char hex[HASH_HEX_MAX];
    TRY(code_source_read(json_object_get(job->request, "code_source"), source));
    if (job->checksum.len && !slice_eq_str(job->checksum, hash_hex(&source->hash, hex)))
        return err_new(ERR_INVALID, "the job names other code than the request");
    return NULL;
}

static bool has_manifest(struct engine *engine, const struct hash *code)
{
    AUTO(buf) struct buf manifest = {0};
    AUTO(err) struct err *missing = engine_manifest(engine, code, &manifest);
    return !missing;
}

/* Brings the program into the engine. False: `r` says why not. */
static bool load(struct job_context *c, const struct job *job, struct code_source *source, struct hash *hash,
                 struct response *r)
{
    AUTO(buf) struct buf bytes = {0};
    struct hash prepared;
    uint64_t compile_ms = 0;
    struct err *e = read_source(job, source);
    enum outcome fault = OUTCOME_INVALID_SOURCE;
    if (!e && engine_has(c->engine, &source->hash) && has_manifest(c->engine, &source->hash)) {
        *hash = source->hash;
        return true;
    }
    if (!e) {
        e = get_code(c, source, &bytes);
        fault = e ? outcome_of_download(e) : fault;
    }
    if (e) {
        response_fail(r, fault, "Failed to download WASM: %s", err_text(e));
        err_free(e);
        return false;
    }
    log_info("preparing a program", LOG_U64("bytes", bytes.len));
    e = engine_prepare(c->engine, buf_slice(&bytes), &prepared, &compile_ms);
    if (!e && !hash_eq(&prepared, &source->hash))
        e = err_new(ERR_BUG, "the engine prepared other code than it was given");
    if (e) {
        response_fail(r, outcome_of_prepare(e), "Failed to load WASM binary: %s", err_text(e));
        err_free(e);
        return false;
    }
    log_info("prepared a program", LOG_U64("compile_ms", compile_ms));
    *hash = source->hash;
    return true;
}

/* Makes the program ready in the engine, which must be of the kind that the request declares. False: `r` says why not. */
static bool prepare(struct job_context *c, const struct job *job, struct hash *hash, struct response *r)
{
    struct code_source source;
    struct engine_artifact artifact;
    if (!load(c, job, &source, hash, r))
        return false;
    AUTO(err) struct err *e = engine_artifact(c->engine, hash, &artifact);
    if (!e)
        e = code_check_target(&source, artifact.is_component);
    if (e)
        response_fail(r, outcome_of_prepare(e), "Failed to load WASM binary: %s", err_text(e));
    return !e;
}

/* --- what a program may ask of the outside ------------------------------------------------------------------------------------ */

struct host_config job_outside(const struct worker_settings *s)
{
    struct host_config config = {.rpc_url = s->rpc_proxy_enabled ? s->rpc_proxy_url : NULL,
                                 .rpc_transactions = s->rpc_proxy_transactions,
                                 .rpc_max_calls = (uint32_t)s->rpc_proxy_max_calls,
                                 .coordinator = {.url = s->api_base_url, .token = s->api_auth_token},
                                 .http = true,
                                 .reach = s->allow_local_egress ? EGRESS_LOOPBACK : EGRESS_PUBLIC};
    if (*s->keystore_base_url)
        config.keystore = (struct host_peer){.url = s->keystore_base_url, .token = s->keystore_auth_token};
    return config;
}

static struct slice request_text(const struct job *job, const char *name)
{
    return json_doc_text(json_object_get(job->request, name));
}

/* What came as ATTACHED_USD; 0 when it is no number. */
static uint64_t attached_usd(const struct job *job)
{
    u128 amount = 0;
    return u128_parse(request_text(job, "attached_usd"), &amount) && amount <= UINT64_MAX ? (uint64_t)amount : 0;
}

/* Who the program runs for. The payer's cells and the payer's randomness, whatever else the request says. */
static struct host_identity identity_of(const struct job *job, const struct task *task, const struct manifest *manifest,
                                        struct arena *arena)
{
    char hex[HASH_HEX_MAX];
    struct slice payer = request_text(job, "user_account_id");
    struct slice signer = json_doc_text(json_object_get(json_object_get(job->request, "context"), "sender_id"));
    return (struct host_identity){
        .project_uuid = request_text(job, "project_uuid"),
        .wasm_hash = job->checksum.len ? job->checksum : slice_str(arena_fmt(arena, "%s", hash_hex(&task->code_hash, hex))),
        .account = payer,
        .request_id = slice_str(arena_fmt(arena, "%llu", (unsigned long long)job->request_id)),
        .vrf_sender = payer.len ? payer : signer,
        .wallet_id = request_text(job, "wallet_id"),
        .wallet_capability = json_doc_text(json_object_get(job->info, "wallet_capability")),
        .has_attached_usd = true,
        .attached_usd = attached_usd(job),
        .only_listed_hosts = manifest->only_listed,
        .hosts = manifest->hosts,
        .host_count = manifest->host_count,
        .max_body_len = task->limits.max_memory_mb << 20,
    };
}

static struct slice project_owner(const struct job *job)
{
    struct slice owner;
    slice_cut(request_text(job, "project_id"), '/', &owner);
    return owner;
}

/* Tells the coordinator what the program asked of the network; whether it listens is not the requester's trouble. */
static void report_egress(struct job_context *c, const struct job *job, const struct host_run *run,
                          const struct manifest *manifest, const struct hash *code)
{
    char hex[HASH_HEX_MAX];
    struct slice project = request_text(job, "project_id");
    if (json_array_size(run->egress) == 0 && json_array_size(manifest->limits) == 0)
        return;
    AUTO(json) json_t *body = json_pack("{s:I,s:o,s:s,s:s,s:o,s:O,s:O}", "job_id", (json_int_t)job->id, "project_id",
                                        project.ptr ? json_doc_string(project) : json_null(), "wasm_checksum",
                                        hash_hex(code, hex), "executed_wasm_sha256", hex, "connector_id",
                                        manifest->connector_id.len ? json_doc_string(manifest->connector_id) : json_null(),
                                        "declared_limits", manifest->limits, "records", run->egress);
    AUTO(err) struct err *e = coordinator_egress(c->coordinator, body);
    if (e)
        log_warn("the coordinator does not take the record of a program's requests", LOG_ERR(e));
}

/* Runs a prepared program with its outside. */
static struct err *run_with_outside(struct job_context *c, const struct job *job, struct task *task,
                                    struct task_outcome *outcome, struct response *r)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(manifest) struct manifest manifest = {0};
    AUTO(host_run) struct host_run run = {0};
    AUTO(buf) struct buf section = {0};
    TRY(engine_manifest(c->engine, &task->code_hash, &section));
    manifest_read(buf_slice(&section), project_owner(job), c->settings->network_id, &arena, &manifest);
    const struct host_identity identity = identity_of(job, task, &manifest, &arena);
    host_run_open(&run, &c->outside, &identity, c->downloads);
    task->host = &run.table;
    struct err *e = engine_run(c->engine, task, outcome);
    task->host = NULL;
    r->refund_usd = run.refund_usd;
    if (!e)
        report_egress(c, job, &run, &manifest, &task->code_hash);
    return e;
}

/* What was prepared may have been evicted or found damaged by the time it is to run; nothing has run then, and it is prepared once
 * more. False: `r` says why it cannot be prepared. */
static bool prepare_and_run(struct job_context *c, const struct job *job, struct task *task, struct task_outcome *outcome,
                            struct err **fault, struct response *r)
{
    for (int attempt = 1;; attempt++) {
        if (!prepare(c, job, &task->code_hash, r))
            return false;
        *fault = run_with_outside(c, job, task, outcome, r);
        if (!*fault || err_code(*fault) != ERR_NOT_FOUND || attempt == RUN_ATTEMPTS)
            return true;
        log_warn("a prepared program is gone and is prepared again", LOG_ERR(*fault));
        err_free(*fault);
    }
}

/* False: `r` says why the request cannot be run, whatever its program is. */
static bool read_request(const struct job_context *c, const struct job *job, struct task *task, enum response_format *format,
                         struct response *r)
{
    struct slice format_name = SLICE("Text");
    struct err *e = job_limits(job->request, c->settings, &task->limits);
    if (!e)
        e = json_doc_str_opt(job->request, "response_format", &format_name);
    if (!e)
        e = response_format_parse(format_name, format);
    if (e)
        e = err_doing(e, "The request cannot be run");
    else
        e = manifest_check_input(project_owner(job), c->settings->network_id, task->input);
    if (e)
        response_fail(r, OUTCOME_INVALID_REQUEST, "%s", err_text(e));
    bool readable = !e;
    err_free(e);
    return readable;
}

static void run_program(struct job_context *c, const struct job *job, struct attest_facts *facts, struct response *r)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(task_outcome) struct task_outcome outcome = {0};
    struct task task = {.input = json_doc_text(json_object_get(job->request, "input_data"))};
    enum response_format format = RESPONSE_TEXT;
    struct err *e = NULL;
    if (!read_request(c, job, &task, &format, r))
        return;
    facts->limits = task.limits;
    task.env_count =
        guest_env_build(job->request, &task.limits, c->settings->network_id, c->outside.rpc_url != NULL, &arena, &task.env);
    if (!prepare_and_run(c, job, &task, &outcome, &e, r))
        return;
    if (e) {
        response_fail(r, OUTCOME_HOST_FAULT, "The worker could not run the program: %s", err_text(e));
        err_free(e);
        return;
    }
    facts->has_code = true;
    facts->code = task.code_hash;
    response_from_outcome(&outcome, format, &task.limits, r);
    log_info("ran a program", LOG_STR("outcome", task_end_name(outcome.end)), LOG_U64("instructions", outcome.instructions),
             LOG_U64("time_ms", outcome.time_ms), LOG_U64("output_bytes", outcome.output.len));
}

/* `compile_only`: the answer is where the compiled code is, or its checksum. */
static void answer_compile_only(const struct job *job, struct response *r)
{
    struct slice text = json_doc_text(json_object_get(job->request, "compile_result"));
    if (!text.len)
        text = job->checksum;
    if (!text.len) {
        response_fail(r, OUTCOME_COMPILE_FAILED, "compile_only=true but no compile result or WASM checksum available");
        return;
    }
    AUTO(json) json_t *output = json_pack("{s:o}", "Text", json_doc_string(text));
    json_doc_write(output, &r->output);
    r->success = true;
    r->outcome = OUTCOME_COMPLETED;
}

/* What went wrong before this job, which is here only to say so on chain: a failed compile job, or a lost worker. */
static struct slice earlier_failure(const struct job *job)
{
    return json_doc_text(json_object_get(job->info, "compile_error"));
}

static void answer_earlier_failure(const struct job *job, struct response *r)
{
    static const char *const categories[] = {"compilation_failed", "failed", "execution_failed", "insufficient_payment",
                                             "custom"};
    struct slice given = json_doc_text(json_object_get(job->info, "error_category"));
    const char *category = categories[0];
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        if (slice_eq_str(given, categories[i]))
            category = categories[i];
    }
    enum outcome outcome = OUTCOME_COMPILE_FAILED;
    outcome_parse(json_doc_text(json_object_get(job->info, "outcome")), &outcome);
    response_fail(r, outcome == OUTCOME_COMPLETED ? OUTCOME_COMPILE_FAILED : outcome, "%.*s",
                  SLICE_FMT(json_doc_cut_utf8(earlier_failure(job), 1800)));
    r->category = category;
}

static void execute(struct job_context *c, const struct job *job, struct attest_facts *facts, struct response *r)
{
    if (earlier_failure(job).len)
        answer_earlier_failure(job, r);
    else if (json_is_true(json_object_get(job->request, "compile_only")))
        answer_compile_only(job, r);
    else if (json_object_get(job->request, "secrets_ref") && !json_is_null(json_object_get(job->request, "secrets_ref")))
        response_fail(r, OUTCOME_ACCESS_DENIED,
                      "This worker has no keystore, so it cannot open the secrets that the request names");
    else
        run_program(c, job, facts, r);
}

static struct attest_facts facts_of(const struct job *job)
{
    return (struct attest_facts){.request = job->request,
                                 .info = job->info,
                                 .job_id = job->id,
                                 .request_id = job->request_id,
                                 .checksum = job->checksum,
                                 .input = attest_input_hash(job->request)};
}

/* Before anything runs: the claim, and what a run whose end is never known is attested with. */
static struct err *note_claim(struct job_context *c, const struct job *job, struct attest_facts facts, uint64_t *entry)
{
    AUTO(buf) struct buf kept = {0};
    struct task_limits limits;
    AUTO(err) struct err *unlimited = job_limits(job->request, c->settings, &limits); /* the run itself says what is wrong */
    if (!unlimited)
        facts.limits = limits;
    attest_facts_write(&facts, &kept);
    return journal_claim(c->journal, job->id, job->request_id, job->data_id, buf_slice(&kept), entry);
}

static struct err *execute_job(struct job_context *c, const struct job *job)
{
    AUTO(response) struct response r = {0};
    struct journal_entry entry = {.job_id = job->id, .request_id = job->request_id, .data_id = job->data_id};
    struct attest_facts facts = facts_of(job);
    TRY(note_claim(c, job, facts, &entry.id));
    execute(c, job, &facts, &r);
    facts.ended_s = clock_wall_ns(&clock_system) / NS_PER_SEC;
    /* a lost worker may have answered before it was lost */
    struct err *e = finish(c, &entry, &r, job->checksum, earlier_failure(job).len != 0, &facts);
    if (e)
        err_free(journal_release(c->journal, entry.id));
    return e;
}

/* --- compile jobs: a WasmUrl is "compiled" by fetching it into the coordinator's store -------------------------------------- */

/* *outcome says where it failed. */
static struct err *store_program(struct job_context *c, const json_t *request, struct hash *hash, enum outcome *outcome)
{
    AUTO(buf) struct buf bytes = {0};
    struct code_source source;
    *outcome = OUTCOME_INVALID_SOURCE;
    TRY(code_source_read(json_object_get(request, "code_source"), &source));
    *hash = source.hash;
    struct err *e = code_download(c->downloads, &source, c->settings->allow_local_downloads, &bytes);
    *outcome = e ? outcome_of_download(e) : OUTCOME_COMPILE_FAILED;
    TRY(e);
    return coordinator_put_wasm(c->coordinator, &source.hash, source.url, source.build_target, buf_slice(&bytes));
}

/* Before it is reported, so that no report is without it. */
static struct err *attest_stored(struct job_context *c, const struct job *job, const struct hash *program)
{
    AUTO(attest_made) struct attest_made made = {0};
    const struct attest_facts facts = facts_of(job);
    if (!c->attester)
        return NULL;
    attest_make_compile(&facts, program, &made);
    const struct journal_attestation attestation = attest_made_entry(&made, job->id);
    TRY(journal_attest(c->journal, &attestation));
    attester_wake(c->attester);
    return NULL;
}

static struct err *compile_job(struct job_context *c, const struct job *job)
{
    AUTO(buf) struct buf body = {0};
    AUTO(json) json_t *report = json_object();
    char hex[HASH_HEX_MAX];
    struct hash hash;
    enum outcome outcome;
    uint64_t started = clock_monotonic_ns(&clock_system);
    struct err *e = store_program(c, job->request, &hash, &outcome);
    if (!e) {
        outcome = OUTCOME_COMPLETED;
        TRY(attest_stored(c, job, &hash));
    }
    json_object_set_new(report, "job_id", json_integer((json_int_t)job->id));
    json_object_set_new(report, "success", json_boolean(!e));
    json_object_set_new(report, "output", json_null());
    json_object_set_new(report, "error", e ? json_doc_string(slice_str(err_text(e))) : json_null());
    json_object_set_new(report, "time_ms",
                        json_integer((json_int_t)((clock_monotonic_ns(&clock_system) - started) / NS_PER_MS)));
    json_object_set_new(report, "instructions", json_integer(0));
    json_object_set_new(report, "wasm_checksum", e ? json_null() : json_string(hash_hex(&hash, hex)));
    json_object_set_new(report, "actual_cost_yocto", json_null());
    json_object_set_new(report, "compile_cost_yocto", e ? json_null() : json_string("0"));
    json_object_set_new(report, "outcome", json_string(outcome_name(outcome)));
    if (e) {
        log_warn("a program cannot be fetched", LOG_ERR(e));
        json_object_set_new(report, "error_category", json_string("compilation_failed"));
    }
    err_free(e);
    json_doc_write(report, &body);
    return complete(c, buf_slice(&body));
}

/* --- claiming ------------------------------------------------------------------------------------------------------------ */

/* A name for this claim alone, by which the coordinator knows its repetition. */
static json_t *new_claim_id(void)
{
    uint8_t random[16];
    AUTO(buf) struct buf hex = {0};
    entropy_fill(&entropy_system, random, sizeof random);
    hex_append(&hex, slice_from(random, sizeof random));
    return json_string(buf_str(&hex));
}

static json_t *claim_body(const struct job_context *c, const json_t *request)
{
    static const char *const same[] = {"request_id",      "data_id",         "code_source",
                                       "resource_limits", "user_account_id", "near_payment_yocto",
                                       "project_uuid",    "project_id",      "transaction_hash"};
    json_t *body = json_object();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        json_t *value = json_object_get(request, same[i]);
        if (value && !json_is_null(value))
            json_object_set(body, same[i], value);
    }
    const json_t *hash = json_object_get(json_object_get(request, "context"), "transaction_hash");
    if (!json_object_get(body, "transaction_hash") && json_is_string(hash))
        json_object_set_new(body, "transaction_hash", json_doc_string(json_doc_text(hash)));
    json_object_set_new(body, "worker_id", json_string(c->settings->worker_id));
    json_object_set_new(body, "claim_id", new_claim_id());
    json_object_set_new(body, "capabilities", json_pack("[s,s]", "compilation", "execution"));
    json_object_set_new(body, "compile_only", json_boolean(json_is_true(json_object_get(request, "compile_only"))));
    json_object_set_new(body, "force_rebuild", json_boolean(json_is_true(json_object_get(request, "force_rebuild"))));
    json_object_set_new(body, "has_compile_result", json_boolean(json_is_string(json_object_get(request, "compile_result"))));
    return body;
}

static struct err *run_claimed(struct job_context *c, const json_t *request, const json_t *info)
{
    struct slice type;
    struct job job = {.request = request, .info = info};
    TRY(json_doc_u64(info, "job_id", &job.id));
    TRY(json_doc_str(info, "job_type", &type));
    TRY(json_doc_str_opt(info, "wasm_checksum", &job.checksum));
    TRY(json_doc_u64(request, "request_id", &job.request_id));
    TRY(json_doc_str(request, "data_id", &job.data_id));
    atomic_store(c->current_job, job.id);
    struct err *e = slice_eq_str(type, "compile") ? compile_job(c, &job) : execute_job(c, &job);
    atomic_store(c->current_job, 0);
    return e;
}

/* The coordinator opens no session for a key that the chain does not have: nothing was claimed then, and the worker is admitted anew first. */
static struct err *claim_once(struct job_context *c, const json_t *body, json_t **answer)
{
    struct admission *admission = c->delivery.admission;
    uint64_t key_number = admission ? admission_key_number(admission) : 0;
    struct err *e = coordinator_claim(c->coordinator, body, answer);
    if (!e || err_code(e) != ERR_DENIED || !admission)
        return e;
    admission_refuse(admission, key_number, e);
    if (!admission_enter(admission))
        return e;
    err_free(e);
    return coordinator_claim(c->coordinator, body, answer);
}

/* A claim without an answer may have been taken: the same again gets the same job, which nobody else would get before its lease
 * ends. */
static struct err *claim(struct job_context *c, const json_t *request, json_t **answer)
{
    AUTO(json) json_t *body = claim_body(c, request);
    uint64_t pause = COORDINATOR_PAUSE_MS;
    for (int attempt = 1;; attempt++, pause *= 2) {
        struct err *e = claim_once(c, body, answer);
        bool again = e && (err_code(e) == ERR_UNAVAILABLE || err_code(e) == ERR_LIMIT);
        if (!again || attempt == COORDINATOR_ATTEMPTS || stop_rest(c->delivery.stop, pause))
            return err_doing(e, "claiming");
        log_warn("a claim got no answer and is repeated", LOG_ERR(e));
        err_free(e);
    }
}

static struct err *claim_and_run(struct job_context *c, const json_t *request)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *info;
    size_t i;
    if (json_is_true(json_object_get(request, "is_https_call")))
        return err_new(ERR_INVALID, "an HTTPS call, which this worker does not serve");
    TRY(claim(c, request, &answer));
    json_array_foreach(json_object_get(answer, "jobs"), i, info)
    {
        if (json_is_true(json_object_get(info, "allowed")))
            TRY(run_claimed(c, request, info));
    }
    return NULL;
}

struct err *job_run(struct job_context *c, const json_t *request)
{
    uint64_t request_id = 0;
    char id[24];
    TRY_DOING(json_doc_u64(request, "request_id", &request_id), "a poll's answer");
    snprintf(id, sizeof id, "%llu", (unsigned long long)request_id);
    log_request(id);
    struct err *e = claim_and_run(c, request);
    log_request(NULL);
    return e;
}
