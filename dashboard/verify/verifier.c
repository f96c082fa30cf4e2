/* For a browser: the quote verifier (src/dcap) and the reader of attestation records, on the runtime of the contract kit. The page brings SHA-256 and P-256 (verifier.ts); an instance answers one question,
 * so that memory is only ever taken. */
#include "base/mem.h"
#include "codec/attestation_record.h"
#include "codec/base58.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "dcap/verify.h"

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))

IMPORT("sha256") void page_sha256(const uint8_t *bytes, size_t len, uint8_t *hash);
IMPORT("p256_verify") int page_p256_verify(const uint8_t *signature, const uint8_t *digest, const uint8_t *key);

uint8_t *take(size_t len);
const uint8_t *verify(const uint8_t *quote, size_t quote_len, const uint8_t *collateral, size_t collateral_len,
                      const uint8_t *root, size_t root_len, uint64_t now);
const uint8_t *fmspc(const uint8_t *quote, size_t quote_len);
const uint8_t *record(const uint8_t *bytes, size_t len);
size_t result_len(void);

static struct buf result;

static void sha256(struct slice bytes, uint8_t hash[32])
{
    page_sha256(bytes.ptr, bytes.len, hash);
}

static bool p256_verify(const uint8_t signature[64], const uint8_t digest[32], const uint8_t key[64])
{
    return page_p256_verify(signature, digest, key) != 0;
}

static const struct dcap_crypto crypto = {sha256, p256_verify};

/* Memory for what the page hands in. */
EXPORT("take") uint8_t *take(size_t len)
{
    return mem_alloc(len);
}

EXPORT("result_len") size_t result_len(void)
{
    return result.len;
}

static struct room room_of(size_t len)
{
    return (struct room){mem_alloc(len), len};
}

static void write_member(const char *name, struct slice text)
{
    json_write_name(&result, slice_str(name));
    json_write_string(&result, text);
}

static void write_hex(const char *name, const uint8_t *bytes, size_t len)
{
    AUTO(buf) struct buf hex = {0};
    hex_append(&hex, slice_from(bytes, len));
    write_member(name, buf_slice(&hex));
}

static void write_fault(const struct dcap_fault *fault)
{
    AUTO(buf) struct buf text = {0};
    dcap_fault_write(fault, &text);
    json_write_name(&result, SLICE("fault"));
    json_write_open(&result, '{');
    write_member("code", slice_str(dcap_code_name(fault->code)));
    write_member("text", buf_slice(&text));
    json_write_close(&result, '}');
}

static void write_step(const struct dcap_report *r, enum dcap_step step)
{
    AUTO(buf) struct buf seen = {0};
    dcap_report_write_seen(r, step, &seen);
    json_write_open(&result, '{');
    write_member("step", slice_str(dcap_step_name(step)));
    write_member("what", slice_str(dcap_step_what(step)));
    write_member("verdict", slice_str(dcap_verdict_name(r->verdicts[step])));
    write_member("seen", buf_slice(&seen));
    json_write_close(&result, '}');
}

static void write_td(const struct td_report *td)
{
    static const char *const names[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    json_write_name(&result, SLICE("measurements"));
    json_write_open(&result, '{');
    write_hex("mrtd", td->mr_td, sizeof td->mr_td);
    for (size_t i = 0; i < 4; i++)
        write_hex(names[i], td->rtmr[i], sizeof td->rtmr[i]);
    json_write_close(&result, '}');
    write_hex("report_data", td->report_data, sizeof td->report_data);
}

static void write_report(const struct dcap_report *r)
{
    json_write_open(&result, '{');
    json_write_name(&result, SLICE("good"));
    json_write_bool(&result, dcap_report_is_good(r));
    json_write_name(&result, SLICE("steps"));
    json_write_open(&result, '[');
    for (enum dcap_step step = 0; step < DCAP_STEP_COUNT; step++)
        write_step(r, step);
    json_write_close(&result, ']');
    if (r->fault.code != DCAP_NONE)
        write_fault(&r->fault);
    if (r->verdicts[DCAP_STEP_TCB_STATUS] != DCAP_UNPROVEN)
        write_member("status", tcb_status_name(r->status));
    json_write_name(&result, SLICE("advisories"));
    json_write_open(&result, '[');
    for (size_t i = 0; i < r->advisory_count; i++)
        json_write_string(&result, r->advisories[i]);
    json_write_close(&result, ']');
    if (r->quote.td)
        write_td(r->quote.td);
    json_write_close(&result, '}');
}

/* The report as JSON; `root` is the trusted certificate in DER, empty: Intel's. */
EXPORT("verify")
const uint8_t *verify(const uint8_t *quote, size_t quote_len, const uint8_t *collateral, size_t collateral_len,
                      const uint8_t *root, size_t root_len, uint64_t now)
{
    static struct dcap_record record;
    static struct dcap_report report;
    struct dcap_collateral read = {0};
    struct room room = room_of(DCAP_ROOM_LEN(collateral_len) + quote_len);
    report = (struct dcap_report){.now = now};
    if (dcap_collateral_read(slice_from(collateral, collateral_len), &room, &read, &report.fault))
        dcap_verify(&crypto, root_len ? slice_from(root, root_len) : dcap_intel_root, slice_from(quote, quote_len), &read, now,
                    &room, &record, &report);
    write_report(&report);
    return result.ptr;
}

/* 12 hex digits; nothing when the quote has no readable PCK certificate. */
EXPORT("fmspc") const uint8_t *fmspc(const uint8_t *quote, size_t quote_len)
{
    static struct dcap_report report;
    struct room room = room_of(quote_len);
    if (dcap_open_quote(slice_from(quote, quote_len), (struct slice){0}, &room, &report) && report.pck_code == DCAP_NONE)
        hex_append(&result, slice_from(report.pck.fmspc, PCK_FMSPC_LEN));
    return result.ptr;
}

/* 64 bits are more than a number of JavaScript holds. */
static void write_digits(const char *name, uint64_t number)
{
    AUTO(buf) struct buf digits = {0};
    json_write_u64(&digits, number);
    write_member(name, buf_slice(&digits));
}

static void write_key(const uint8_t *key)
{
    AUTO(buf) struct buf text = {0};
    buf_append_str(&text, "ed25519:");
    text.len += base58_encode(slice_from(key, ATTESTATION_KEY_LEN),
                              (char *)buf_reserve(&text, BASE58_ENCODED_MAX(ATTESTATION_KEY_LEN)));
    write_hex("worker_key", key, ATTESTATION_KEY_LEN);
    write_member("worker_key_text", buf_slice(&text));
}

static void write_record(const struct attestation_record *r)
{
    json_write_open(&result, '{');
    write_member("chain", r->chain);
    write_member("contract", r->contract);
    if (r->subject == ATTESTATION_REQUEST)
        write_digits("request_id", r->request_id);
    else
        write_member("call_id", r->call_id);
    write_hex("code", r->code, sizeof r->code);
    write_hex("input", r->input, sizeof r->input);
    write_hex("output", r->output, sizeof r->output);
    write_member("outcome", r->outcome);
    write_digits("max_instructions", r->max_instructions);
    write_digits("max_memory_mb", r->max_memory_mb);
    write_digits("max_seconds", r->max_seconds);
    write_digits("instructions", r->instructions);
    write_digits("time_ms", r->time_ms);
    write_member("caller", r->caller);
    write_member("project", r->project);
    write_member("secrets", r->secrets);
    write_digits("block_height", r->block_height);
    write_digits("time_s", r->time_s);
    write_key(r->worker_key);
    json_write_close(&result, '}');
}

/* A record of version 2 as JSON; null: the bytes are none. */
EXPORT("record") const uint8_t *record(const uint8_t *bytes, size_t len)
{
    struct attestation_record r;
    if (attestation_record_read(slice_from(bytes, len), &r))
        write_record(&r);
    else
        json_write_null(&result);
    return result.ptr;
}
