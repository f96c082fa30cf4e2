#include "cli/verify_gather.h"
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "near/rpc_client.h"
#include "net/http_client.h"
#include "tee/attestation/v2.h"
#include "tee/measurements.h"
#include "tee/quote_check.h"
#include "tee/worker_key.h"
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 16 << 20, ANSWER_MAX = 16 << 20, RETRY_MS = 500 };

struct gathering {
    const struct verify_sources *s;
    struct verify_gathered *g;
    struct http_client *http;
    struct rpc_client *rpc;
    bool older_coordinator; /* it does not know a path that it was asked for */
};

static void auto_gathering(struct gathering *x)
{
    http_client_free(x->http);
    rpc_client_free(x->rpc);
}

void verify_gathered_free(struct verify_gathered *g)
{
    json_decref(g->attestation);
    json_decref(g->chain);
    buf_free(&g->collateral);
    buf_free(&g->root);
    buf_free(&g->input);
    buf_free(&g->output);
    arena_free(&g->arena);
}

struct err *verify_file_read(const char *what, const char *path, struct buf *out)
{
    return err_recode(err_doing(fs_read(path, FILE_MAX, out), "%s", what), ERR_INVALID);
}

/* --- the coordinator -------------------------------------------------------------------------------------------------------- */

/* *found is false for a 404. */
static struct err *get_json(struct gathering *x, const char *url, const char *what, json_t **out, bool *found)
{
    AUTO(http_answer) struct http_answer answer = {0};
    TRY(http_client_call(x->http, &(struct http_call){.method = "GET", .url = url, .max_answer_len = ANSWER_MAX}, &answer));
    *found = answer.status != 404;
    x->older_coordinator = !*found && strstr(buf_str(&answer.body), "Unknown endpoint");
    if (!*found)
        return NULL;
    TRY(http_expect(&answer, what));
    return err_doing(json_doc_parse(buf_slice(&answer.body), out), "%s", what);
}

static struct err *get_attestation(struct gathering *x, enum verify_subject subject, const char *name)
{
    static const char *const paths[] = {
        [VERIFY_TX] = "/attestations/by-tx", [VERIFY_CALL] = "/attestations/by-call", [VERIFY_JOB] = "/attestations"};
    const char *url = arena_fmt(&x->g->arena, "%s%s/%s", x->s->api_url, paths[subject], name);
    uint64_t waited_ms = 0;
    bool found = false;
    if (strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(name))
        return err_new(ERR_INVALID, "`%s` is no transaction hash, call id or job number", name);
    for (;; waited_ms += RETRY_MS) {
        TRY(get_json(x, url, "the attestation", &x->g->attestation, &found));
        if (found)
            return NULL;
        if (x->older_coordinator)
            return err_new(ERR_UNAVAILABLE,
                           "%s keeps no attestations under %s: it is an older coordinator, ask another with --api",
                           x->s->api_url, paths[subject]);
        if (waited_ms >= x->s->wait_s * 1000)
            return err_new(ERR_NOT_FOUND, "%s has no attestation of `%s`", x->s->api_url, name);
        usleep(RETRY_MS * 1000);
    }
}

/* The quote that speaks for the record: the batch's, else version 1's own. Appends its bytes. */
static bool quote_of(const json_t *attestation, struct buf *out)
{
    const json_t *batch = json_object_get(json_object_get(attestation, "attestation_v2"), "batch");
    struct slice text =
        json_doc_text(json_is_object(batch) ? json_object_get(batch, "quote") : json_object_get(attestation, "tdx_quote"));
    return text.ptr && base64_decode(text, out, NULL);
}

static struct err *get_collateral(struct gathering *x)
{
    AUTO(buf) struct buf quote = {0}, memory = {0};
    AUTO(json) json_t *answer = NULL;
    struct dcap_report report;
    char fmspc_hex[2 * PCK_FMSPC_LEN + 1] = "";
    bool found = false;
    if (x->s->collateral_path)
        return verify_file_read("--collateral", x->s->collateral_path, &x->g->collateral);
    if (x->s->offline || !quote_of(x->g->attestation, &quote))
        return NULL;
    struct room room = {buf_reserve(&memory, quote.len), quote.len};
    if (!dcap_open_quote(buf_slice(&quote), slice_str(NULL), &room, &report) || report.pck_code)
        return NULL; /* the quote's own step tells what is wrong with it */
    hex_encode(slice_from(report.pck.fmspc, PCK_FMSPC_LEN), fmspc_hex);
    long long at = json_integer_value(json_object_get(x->g->attestation, "timestamp"));
    TRY(get_json(x, arena_fmt(&x->g->arena, "%s/public/collateral?fmspc=%s&at=%lld", x->s->api_url, fmspc_hex, at),
                 "the collateral", &answer, &found));
    if (found)
        buf_append(&x->g->collateral, json_doc_text(json_object_get(answer, "collateral")));
    return NULL;
}

/* --- the chain -------------------------------------------------------------------------------------------------------------- */

static bool get_block(void *context, const char *block_hash, struct verify_block *out)
{
    struct gathering *x = context;
    AUTO(json) json_t *block = NULL;
    uint64_t ns = 0;
    struct err *e = rpc_call(x->rpc, "block", json_pack("{ss}", "block_id", block_hash), &block);
    if (!e)
        e = json_doc_u64(json_object_get(block, "header"), "height", &out->height);
    if (!e)
        e = json_doc_u64(json_object_get(block, "header"), "timestamp", &ns);
    out->time_s = ns / 1000000000;
    bool good = !e;
    err_free(e);
    return good;
}

/* What is not known is left out; only a node that does not answer is an error. */
static struct err *drop_unless_unavailable(struct err *e)
{
    if (e && err_code(e) == ERR_UNAVAILABLE)
        return e;
    err_free(e);
    return NULL;
}

static struct err *get_chain(struct gathering *x)
{
    const json_t *a = x->g->attestation;
    const char *tx = json_string_value(json_object_get(a, "transaction_hash")),
               *sender = json_string_value(json_object_get(a, "caller_account_id"));
    AUTO(json) json_t *status = NULL;
    uint64_t request_id = 0;
    if (!tx || !sender || json_doc_u64_opt(a, "request_id", &request_id))
        return NULL;
    struct err *e = rpc_call(
        x->rpc, "EXPERIMENTAL_tx_status",
        json_pack("{ss ss ss}", "tx_hash", tx, "sender_account_id", sender, "wait_until", "EXECUTED_OPTIMISTIC"), &status);
    if (!e)
        e = verify_chain_read(status, x->s->contract_id, request_id, get_block, x, &x->g->chain);
    return drop_unless_unavailable(e);
}

static struct err *ask_approved(struct gathering *x, const struct measurements *m)
{
    AUTO(buf) struct buf args = {0}, answer = {0};
    buf_append_str(&args, "{\"measurements\":");
    measurements_write_json(m, &args);
    buf_append_str(&args, "}");
    struct err *e = rpc_view_call(x->rpc, slice_str(x->s->register_id), "is_measurements_approved", buf_slice(&args), &answer);
    if (!e && slice_eq_str(buf_slice(&answer), "true"))
        x->g->evidence.approved = VERIFY_YES;
    if (!e && slice_eq_str(buf_slice(&answer), "false"))
        x->g->evidence.approved = VERIFY_NO;
    x->g->evidence.approved_by = x->s->register_id;
    return drop_unless_unavailable(e);
}

/* The user's own list: an array of {"mrtd","rtmr0",…}, with hex of either case. `m` is NULL when the quote's are not known. */
static struct err *look_up_approved(struct gathering *x, const struct measurements *m)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *list = NULL;
    const json_t *item;
    size_t i;
    bool listed = false;
    TRY(verify_file_read("--approved-measurements", x->s->approved_path, &text));
    TRY_DOING(json_doc_parse(buf_slice(&text), &list), "%s", x->s->approved_path);
    if (!json_is_array(list))
        return err_new(ERR_INVALID, "%s is no array of {\"mrtd\":…,\"rtmr0\":…,\"rtmr1\":…,\"rtmr2\":…,\"rtmr3\":…}",
                       x->s->approved_path);
    json_array_foreach(list, i, item)
    {
        struct measurements approved;
        TRY_DOING(measurements_read_json(item, &approved), "%s, entry %zu", x->s->approved_path, i + 1);
        listed |= m && !memcmp(&approved, m, sizeof approved);
    }
    x->g->evidence.approved = !m ? VERIFY_NOT_ASKED : listed ? VERIFY_YES : VERIFY_NO;
    x->g->evidence.approved_by = x->s->approved_path;
    return NULL;
}

static struct err *get_approved(struct gathering *x)
{
    AUTO(buf) struct buf quote = {0};
    struct measurements m;
    struct err *e =
        quote_of(x->g->attestation, &quote) ? measurements_of_quote(buf_slice(&quote), &m) : err_new(ERR_INVALID, "no quote");
    bool known = !e;
    err_free(e); /* the quote's own step tells */
    if (x->s->approved_path)
        return look_up_approved(x, known ? &m : NULL);
    return x->rpc && known ? ask_approved(x, &m) : NULL;
}

/* False when there is no well-formed record of version 2; its own step tells. The record borrows from `a`. */
static bool read_record(const struct gathering *x, struct attestation_v2 *a, struct attestation_record *record)
{
    struct err *e = attestation_v2_read(json_object_get(x->g->attestation, "attestation_v2"), a);
    bool formed = !e && attestation_record_read(buf_slice(&a->record), record);
    err_free(e);
    return formed;
}

static struct err *get_registered(struct gathering *x)
{
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    struct attestation_record record;
    struct public_key key = {.curve = KEY_ED25519}, known;
    if (x->s->worker_key)
        TRY_DOING(public_key_parse(slice_str(x->s->worker_key), &known), "--worker-key");
    if (!read_record(x, &a, &record))
        return NULL;
    memcpy(key.raw, record.worker_key, sizeof record.worker_key);
    if (x->s->worker_key) {
        x->g->evidence.registered = public_key_eq(&known, &key) ? VERIFY_YES : VERIFY_NO;
        x->g->evidence.registered_by = "known to you";
        return NULL;
    }
    if (!x->rpc)
        return NULL;
    struct err *e = tee_worker_key_check(x->rpc, slice_str(x->s->register_id), slice_str(x->s->contract_id), &key);
    x->g->evidence.registered = e ? VERIFY_NO : VERIFY_YES;
    x->g->evidence.registered_by = x->s->register_id;
    if (e && err_code(e) == ERR_UNAVAILABLE)
        x->g->evidence.registered = VERIFY_NOT_ASKED;
    return drop_unless_unavailable(e);
}

/* --- payloads ------------------------------------------------------------------------------------------------------------------ */

/* What was sent or received, as the user keeps it. */
static struct err *read_payload(const char *option, const char *path, struct buf *out, bool *there)
{
    if (!path)
        return NULL;
    TRY(verify_file_read(option, path, out));
    *there = true;
    return NULL;
}

/* Editors and shells end files with a line feed that was never sent: it is dropped, unless it is in what was `recorded`. */
static void drop_line_feed(struct buf *file, const uint8_t recorded[HASH_LEN])
{
    struct hash whole = hash_sha256(buf_slice(file));
    if (file->len && file->ptr[file->len - 1] == '\n' && memcmp(whole.bytes, recorded, HASH_LEN) != 0)
        file->len--;
}

static void drop_line_feeds(struct gathering *x)
{
    struct attestation_record record = {0};
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    read_record(x, &a, &record);
    if (x->s->input_path)
        drop_line_feed(&x->g->input, record.input);
    if (x->s->output_path)
        drop_line_feed(&x->g->output, record.output);
}

/* One that a bundle brings, where the user has none. */
static void take_payload(const json_t *bundle, const char *name, struct buf *out, bool *there)
{
    struct slice text = json_doc_text(json_object_get(bundle, name));
    if (*there || !text.ptr)
        return;
    buf_append(out, text);
    *there = true;
}

static struct slice payload(bool there, const struct buf *content)
{
    return there ? slice_from(content->ptr ? content->ptr : (const uint8_t *)"", content->len) : (struct slice){0};
}

/* --- bundles ---------------------------------------------------------------------------------------------------------------- */

static struct err *read_bundle(struct gathering *x, const char *path)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *bundle = NULL;
    uint64_t format = 0;
    TRY(verify_file_read("bundle", path, &text));
    TRY_DOING(json_doc_parse(buf_slice(&text), &bundle), "bundle %s", path);
    TRY_DOING(json_doc_u64(bundle, "bundle_format", &format), "bundle %s", path);
    if (format != 1)
        return err_new(ERR_INVALID, "bundle %s is of format %llu, expected 1", path, (unsigned long long)format);
    json_t *attestation = json_object_get(bundle, "attestation"), *chain = json_object_get(bundle, "chain");
    if (!json_is_object(attestation))
        return err_new(ERR_INVALID, "bundle %s has no `attestation`", path);
    x->g->attestation = json_incref(attestation);
    x->g->chain = json_is_object(chain) ? json_incref(chain) : NULL;
    buf_append(&x->g->collateral, json_doc_text(json_object_get(bundle, "collateral")));
    take_payload(bundle, "input_raw", &x->g->input, &x->g->has_input);
    take_payload(bundle, "output_raw", &x->g->output, &x->g->has_output);
    return NULL;
}

struct err *verify_bundle_write(const char *path, const struct verify_sources *s, const struct verify_gathered *g,
                                const struct verify_report *report)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *bundle =
        json_pack("{si ss ss ss ss sO}", "bundle_format", 1, "how_to_verify",
                  "outlayer verify bundle FILE --offline --approved-measurements FILE --worker-key KEY", "network", s->network,
                  "contract", s->contract_id, "register_contract", s->register_id, "attestation", g->attestation);
    if (g->collateral.len)
        json_object_set_new(bundle, "collateral", json_doc_string(buf_slice(&g->collateral)));
    if (g->chain)
        json_object_set(bundle, "chain", g->chain);
    if (g->has_input)
        json_object_set_new(bundle, "input_raw", json_doc_string(buf_slice(&g->input)));
    if (g->has_output)
        json_object_set_new(bundle, "output_raw", json_doc_string(buf_slice(&g->output)));
    json_object_set_new(bundle, "verification", verify_report_json(report));
    json_doc_write(bundle, &text);
    buf_append_str(&text, "\n");
    return fs_write_atomic(path, buf_slice(&text), 0644);
}

/* --- all of it -------------------------------------------------------------------------------------------------------------- */

static struct err *read_files(struct gathering *x)
{
    if (x->s->root_path)
        TRY(verify_file_read("--root", x->s->root_path, &x->g->root));
    TRY(read_payload("--input", x->s->input_path, &x->g->input, &x->g->has_input));
    return read_payload("--output", x->s->output_path, &x->g->output, &x->g->has_output);
}

/* What is accepted on devnet only must not get in by asking another chain's node. */
static struct err *check_chain(struct gathering *x)
{
    AUTO(buf) struct buf id = {0};
    TRY_DOING(rpc_chain_id(x->rpc, &id), "asking the node which chain it serves");
    if (slice_eq_str(buf_slice(&id), x->s->network))
        return NULL;
    return err_new(
        ERR_INVALID,
        "the node serves chain `%s`, and the network asked for is `%s`: name it with --network, or its node with --rpc",
        buf_str(&id), x->s->network);
}

static struct err *gather(struct gathering *x, enum verify_subject subject, const char *name)
{
    TRY(read_files(x));
    if (!x->s->offline) {
        TRY(http_client_new(&x->http));
        TRY(rpc_client_new(&(struct rpc_config){.url = x->s->rpc_url, .attempts = 2}, &x->rpc));
        TRY(check_chain(x));
    }
    TRY(subject == VERIFY_BUNDLE ? read_bundle(x, name) : get_attestation(x, subject, name));
    drop_line_feeds(x);
    if (!x->g->collateral.len)
        TRY(get_collateral(x));
    if (x->rpc && !x->g->chain)
        TRY_DOING(get_chain(x), "asking the chain");
    TRY_DOING(get_approved(x), "asking for approved measurements");
    return err_doing(get_registered(x), "asking for the worker's key");
}

struct err *verify_gather(const struct verify_sources *s, enum verify_subject subject, const char *name,
                          struct verify_gathered *out)
{
    AUTO(gathering) struct gathering x = {.s = s, .g = out};
    TRY(gather(&x, subject, name));
    struct verify_evidence *e = &out->evidence;
    e->attestation = out->attestation;
    e->chain = out->chain;
    e->collateral = buf_slice(&out->collateral);
    e->root = buf_slice(&out->root);
    e->network = s->network;
    e->contract_id = s->contract_id;
    if (subject == VERIFY_CALL)
        e->call_id = slice_str(name);
    e->input = payload(out->has_input, &out->input);
    e->output = payload(out->has_output, &out->output);
    return NULL;
}
