#include "tee/verify/verify.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "near/key.h"
#include "tee/attestation/v1.h"
#include "tee/attestation/v2.h"
#include "tee/quote_check.h"
#include "tee/simulator/simulator.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Clocks of a worker and of the chain may differ by so much. */
enum { CLOCK_SLACK_S = 60, QUOTE_MAX = 64 * 1024 };

/* --- the list of steps ------------------------------------------------------------------------------------------------------ */

static void add(struct verify_report *r, const char *group, const char *id, const char *what, enum verify_verdict verdict,
                const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void add(struct verify_report *r, const char *group, const char *id, const char *what, enum verify_verdict verdict,
                const char *fmt, ...)
{
    char text[1024];
    va_list args;
    if (r->count == VERIFY_STEPS_MAX)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->steps[r->count++] = (struct verify_step){group, id, what, verdict, arena_str(&r->arena, slice_str(text))};
}

static enum verify_verdict pass_if(bool good)
{
    return good ? VERIFY_PASS : VERIFY_FAIL;
}

const char *verify_verdict_name(enum verify_verdict verdict)
{
    static const char *const names[] = {[VERIFY_PASS] = "pass", [VERIFY_FAIL] = "fail", [VERIFY_UNPROVEN] = "unproven"};
    return names[verdict];
}

void verify_report_free(struct verify_report *r)
{
    arena_free(&r->arena);
}

const struct verify_step *verify_report_first(const struct verify_report *r, enum verify_verdict verdict)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->steps[i].verdict == verdict)
            return &r->steps[i];
    }
    return NULL;
}

enum verify_verdict verify_report_verdict(const struct verify_report *r)
{
    if (verify_report_first(r, VERIFY_FAIL) || r->count == 0)
        return VERIFY_FAIL;
    return verify_report_first(r, VERIFY_UNPROVEN) ? VERIFY_UNPROVEN : VERIFY_PASS;
}

json_t *verify_report_json(const struct verify_report *r)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < r->count; i++) {
        const struct verify_step *s = &r->steps[i];
        json_t *step = json_pack("{ss ss ss ss}", "group", s->group, "id", s->id, "what", s->what, "verdict",
                                 verify_verdict_name(s->verdict));
        json_object_set_new(step, "seen", json_doc_string(slice_str(s->seen)));
        json_array_append_new(steps, step);
    }
    return json_pack("{ss sb ss ss? so}", "verdict", verify_verdict_name(verify_report_verdict(r)), "simulated", r->simulated,
                     "root_sha256", r->root_sha256, "tcb_status", r->tcb_status, "steps", steps);
}

/* --- quotes ----------------------------------------------------------------------------------------------------------------- */

/* What one quote's verification gave. */
struct checked_quote {
    bool good; /* every step passed */
    struct quote_check check;
    struct measurements measurements;
    uint8_t report_data[REPORT_DATA_LEN];
};

static struct slice root_of(const struct verify_evidence *e)
{
    return e->root.len ? e->root : dcap_intel_root;
}

static enum verify_verdict verdict_of(enum dcap_verdict verdict)
{
    return verdict == DCAP_PASS ? VERIFY_PASS : verdict == DCAP_FAIL ? VERIFY_FAIL : VERIFY_UNPROVEN;
}

static void add_dcap_step(struct verify_report *r, const char *group, const struct dcap_report *report, enum dcap_step step)
{
    AUTO(buf) struct buf seen = {0};
    enum dcap_verdict verdict = report->verdicts[step];
    if (verdict == DCAP_FAIL)
        dcap_fault_write(&report->fault, &seen);
    else if (verdict == DCAP_PASS)
        dcap_report_write_seen(report, step, &seen);
    else
        buf_append_str(&seen, "not looked at: a step before it failed");
    add(r, group, dcap_step_name(step), dcap_step_what(step), verdict_of(verdict), "%s", buf_str(&seen));
}

/* Only UpToDate is good enough to pass; anything else that is not revoked is told and leaves it open. */
static void add_status(struct verify_report *r, const char *group, const struct dcap_report *report)
{
    AUTO(buf) struct buf seen = {0};
    struct slice status = tcb_status_name(report->status);
    bool fine = report->status == TCB_UP_TO_DATE && report->advisory_count == 0;
    buf_append(&seen, status);
    for (size_t i = 0; i < report->advisory_count; i++)
        buf_append_fmt(&seen, "%s%.*s", i ? ", " : ", advisories ", SLICE_FMT(report->advisories[i]));
    r->tcb_status = arena_str(&r->arena, status);
    add(r, group, "up_to_date", "the platform is up to date, without open advisories", fine ? VERIFY_PASS : VERIFY_UNPROVEN,
        "%s", buf_str(&seen));
}

static void add_missing_quote(struct verify_report *r, const char *group, const char *why)
{
    add(r, group, "quote", "the quote verifies down to the root", VERIFY_UNPROVEN, "%s", why);
}

/* Verifies at `now`, with one step for every check when `detailed`, else with one for all. */
static void check_quote(const struct verify_evidence *e, struct verify_report *r, const char *group, struct slice quote,
                        uint64_t now, bool detailed, struct checked_quote *out)
{
    AUTO(buf) struct buf why = {0};
    if (!e->collateral.len) {
        add_missing_quote(r, group, "there is no collateral for that time");
        return;
    }
    bool steps_pass = quote_check_run(&out->check, root_of(e), quote, e->collateral, now);
    const struct dcap_report *report = &out->check.report;
    for (int step = 0; detailed && step < DCAP_STEP_COUNT; step++)
        add_dcap_step(r, group, report, (enum dcap_step)step);
    if (!detailed && !steps_pass)
        dcap_fault_write(&report->fault, &why);
    if (!detailed)
        add(r, group, "quote", "the quote verifies down to the root", pass_if(steps_pass), "%s",
            steps_pass ? "every step" : buf_str(&why));
    if (!steps_pass || !report->quote.td) {
        if (steps_pass)
            add(r, group, "tdx", "it is a TDX quote", VERIFY_FAIL, "an SGX quote");
        return;
    }
    if (detailed)
        add_status(r, group, report);
    out->good = true;
    memcpy(out->report_data, report->quote.td->report_data, REPORT_DATA_LEN);
    struct err *unread = measurements_of_quote(quote, &out->measurements);
    out->good = !unread;
    err_free(unread);
}

static void quote_free(struct checked_quote *q)
{
    quote_check_free(&q->check);
}

/* --- version 2 -------------------------------------------------------------------------------------------------------------- */

static const char *hex_of(struct verify_report *r, const uint8_t *bytes, size_t len)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, slice_from(bytes, len));
    return arena_str(&r->arena, buf_slice(&text));
}

static const char *key_text(struct verify_report *r, const uint8_t *key)
{
    struct public_key k = {.curve = KEY_ED25519};
    char text[KEY_TEXT_MAX];
    memcpy(k.raw, key, ATTESTATION_KEY_LEN);
    return arena_str(&r->arena, slice_str(public_key_text(&k, text)));
}

static void add_batch(struct verify_report *r, const struct attestation_v2 *a, const struct checked_quote *q)
{
    static const char what[] = "the quote carries the batch that the record is in";
    uint8_t wanted[REPORT_DATA_LEN];
    if (!a->has_batch)
        add(r, "record", "batch", what, VERIFY_UNPROVEN, "the record has no quote yet");
    else if (!attestation_v2_report_data(a, wanted))
        add(r, "record", "batch", what, VERIFY_FAIL, "the path is none of a tree of %" PRIu64 " records", a->path.count);
    else if (!q->good)
        add(r, "record", "batch", what, VERIFY_UNPROVEN, "no quote verified");
    else
        add(r, "record", "batch", what, pass_if(!memcmp(wanted, q->report_data, sizeof wanted)),
            "record %" PRIu64 " of %" PRIu64 ", report data %s", a->path.index + 1, a->path.count,
            hex_of(r, q->report_data, 16));
}

static void add_approved(const struct verify_evidence *e, struct verify_report *r, const struct checked_quote *q)
{
    static const char what[] = "the enclave's software is approved";
    const char *by = e->approved_by ? e->approved_by : "nobody";
    if (!q->good)
        add(r, "enclave", "measurements", what, VERIFY_UNPROVEN, "no quote verified, so its measurements are not known");
    else if (e->approved == VERIFY_NOT_ASKED)
        add(r, "enclave", "measurements", what, VERIFY_UNPROVEN, "nobody was asked; MRTD %s…, RTMR3 %s…",
            hex_of(r, q->measurements.of[MEASUREMENT_MRTD], 8), hex_of(r, q->measurements.of[MEASUREMENT_RTMR3], 8));
    else
        add(r, "enclave", "measurements", what, pass_if(e->approved == VERIFY_YES), "%s %s MRTD %s…, RTMR3 %s…", by,
            e->approved == VERIFY_YES ? "approves" : "does not approve", hex_of(r, q->measurements.of[MEASUREMENT_MRTD], 8),
            hex_of(r, q->measurements.of[MEASUREMENT_RTMR3], 8));
}

/* A key that is not on the chain may have been retired since: that leaves it open. */
static void add_registered(const struct verify_evidence *e, struct verify_report *r, const uint8_t *key)
{
    const char *by = e->registered_by ? e->registered_by : "nobody";
    add(r, "enclave", "worker_key", "the key is a registered worker's",
        e->registered == VERIFY_YES ? VERIFY_PASS : VERIFY_UNPROVEN, "%s: %s", key_text(r, key),
        e->registered == VERIFY_NOT_ASKED ? "nobody was asked"
        : e->registered == VERIFY_YES     ? by
                                          : arena_fmt(&r->arena, "not on %s now", by));
}

/* --- against the chain ------------------------------------------------------------------------------------------------------ */

/* What is compared: the record's word, and the chain's. */
struct request_check {
    const struct verify_evidence *e;
    struct verify_report *r;
    const struct attestation_record *record;
};

static const json_t *on_chain(const struct request_check *c, const char *name)
{
    return json_object_get(c->e->chain, name);
}

static void add_unseen(const struct request_check *c, const char *id, const char *what)
{
    add(c->r, "request", id, what, VERIFY_UNPROVEN, "%s",
        c->e->chain ? "the chain does not show it" : "the chain was not asked");
}

static void check_text(const struct request_check *c, const char *id, const char *what, struct slice recorded,
                       struct slice wanted)
{
    if (!wanted.ptr)
        add_unseen(c, id, what);
    else
        add(c->r, "request", id, what, pass_if(slice_eq(recorded, wanted)),
            slice_eq(recorded, wanted) ? "%.*s" : "the record says `%.*s`, it is `%.*s`", SLICE_FMT(recorded),
            SLICE_FMT(wanted));
}

static void check_number(const struct request_check *c, const char *id, const char *what, uint64_t recorded, const char *name)
{
    const json_t *wanted = on_chain(c, name);
    if (!json_is_integer(wanted))
        add_unseen(c, id, what);
    else
        add(c->r, "request", id, what, pass_if(recorded == (uint64_t)json_integer_value(wanted)),
            recorded == (uint64_t)json_integer_value(wanted) ? "%" PRIu64 : "the record says %" PRIu64 ", it is %lld", recorded,
            (long long)json_integer_value(wanted));
}

static void check_hash(const struct request_check *c, const char *id, const char *what, const uint8_t *recorded,
                       const struct hash *wanted)
{
    bool same = !memcmp(recorded, wanted->bytes, HASH_LEN);
    char hex[HASH_HEX_MAX];
    add(c->r, "request", id, what, pass_if(same), same ? "%s" : "the record says %s, it is %s",
        hex_of(c->r, recorded, HASH_LEN), hash_hex(wanted, hex));
}

static void check_code(const struct request_check *c)
{
    static const char what[] = "the code that ran is the code that was asked for";
    struct hash wanted;
    struct slice text = json_doc_text(on_chain(c, "code_hash"));
    static const uint8_t none[HASH_LEN];
    if (!memcmp(c->record->code, none, sizeof none) && !slice_eq_str(c->record->outcome, "completed"))
        add(c->r, "request", "code", what, VERIFY_PASS, "no code that ran is named: %.*s", SLICE_FMT(c->record->outcome));
    else if (!text.ptr || !hash_parse_hex(text, &wanted))
        add_unseen(c, "code", what);
    else
        check_hash(c, "code", what, c->record->code, &wanted);
}

static void check_input(const struct request_check *c)
{
    static const char what[] = "its input";
    struct slice input = c->e->input.ptr ? c->e->input : json_doc_text(on_chain(c, "input"));
    struct hash wanted = hash_sha256(input);
    if (!input.ptr)
        add_unseen(c, "input", what);
    else
        check_hash(c, "input", what, c->record->input, &wanted);
}

static void check_output(const struct request_check *c)
{
    static const char what[] = "its output, as the requester got it";
    const json_t *success = on_chain(c, "success");
    struct slice output = c->e->output.ptr ? c->e->output : json_doc_text(on_chain(c, "output"));
    if (!output.ptr && json_is_false(success))
        output = SLICE(""); /* a failure returns nothing */
    struct hash wanted = hash_sha256(output);
    if (!output.ptr)
        add_unseen(c, "output", what);
    else
        check_hash(c, "output", what, c->record->output, &wanted);
}

static void check_outcome(const struct request_check *c)
{
    static const char what[] = "how it ended";
    const json_t *success = on_chain(c, "success");
    bool completed = slice_eq_str(c->record->outcome, "completed");
    if (!json_is_boolean(success))
        add_unseen(c, "outcome", what);
    else
        add(c->r, "request", "outcome", what, pass_if(completed == json_is_true(success)), "%.*s, %s on chain",
            SLICE_FMT(c->record->outcome), json_is_true(success) ? "a success" : "a failure");
}

/* A worker may hold a run to less than was asked for, never to more. */
static void check_limits(const struct request_check *c)
{
    static const char what[] = "its limits, and that it kept them";
    const struct attestation_record *r = c->record;
    const json_t *instructions = on_chain(c, "max_instructions"), *memory = on_chain(c, "max_memory_mb"),
                 *seconds = on_chain(c, "max_seconds");
    if (!json_is_integer(instructions) || !json_is_integer(memory) || !json_is_integer(seconds)) {
        add_unseen(c, "limits", what);
        return;
    }
    bool within = r->max_instructions <= (uint64_t)json_integer_value(instructions) &&
                  r->max_memory_mb <= (uint64_t)json_integer_value(memory) &&
                  r->max_seconds <= (uint64_t)json_integer_value(seconds) && r->instructions <= r->max_instructions;
    add(c->r, "request", "limits", what, pass_if(within),
        "%" PRIu64 " of %" PRIu64 " instructions, %" PRIu64 " MB, %" PRIu64 " s", r->instructions, r->max_instructions,
        r->max_memory_mb, r->max_seconds);
}

static void check_time(const struct request_check *c)
{
    static const char what[] = "when it ended: between request and settlement";
    const json_t *from = on_chain(c, "requested_at"), *until = on_chain(c, "resolved_at");
    if (!json_is_integer(from) || !json_is_integer(until)) {
        add_unseen(c, "time", what);
        return;
    }
    uint64_t a = (uint64_t)json_integer_value(from), b = (uint64_t)json_integer_value(until), t = c->record->time_s;
    add(c->r, "request", "time", what, pass_if(t + CLOCK_SLACK_S >= a && t <= b + CLOCK_SLACK_S),
        "%" PRIu64 ", the chain has %" PRIu64 " to %" PRIu64, t, a, b);
}

static void check_chain_request(const struct request_check *c)
{
    check_number(c, "request", "the request", c->record->request_id, "request_id");
    check_code(c);
    check_input(c);
    check_output(c);
    check_outcome(c);
    check_text(c, "caller", "who asked", c->record->caller, json_doc_text(on_chain(c, "caller")));
    check_limits(c);
    check_number(c, "block", "the block of the request", c->record->block_height, "requested_height");
    check_time(c);
}

/* What no chain shows is not compared: that the enclave states it is what is proven of it. */
static void add_statement(const struct request_check *c)
{
    const struct attestation_record *r = c->record;
    add(c->r, "request", "limits", "that it kept its limits", pass_if(r->instructions <= r->max_instructions),
        "%" PRIu64 " of %" PRIu64 " instructions", r->instructions, r->max_instructions);
    add(c->r, "request", "statement", "what the enclave states besides, compared with nothing", VERIFY_PASS,
        "code %s, %.*s, for %.*s, at %" PRIu64, hex_of(c->r, r->code, HASH_LEN), SLICE_FMT(r->outcome), SLICE_FMT(r->caller),
        r->time_s);
}

static void check_call(const struct request_check *c)
{
    struct slice published = json_doc_text(json_object_get(c->e->attestation, "call_id"));
    check_text(c, "call", "the call", c->record->call_id, c->e->call_id.ptr ? c->e->call_id : published);
    check_input(c);
    check_output(c);
    add_statement(c);
}

static void check_request(const struct verify_evidence *e, struct verify_report *r, const struct attestation_record *record)
{
    const struct request_check c = {e, r, record};
    check_text(&c, "chain", "the chain", record->chain, slice_str(e->network));
    check_text(&c, "contract", "the main contract", record->contract, slice_str(e->contract_id));
    if (record->subject == ATTESTATION_REQUEST)
        check_chain_request(&c);
    else
        check_call(&c);
}

/* --- version 1 -------------------------------------------------------------------------------------------------------------- */

static void add_hash_of_v1(struct verify_report *r, const char *id, const char *what, struct slice recorded,
                           const struct hash *wanted)
{
    char hex[HASH_HEX_MAX];
    bool same = slice_eq_str(recorded, hash_hex(wanted, hex));
    add(r, "version_1", id, what, pass_if(same), same ? "%.*s" : "the record says %.*s, it is %s", SLICE_FMT(recorded), hex);
}

static void check_v1_payloads(const struct verify_evidence *e, struct verify_report *r, const struct attestation_v1 *a)
{
    struct slice input = e->input.ptr ? e->input : json_doc_text(json_object_get(e->chain, "input"));
    struct slice output = e->output.ptr ? e->output : json_doc_text(json_object_get(e->chain, "output"));
    struct hash wanted;
    if (input.ptr && a->input_hash.ptr) {
        wanted = hash_sha256(input);
        add_hash_of_v1(r, "input", "its input", a->input_hash, &wanted);
    }
    if (!output.ptr && json_is_false(json_object_get(e->chain, "success"))) {
        wanted = attestation_v1_failed_hash(true);
        add_hash_of_v1(r, "output", "its output", a->output_hash, &wanted);
    } else if (output.ptr) {
        struct err *no_json = attestation_v1_output_hash(output, &wanted);
        if (no_json)
            wanted = hash_sha256(output);
        err_free(no_json);
        add_hash_of_v1(r, "output", "its output", a->output_hash, &wanted);
    }
}

static void check_v1_binding(struct verify_report *r, const struct attestation_v1 *a, const struct checked_quote *q)
{
    static const char what[] = "the quote's report data is the hash of the published record";
    uint8_t wanted[REPORT_DATA_LEN];
    if (!q->good) {
        add(r, "version_1", "binding", what, VERIFY_UNPROVEN, "no quote verified");
        return;
    }
    attestation_v1_report_data(a, wanted);
    bool same = !memcmp(wanted, q->report_data, sizeof wanted);
    const char *found = hex_of(r, q->report_data, HASH_LEN);
    if (!same)
        add(r, "version_1", "binding", what, VERIFY_FAIL, "the quote has %s, the record %s", found,
            hex_of(r, wanted, HASH_LEN));
    else
        add(r, "version_1", "binding", what, VERIFY_PASS,
            a->timestamp < ATTESTATION_V1_FROM ? "%s, which covers neither caller, project, secrets, time nor payment" : "%s",
            found);
}

/* Every byte is one of the alphabet's. */
static bool is_of(struct slice text, const char *alphabet)
{
    bool all = true;
    for (size_t i = 0; i < text.len; i++)
        all &= text.ptr[i] && strchr(alphabet, text.ptr[i]);
    return all;
}

/* The account in `account/name`. */
static struct slice owner_of(struct slice text)
{
    struct slice owner = text;
    if (text.ptr)
        slice_cut(text, '/', &owner);
    return owner;
}

/* The members whose bytes could else move into a neighbour's, and the bytes that each may have. */
static const char *malformed_text(const struct attestation_v1 *a)
{
    static const char account[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    const struct {
        const char *name;
        struct slice text;
        const char *alphabet;
    } texts[] = {
        {"commit_hash", a->commit, word},
        {"build_target", a->build_target, word},
        {"caller_account_id", a->caller, account},
        {"project_id", owner_of(a->project), account},
        {"secrets_ref", owner_of(a->secrets), account},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].text.ptr && !is_of(texts[i].text, texts[i].alphabet))
            return texts[i].name;
    }
    return NULL;
}

/* A hash in a record must have the one form that a hash has, or bytes could move between neighbouring fields. NULL: all have. */
static const char *malformed_hash(const struct attestation_v1 *a)
{
    const struct {
        const char *name;
        struct slice text;
    } hashes[] = {{"wasm_hash", a->wasm_hash}, {"input_hash", a->input_hash}, {"output_hash", a->output_hash}};
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        struct slice text = hashes[i].text;
        if (text.ptr && (text.len != HASH_HEX_MAX - 1 || !is_of(text, "0123456789abcdef")))
            return hashes[i].name;
    }
    return NULL;
}

static bool take_base64(const json_t *object, const char *name, struct buf *out)
{
    struct slice text = json_doc_text(json_object_get(object, name));
    return text.ptr && text.len <= BASE64_ENCODED_LEN(QUOTE_MAX) && base64_decode(text, out, NULL);
}

/* Well-formed, or what is wrong. Bytes can move between repository and commit when one of them is absent: that leaves it open. */
static bool check_v1_form(const struct verify_evidence *e, struct verify_report *r, struct attestation_v1 *a)
{
    static const char what[] = "the record of version 1 is well-formed";
    AUTO(err) struct err *unread = attestation_v1_read(e->attestation, a);
    const char *hash = unread ? NULL : malformed_hash(a), *text = unread || hash ? NULL : malformed_text(a);
    bool formed = !unread && !hash && !text;
    if (unread)
        add(r, "version_1", "form", what, VERIFY_FAIL, "%s", err_text(unread));
    else if (hash)
        add(r, "version_1", "form", what, VERIFY_FAIL, "member `%s` is not 64 lower-case hex digits", hash);
    else if (text)
        add(r, "version_1", "form", what, VERIFY_FAIL, "member `%s` has a character that none of its kind has", text);
    else if (!a->repo.ptr != !a->commit.ptr)
        add(r, "version_1", "form", what, VERIFY_UNPROVEN, "of `repo_url` and `commit_hash` only one is there");
    else
        add(r, "version_1", "form", what, VERIFY_PASS, "every member is there");
    return formed;
}

/* `alone`: there is no version 2, so that this quote is the one whose every step is told. */
static void check_v1(const struct verify_evidence *e, struct verify_report *r, bool alone)
{
    AUTO(buf) struct buf quote = {0};
    struct checked_quote q = {0};
    struct attestation_v1 a;
    if (!check_v1_form(e, r, &a))
        return;
    if (!take_base64(e->attestation, "tdx_quote", &quote))
        add(r, alone ? "quote" : "version_1", "quote", "the quote verifies down to the root", VERIFY_FAIL,
            "`tdx_quote` is no base64");
    else
        check_quote(e, r, alone ? "quote" : "version_1", buf_slice(&quote), (uint64_t)a.timestamp, alone, &q);
    check_v1_binding(r, &a, &q);
    if (alone)
        add_approved(e, r, &q);
    check_v1_payloads(e, r, &a);
    quote_free(&q);
}

/* --- all of it -------------------------------------------------------------------------------------------------------------- */

static void check_v2(const struct verify_evidence *e, struct verify_report *r, const json_t *member)
{
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    struct attestation_record record;
    struct checked_quote q = {0};
    struct err *unread = attestation_v2_read(member, &a);
    bool formed = !unread && attestation_record_read(buf_slice(&a.record), &record);
    add(r, "record", "form", "the record is well-formed", pass_if(formed),
        unread   ? "%s"
        : formed ? "%s bytes"
                 : "%s bytes that are no record of version 2",
        unread ? err_text(unread) : arena_fmt(&r->arena, "%zu", a.record.len));
    err_free(unread);
    if (!formed)
        return;
    bool is_signed = attestation_v2_check(&a, &record);
    add(r, "record", "signature", "the worker's key signed it", pass_if(is_signed),
        is_signed ? "by %s" : "%s did not sign these bytes", key_text(r, record.worker_key));
    if (a.has_batch)
        check_quote(e, r, "quote", buf_slice(&a.quote), record.time_s, true, &q);
    else
        add_missing_quote(r, "quote", "the record has no quote yet");
    add_batch(r, &a, &q);
    add_approved(e, r, &q);
    add_registered(e, r, record.worker_key);
    check_request(e, r, &record);
    quote_free(&q);
}

/* A simulator's root says so in its name, whoever says what it is. */
static void look_at_root(const struct verify_evidence *e, struct verify_report *r)
{
    struct slice root = root_of(e);
    struct hash hash = hash_sha256(root);
    hash_hex(&hash, r->root_sha256);
    r->simulated = memmem(root.ptr, root.len, SIMULATOR_ORGANIZATION, sizeof SIMULATOR_ORGANIZATION - 1) != NULL;
    bool devnet = !strcmp(e->network, "devnet");
    bool intel = slice_eq(root, dcap_intel_root);
    const char *seen = intel          ? "Intel SGX Root CA"
                       : r->simulated ? "a SIMULATOR's: nothing here is evidence to anybody who does not trust it"
                                      : "not Intel's, given by you";
    add(r, "root", "root", "whose root is trusted", pass_if(intel || devnet),
        intel || devnet ? "%s, sha256 %s" : "%s, refused everywhere but on devnet; sha256 %s", seen, r->root_sha256);
}

void verify_run(const struct verify_evidence *e, struct verify_report *out)
{
    const json_t *v2 = json_object_get(e->attestation, "attestation_v2");
    bool has_v2 = v2 && !json_is_null(v2);
    out->attestation = e->attestation;
    look_at_root(e, out);
    if (has_v2)
        check_v2(e, out, v2);
    check_v1(e, out, !has_v2);
}
