#include "worker/attest.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/attestation_record.h"
#include "codec/base64.h"
#include "tee/attestation/v1.h"
#include "tee/attestation/v2.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum { IDLE_SECONDS = 5, RETRY_FIRST_MS = 500, RETRY_LONGEST_MS = 30000 };

void attest_made_free(struct attest_made *m)
{
    buf_free(&m->body);
    buf_free(&m->record);
}

/* --- making ---------------------------------------------------------------------------------------------------------------- */

static struct slice text_of(const json_t *object, const char *name)
{
    struct slice text = json_doc_text(json_object_get(object, name));
    return slice_first(text, ATTESTATION_TEXT_MAX);
}

/* `owner/profile` of a request's secrets, when it names both. */
static void append_secrets(const json_t *request, struct buf *out)
{
    const json_t *ref = json_object_get(request, "secrets_ref");
    struct slice owner = text_of(ref, "account_id"), profile = text_of(ref, "profile");
    if (owner.len && profile.len && owner.len + profile.len < ATTESTATION_TEXT_MAX)
        buf_append_fmt(out, "%.*s/%.*s", SLICE_FMT(owner), SLICE_FMT(profile));
}

struct hash attest_input_hash(const json_t *request)
{
    return hash_sha256(json_doc_text(json_object_get(request, "input_data")));
}

static void set_hash(json_t *body, const char *name, const struct hash *hash)
{
    char hex[HASH_HEX_MAX];
    json_object_set_new(body, name, json_string(hash_hex(hash, hex)));
}

static void copy_member(const json_t *from, const char *name, json_t *to, const char *as)
{
    json_t *value = json_object_get(from, name);
    if (value && !json_is_null(value))
        json_object_set(to, as, value);
}

static struct hash v1_output_hash(const struct response *r, struct slice value)
{
    struct hash hash;
    if (!r->success)
        return attestation_v1_failed_hash(true);
    struct err *e = attestation_v1_output_hash(value, &hash);
    if (!e)
        return hash;
    err_free(e); /* a number that no double holds: what the chain gets is hashed as it is */
    return hash_sha256(value);
}

/* What the records of version 1 of both kinds of job share, without the quote. */
static json_t *common_body(const struct attest_facts *f, const char *task_type, const struct hash *output)
{
    json_t *body = json_object();
    const json_t *context = json_object_get(f->request, "context");
    json_object_set_new(body, "task_id", json_integer((json_int_t)f->job_id));
    json_object_set_new(body, "task_type", json_string(task_type));
    json_object_set_new(body, "request_id", json_integer((json_int_t)f->request_id));
    copy_member(f->request, "user_account_id", body, "caller_account_id");
    copy_member(context, "transaction_hash", body, "transaction_hash");
    copy_member(context, "block_height", body, "block_height");
    copy_member(json_object_get(f->request, "code_source"), "build_target", body, "build_target");
    copy_member(f->request, "project_id", body, "project_id");
    copy_member(f->info, "created_at", body, "timestamp");
    set_hash(body, "output_hash", output);
    return body;
}

static void make_body(const struct attest_facts *f, const struct response *r, struct slice value, struct slice secrets,
                      struct buf *out)
{
    struct hash output = v1_output_hash(r, value);
    AUTO(json) json_t *body = common_body(f, "execute", &output);
    copy_member(f->request, "attached_usd", body, "attached_usd");
    if (f->checksum.len)
        json_object_set_new(body, "wasm_hash", json_doc_string(f->checksum));
    if (f->has_code)
        set_hash(body, "executed_wasm_sha256", &f->code);
    set_hash(body, "input_hash", &f->input);
    if (secrets.len)
        json_object_set_new(body, "secrets_ref", json_doc_string(secrets));
    json_doc_write(body, out);
}

static void make_record(const struct secret_key *key, const struct worker_settings *settings, const struct attest_facts *f,
                        const struct response *r, struct slice value, struct slice secrets, struct attestation_v2 *out)
{
    struct hash output = hash_sha256(r->success ? value : SLICE(""));
    const json_t *context = json_object_get(f->request, "context");
    struct attestation_record record = {
        .chain = slice_str(settings->network_id),
        .contract = slice_str(settings->contract_id),
        .subject = ATTESTATION_REQUEST,
        .request_id = f->request_id,
        .outcome = slice_str(outcome_name(r->outcome)),
        .max_instructions = f->limits.max_instructions,
        .max_memory_mb = f->limits.max_memory_mb,
        .max_seconds = f->limits.max_seconds,
        .instructions = r->instructions,
        .time_ms = r->time_ms,
        .caller = text_of(f->request, "user_account_id"),
        .project = text_of(f->request, "project_id"),
        .secrets = secrets,
        .block_height = (uint64_t)json_integer_value(json_object_get(context, "block_height")),
        .time_s = f->ended_s,
    };
    if (f->has_code)
        memcpy(record.code, f->code.bytes, HASH_LEN);
    memcpy(record.input, f->input.bytes, HASH_LEN);
    memcpy(record.output, output.bytes, HASH_LEN);
    struct public_key public_key = secret_key_public(key);
    memcpy(record.worker_key, public_key.raw, sizeof record.worker_key);
    attestation_v2_sign(&record, key->raw, out);
}

void attest_make(const struct secret_key *key, const struct worker_settings *settings, const struct attest_facts *facts,
                 const struct response *r, struct attest_made *out)
{
    AUTO(buf) struct buf value = {0};
    AUTO(buf) struct buf secrets = {0};
    AUTO(attestation_v2) struct attestation_v2 signed_record = {0};
    response_value(r, &value);
    append_secrets(facts->request, &secrets);
    make_body(facts, r, buf_slice(&value), buf_slice(&secrets), &out->body);
    make_record(key, settings, facts, r, buf_slice(&value), buf_slice(&secrets), &signed_record);
    buf_append(&out->record, buf_slice(&signed_record.record));
    memcpy(out->signature, signed_record.signature, sizeof out->signature);
}

void attest_make_compile(const struct attest_facts *facts, const struct hash *program, struct attest_made *out)
{
    AUTO(json) json_t *body = common_body(facts, "compile", program);
    json_doc_write(body, &out->body);
}

struct journal_attestation attest_made_entry(const struct attest_made *made, uint64_t job_id)
{
    bool is_signed = made->record.len > 0;
    return (struct journal_attestation){.job_id = job_id,
                                        .body = buf_slice(&made->body),
                                        .record = is_signed ? buf_slice(&made->record) : SLICE(""),
                                        .signature = slice_from(made->signature, is_signed ? sizeof made->signature : 0)};
}

/* --- what is kept until the chain has the answer ---------------------------------------------------------------------------- */

void attest_facts_write(const struct attest_facts *facts, struct buf *out)
{
    static const char *const kept[] = {"user_account_id", "project_id",  "attached_usd",
                                       "context",         "code_source", "secrets_ref"};
    AUTO(json) json_t *doc =
        json_pack("{s{}s{}s[III]}", "request", "info", "limits", (json_int_t)facts->limits.max_instructions,
                  (json_int_t)facts->limits.max_memory_mb, (json_int_t)facts->limits.max_seconds);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        copy_member(facts->request, kept[i], json_object_get(doc, "request"), kept[i]);
    copy_member(facts->info, "created_at", json_object_get(doc, "info"), "created_at");
    json_object_set_new(doc, "checksum", json_doc_string(facts->checksum.ptr ? facts->checksum : SLICE("")));
    set_hash(doc, "input", &facts->input);
    if (facts->has_code)
        set_hash(doc, "code", &facts->code);
    json_object_set_new(doc, "ended_s", json_integer((json_int_t)facts->ended_s));
    json_doc_write(doc, out);
}

static uint64_t kept_limit(const json_t *doc, size_t i)
{
    return (uint64_t)json_integer_value(json_array_get(json_object_get(doc, "limits"), i));
}

struct err *attest_facts_read(struct slice text, json_t **doc, struct attest_facts *out)
{
    struct slice input, code = {0};
    TRY_DOING(json_doc_parse(text, doc), "what the journal keeps of a run");
    *out = (struct attest_facts){
        .request = json_object_get(*doc, "request"),
        .info = json_object_get(*doc, "info"),
        .checksum = json_doc_text(json_object_get(*doc, "checksum")),
        .limits = {.max_instructions = kept_limit(*doc, 0),
                   .max_memory_mb = kept_limit(*doc, 1),
                   .max_seconds = kept_limit(*doc, 2)},
    };
    TRY(json_doc_str(*doc, "input", &input));
    TRY(json_doc_str_opt(*doc, "code", &code));
    TRY(json_doc_u64_opt(*doc, "ended_s", &out->ended_s));
    out->has_code = code.ptr != NULL;
    return hash_parse_hex(input, &out->input) && (!code.ptr || hash_parse_hex(code, &out->code))
               ? NULL
               : err_new(ERR_INVALID, "what the journal keeps of a run: `input` or `code` is no hash");
}

/* --- quoting --------------------------------------------------------------------------------------------------------------- */

/* The quote of a version 1 record. */
static struct err *quote_v1(const struct attester *a, struct arena *arena, struct journal_attestation *item)
{
    AUTO(json) json_t *body = NULL;
    AUTO(buf) struct buf quote = {0};
    struct attestation_v1 record;
    uint8_t report_data[REPORT_DATA_LEN];
    TRY(json_doc_parse(item->body, &body));
    TRY(attestation_v1_read(body, &record));
    attestation_v1_report_data(&record, report_data);
    TRY(identity_quote(a->identity, report_data, &quote));
    item->quote = arena_copy(arena, buf_slice(&quote));
    return NULL;
}

/* One quote over all records of version 2. */
static struct err *quote_batch(const struct attester *a, struct arena *arena, struct journal_attestation *list,
                               size_t list_count)
{
    AUTO(buf) struct buf quote = {0};
    struct hash leaves[JOURNAL_BATCH_MAX];
    struct journal_attestation *items[JOURNAL_BATCH_MAX];
    uint8_t report_data[REPORT_DATA_LEN];
    size_t count = 0;
    for (size_t i = 0; i < list_count; i++) {
        if (list[i].record.len == 0)
            continue;
        leaves[count] = merkle_leaf(list[i].record);
        items[count++] = &list[i];
    }
    if (count == 0)
        return NULL;
    struct hash root = merkle_root(leaves, count);
    attestation_batch_report_data(&root, count, report_data);
    TRY(identity_quote(a->identity, report_data, &quote));
    struct slice kept = arena_copy(arena, buf_slice(&quote));
    for (size_t i = 0; i < count; i++) {
        struct merkle_path path;
        merkle_prove(leaves, count, i, &path);
        items[i]->index = i;
        items[i]->count = count;
        items[i]->path = arena_copy(arena, slice_from(path.steps, path.step_count * sizeof *path.steps));
        items[i]->batch_quote = kept;
    }
    return NULL;
}

static struct err *quote_waiting(struct attester *a, struct journal_attestation *list, size_t *count)
{
    AUTO(arena) struct arena arena = {0};
    TRY(journal_attestations(a->journal, false, &arena, list, count));
    if (*count == 0)
        return NULL;
    TRY(quote_batch(a, &arena, list, *count));
    for (size_t i = 0; i < *count; i++)
        TRY_DOING(quote_v1(a, &arena, &list[i]), "attesting job %llu", (unsigned long long)list[i].job_id);
    return journal_set_quoted(a->journal, list, *count);
}

/* --- sending --------------------------------------------------------------------------------------------------------------- */

static void append_v2(const struct journal_attestation *item, struct buf *out)
{
    AUTO(attestation_v2) struct attestation_v2 v2 = {.has_batch = true};
    buf_append(&v2.record, item->record);
    memcpy(v2.signature, item->signature.ptr, sizeof v2.signature);
    v2.path =
        (struct merkle_path){.index = item->index, .count = item->count, .step_count = item->path.len / sizeof(struct hash)};
    if (item->path.len)
        memcpy(v2.path.steps, item->path.ptr, item->path.len);
    buf_append(&v2.quote, item->batch_quote);
    attestation_v2_write(&v2, out);
}

static struct err *add_v2(const struct journal_attestation *item, json_t *body)
{
    AUTO(json) json_t *v2 = NULL;
    AUTO(buf) struct buf text = {0};
    if (item->record.len == 0)
        return NULL;
    if (item->signature.len != ED25519_SIGNATURE_LEN || item->path.len > MERKLE_PATH_MAX * sizeof(struct hash))
        return err_new(ERR_INVALID, "the journal's attestation is damaged");
    append_v2(item, &text);
    TRY(json_doc_parse(buf_slice(&text), &v2));
    json_object_set(body, "attestation_v2", v2);
    return NULL;
}

static struct err *send_one(struct attester *a, const struct journal_attestation *item)
{
    AUTO(json) json_t *body = NULL;
    AUTO(buf) struct buf quote = {0};
    AUTO(buf) struct buf text = {0};
    TRY(json_doc_parse(item->body, &body));
    base64_append(&quote, item->quote);
    json_object_set_new(body, "tdx_quote", json_doc_string(buf_slice(&quote)));
    TRY(add_v2(item, body));
    json_doc_write(body, &text);
    return coordinator_attest(a->coordinator, buf_slice(&text));
}

static bool is_final(const struct err *e)
{
    return err_code(e) == ERR_INVALID || err_code(e) == ERR_NOT_FOUND || err_code(e) == ERR_CONFLICT;
}

static struct err *send_quoted(struct attester *a, struct journal_attestation *list, size_t *count)
{
    AUTO(arena) struct arena arena = {0};
    TRY(journal_attestations(a->journal, true, &arena, list, count));
    for (size_t i = 0; i < *count; i++) {
        struct err *e = send_one(a, &list[i]);
        if (e && !is_final(e))
            return err_doing(e, "sending the attestation of job %llu", (unsigned long long)list[i].job_id);
        if (e)
            log_error("the coordinator does not take an attestation", LOG_ERR(e), LOG_U64("job_id", list[i].job_id));
        err_free(e);
        TRY(journal_remove_attestation(a->journal, list[i].id));
    }
    return NULL;
}

struct err *attester_tell_start(struct attester *a)
{
    AUTO(buf) struct buf quote = {0}, quote_text = {0}, name = {0}, text = {0};
    TRY(identity_quote_key(a->identity, NULL, &quote));
    base64_append(&quote_text, buf_slice(&quote));
    buf_append_fmt(&name, "worker://%s", a->settings->worker_id);
    AUTO(json) json_t *body = json_pack("{si ss ss ss ss ss ss}", "task_id", -1, "task_type", "execute", "repo_url",
                                        buf_str(&name), "commit_hash", "startup", "build_target", a->settings->tee_mode,
                                        "output_hash", "worker_startup", "tdx_quote", buf_str(&quote_text));
    json_doc_write(body, &text);
    return err_doing(coordinator_attest(a->coordinator, buf_slice(&text)), "attesting the start");
}

struct err *attester_round(struct attester *a)
{
    AUTO(arena) struct arena arena = {0};
    struct journal_attestation *list = ARENA_ARRAY(&arena, struct journal_attestation, JOURNAL_BATCH_MAX);
    size_t quoted = 0, sent = 0;
    do {
        TRY(quote_waiting(a, list, &quoted));
        TRY(send_quoted(a, list, &sent));
    } while (quoted || sent);
    return NULL;
}

void attester_init(struct attester *a)
{
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->wanted = true; /* what an earlier process left */
    a->starts = 1;
}

void attester_wake(struct attester *a)
{
    pthread_mutex_lock(&a->lock);
    a->wanted = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

void attester_tell_again(struct attester *a)
{
    pthread_mutex_lock(&a->lock);
    a->starts++;
    pthread_mutex_unlock(&a->lock);
    attester_wake(a);
}

/* Attests the last start; *told is the one that was attested. */
static struct err *tell_last_start(struct attester *a, uint64_t *told)
{
    pthread_mutex_lock(&a->lock);
    uint64_t last = a->starts;
    pthread_mutex_unlock(&a->lock);
    struct err *e = *told == last ? NULL : attester_tell_start(a);
    if (!e || is_final(e))
        *told = last;
    return e;
}

static void wait_for_work(struct attester *a)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_SECONDS;
    pthread_mutex_lock(&a->lock);
    while (!a->wanted && !stop_wanted(a->stop) && pthread_cond_timedwait(&a->changed, &a->lock, &until) != ETIMEDOUT)
        ;
    a->wanted = false;
    pthread_mutex_unlock(&a->lock);
}

void attester_run(struct attester *a)
{
    uint64_t pause = RETRY_FIRST_MS;
    uint64_t told = 0;
    bool ending = false;
    while (!ending) {
        wait_for_work(a);
        ending = stop_wanted(a->stop);
        struct err *e = tell_last_start(a, &told);
        if (!e)
            e = attester_round(a);
        if (!e) {
            pause = RETRY_FIRST_MS;
            continue;
        }
        log_warn("attestations wait", LOG_ERR(e));
        err_free(e);
        stop_rest(a->stop, pause);
        pause = pause * 2 < RETRY_LONGEST_MS ? pause * 2 : RETRY_LONGEST_MS;
        attester_wake(a);
    }
}
