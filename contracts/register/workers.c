#include "base/mem.h"
#include "codec/base58.h"
#include "codec/hex.h"
#include "register/collateral.h"
#include "register/measurements.h"

#define METHODS SLICE("resolve_execution,submit_execution_output_and_resolve,resume_topup,resume_delete_payment_key")

enum { ED25519_TAG = 0, ML_DSA_TAG = 2, ML_DSA_KEY_LEN = 1952, KEY_LEN_MAX = 1 + ML_DSA_KEY_LEN, REMOVED_MAX = 50 };

static const struct curve {
    struct slice prefix; /* of its keys' texts, in lower case */
    struct slice name;   /* in logs */
    uint16_t key_len;
    uint8_t tag; /* in borsh */
} curves[] = {
    {SLICE("ed25519:"), SLICE("ED25519"), ED25519_KEY_LEN, ED25519_TAG},
    {SLICE("ml-dsa-65:"), SLICE("MLDSA65"), ML_DSA_KEY_LEN, ML_DSA_TAG},
};

/* A worker's key is kept as in borsh: the curve's tag and the raw bytes. */
static const struct curve *curve_of(struct slice key)
{
    return &curves[key.ptr[0] == ML_DSA_TAG];
}

static struct slice raw_of(struct slice key)
{
    return slice_skip(key, 1);
}

static bool has_prefix(struct slice text, struct slice prefix)
{
    bool same = text.len >= prefix.len;
    for (size_t i = 0; same && i < prefix.len; i++)
        same = (text.ptr[i] | (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? 0x20 : 0)) == prefix.ptr[i];
    return same;
}

/* A text without a prefix is an ed25519 key. */
static struct slice parse_key(struct slice text)
{
    const struct curve *curve = &curves[has_prefix(text, curves[1].prefix)];
    uint8_t *bytes = mem_alloc(KEY_LEN_MAX);
    require_text(!has_prefix(text, SLICE("secp256k1:")), "Unsupported worker key curve SECP256K1 (use ed25519 or ml-dsa-65)");
    struct slice digits = has_prefix(text, curve->prefix) ? slice_skip(text, curve->prefix.len) : text;
    bytes[0] = curve->tag;
    require_text(base58_decode_exact(digits, bytes + 1, curve->key_len, NULL),
                 "Invalid public key {}: expected {}<base58 of {} bytes>", quoted(slice_first(text, 100)), curve->prefix,
                 (uint64_t)curve->key_len);
    return slice_from(bytes, 1u + curve->key_len);
}

/* What the report data of the key's quote starts with: a short key itself, the SHA-256 of a long one. */
static void binding_of(struct slice key, uint8_t out[32])
{
    if (curve_of(key)->tag == ED25519_TAG)
        __builtin_memcpy(out, raw_of(key).ptr, ED25519_KEY_LEN);
    else
        sha256(raw_of(key), out);
}

/* The registry */

struct worker {
    uint64_t registered_at; /* ns since 1970 */
    uint32_t place;         /* in the set of its measurements */
    struct slice measurements;
    struct slice fmspc;
    bool fresh; /* the quote had the nonce */
};
static const struct field worker_fields[] = {
    FIELD_KEPT(struct worker, registered_at), FIELD_KEPT(struct worker, place), FIELD_KEPT(struct worker, measurements),
    FIELD_KEPT(struct worker, fmspc),         FIELD_KEPT(struct worker, fresh),
};
static const struct schema worker_schema = RECORD(struct worker, worker_fields);

static struct slice worker_storage_key(struct slice key)
{
    return storage_key_hash(KEY_WORKER, key);
}

static struct set *members_of(const uint8_t *measurements)
{
    struct slice key = measurements_key(measurements);
    return set_open(key.ptr[0], slice_skip(key, 1));
}

static void record_worker(struct slice key, const uint8_t *measurements, const uint8_t *fmspc, bool fresh)
{
    struct slice at = worker_storage_key(key);
    require_text(!storage_has(at), "Worker key is registered already");
    struct set *members = members_of(measurements);
    struct worker w = {call_time_ns(), set_add(members, key), slice_from(measurements, MEASUREMENTS_LEN),
                       slice_from(fmspc, PCK_FMSPC_LEN), fresh};
    record_write(at, &worker_schema, &w);
}

/* False when it is not recorded. */
static bool forget_worker(struct slice key)
{
    const struct worker *w = record_take(worker_storage_key(key), &worker_schema);
    if (!w)
        return false;
    struct slice moved = set_remove(members_of(w->measurements.ptr), w->place);
    if (moved.ptr) {
        struct slice moved_at = storage_key_hash(KEY_WORKER, moved);
        struct worker *other = record_read(moved_at, &worker_schema);
        require_text(other != NULL, "The collection is an inconsistent state");
        other->place = w->place;
        record_write(moved_at, &worker_schema, other);
    }
    return true;
}

/* Registration */

struct register_args {
    struct slice public_key, tdx_quote_hex;
};
static const struct field register_fields[] = {
    FIELD(struct register_args, public_key),
    FIELD(struct register_args, tdx_quote_hex),
};
static const struct schema register_schema = STRUCT("Input", struct register_args, register_fields);

static struct slice decode_quote(struct slice text)
{
    struct buf *bytes = buf_new();
    size_t at;
    require_text(hex_decode_append(text, bytes, &at), "Invalid quote hex encoding: at character {} of {}", (uint64_t)at,
                 (uint64_t)text.len);
    return buf_slice(bytes);
}

static _Noreturn void refuse(struct text doing, const struct dcap_fault *fault)
{
    struct buf *why = buf_new();
    dcap_fault_write(fault, why);
    panic_text("{}{}", doing, buf_slice(why));
}

/* Reads the quote, which says whose collateral it needs; nothing of it is verified yet. */
static void open_quote(struct slice quote, struct slice pck_chain, struct dcap_report *report)
{
    size_t room_len = quote.len + pck_chain.len;
    struct room room = {mem_alloc(room_len), room_len};
    bool opened = dcap_open_quote(quote, pck_chain, &room, report);
    enum dcap_code code = report->fault.code;
    if (opened && report->quote.enclave)
        panic_text("TDX quote verification failed: Quote is not TDX format (expected TD10)");
    if (opened && !report->pck_code)
        return;
    if (opened)
        report->fault.code = report->pck_code;
    bool form = code >= DCAP_QUOTE_SHORT && code <= DCAP_QUOTE_VENDOR;
    refuse(form ? TEXT("Failed to parse TDX quote: ") : TEXT("No FMSPC in TDX quote: "), &report->fault);
}

static void require_up_to_date(const struct dcap_report *report)
{
    struct buf *list = buf_new();
    require_text(
        report->status == TCB_UP_TO_DATE,
        "TDX quote verification failed: TDX TCB status not acceptable: {} (platform needs a firmware/microcode update)",
        tcb_status_name(report->status));
    for (size_t i = 0; i < report->advisory_count; i++) {
        buf_append_str(list, i ? ", " : "");
        buf_append(list, report->advisories[i]);
    }
    require_text(report->advisory_count == 0,
                 "TDX quote verification failed: TDX platform has outstanding security advisories: {}", buf_slice(list));
}

/* The verified quote of a TD on a platform that is up to date. */
static const struct dcap_report *verify_quote(const struct state *s, struct slice quote)
{
    static struct dcap_report report;
    struct slice pck_chain = {0};
    require_text(s->slot_count > 0, "No quote collateral cached (owner must call update_collateral)");
    open_quote(quote, pck_chain, &report);
    const struct dcap_record *record = collateral_for(s, report.pck.fmspc, &pck_chain);
    if (pck_chain.len) /* the collateral's own chain is the one that counts */
        open_quote(quote, pck_chain, &report);
    struct room room = {mem_alloc(quote.len + pck_chain.len), quote.len + pck_chain.len};
    if (!dcap_check_quote(&host_crypto, record, quote, pck_chain, call_time_ns() / 1000000000, &room, &report))
        collateral_refuse(&report.fault);
    require_up_to_date(&report);
    return &report;
}

/* Whether the quote was made for this contract as it is now: the second half of its report data is the nonce. */
static bool check_nonce(const struct state *s, const uint8_t tail[NONCE_LEN])
{
    bool fresh = slice_eq(s->nonce, slice_from(tail, NONCE_LEN));
    require_text(fresh || !s->nonce_required,
                 "Quote is not fresh: report_data[32..64] must be the nonce that get_registration_nonce gives");
    return fresh;
}

static void check_approved(const uint8_t *measurements)
{
    struct measurements_text t;
    measurements_write(measurements, &t);
    log_text("📋 Measurements from TDX quote: mrtd={}, rtmr0={}, rtmr1={}, rtmr2={}, rtmr3={}", t.mrtd, t.rtmr0, t.rtmr1,
             t.rtmr2, t.rtmr3);
    require_text(measurements_are_approved(measurements),
                 "Worker measurements not approved. MRTD={}, RTMR0={}, RTMR1={}, RTMR2={}, RTMR3={}.", t.mrtd, t.rtmr0, t.rtmr1,
                 t.rtmr2, t.rtmr3);
}

static void add_access_key(const struct state *s, struct slice key, struct slice binding)
{
    u128 allowance = (u128)10 * 1000000000000u * 1000000000000u; /* 10 NEAR */
    log_text("✅ TEE verification passed: all 5 measurements approved, curve={}, binding={}", curve_of(key)->name, binding);
    log_text("Adding access key to {}: curve={}, binding={}, allowance=10 NEAR, methods={}, receiver={}", call_current(),
             curve_of(key)->name, binding, METHODS, s->outlayer_contract_id);
    promise_return(promise_add_call_key(call_current(), key, allowance, s->outlayer_contract_id, METHODS));
}

CHANGE(register_worker_key)
{
    static uint8_t measurements[MEASUREMENTS_LEN];
    uint8_t wanted[32];
    struct register_args *a = call_args(&register_schema);
    const struct state *s = state_open();
    require_text(slice_eq(call_predecessor(), s->init_worker_account), "Only {} can call register_worker_key",
                 s->init_worker_account);
    struct slice key = parse_key(a->public_key);
    const struct dcap_report *report = verify_quote(s, decode_quote(a->tdx_quote_hex));
    const uint8_t *data = report->quote.td->report_data;
    struct slice binding = hex_of(slice_from(data, 32));
    log_text("📋 Verified TDX quote. report_data binding (hex): {}", binding);
    measurements_of(report->quote.td, measurements);
    check_approved(measurements);
    binding_of(key, wanted);
    require_text(__builtin_memcmp(data, wanted, sizeof wanted) == 0,
                 "Public key mismatch: provided key doesn't match TDX quote report_data");
    record_worker(key, measurements, report->pck.fmspc, check_nonce(s, data + 32));
    add_access_key(s, key, binding);
}

/* Removal */

static void delete_access_key(struct slice key)
{
    uint8_t hash[SHA256_LEN];
    sha256(key, hash);
    log_text("Removing worker key: curve={}, sha256={}", curve_of(key)->name, hex_of(slice_from(hash, sizeof hash)));
    promise_delete_key(call_current(), key);
}

struct remove_keys_args {
    struct list public_keys;
    bool force, has_force;
};
static const struct field text_fields[] = {{.type = FIELD_STRING}};
static const struct schema text_schema = PLAIN(struct slice, text_fields);
static const struct field remove_keys_fields[] = {
    FIELD_LIST_OF(struct remove_keys_args, public_keys, &text_schema),
    FIELD_OPT(struct remove_keys_args, force),
};
static const struct schema remove_keys_schema = STRUCT("Input", struct remove_keys_args, remove_keys_fields);

CHANGE(remove_worker_keys)
{
    struct remove_keys_args *a = call_args(&remove_keys_schema);
    struct state *s = state_open_for_owner();
    const struct slice *texts = a->public_keys.items;
    for (uint32_t i = 0; i < a->public_keys.count; i++) {
        struct slice key = parse_key(texts[i]);
        require_text(forget_worker(key) || a->force,
                     "{} is no recorded worker key: nothing was removed (with \"force\": true it is deleted all the same)",
                     quoted(texts[i]));
        delete_access_key(key);
    }
    state_renew_nonce(s);
    state_save(s);
    log_text("Scheduled removal of {} worker key(s)", (uint64_t)a->public_keys.count);
}

struct by_measurements_args {
    struct measurements_text measurements;
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field by_measurements_fields[] = {
    FIELD_OF(struct by_measurements_args, measurements, &measurements_schema),
    FIELD_OPT(struct by_measurements_args, from_index),
    FIELD_OPT(struct by_measurements_args, limit),
};
static const struct schema by_measurements_schema = STRUCT("Input", struct by_measurements_args, by_measurements_fields);

static struct set *read_members(struct by_measurements_args **out)
{
    uint8_t measurements[MEASUREMENTS_LEN];
    struct by_measurements_args *a = *out = call_args(&by_measurements_schema);
    require_text(measurements_read(&a->measurements, measurements), "measurements must be 96 hex characters each");
    if (!a->has_limit || a->limit > REMOVED_MAX)
        a->limit = REMOVED_MAX;
    return members_of(measurements);
}

CHANGE(remove_worker_keys_by_measurements)
{
    struct by_measurements_args *a;
    uint64_t count = 0;
    struct set *members = read_members(&a);
    struct state *s = state_open_for_owner();
    uint32_t left = members->count;
    for (; count < a->limit && left; count++, left--) {
        struct slice key = set_at(members, left - 1);
        forget_worker(key);
        delete_access_key(key);
    }
    state_renew_nonce(s);
    state_save(s);
    log_text("Scheduled removal of {} worker key(s)", count);
    return_u64(left);
}

/* Views */

struct key_args {
    struct slice public_key;
};
static const struct field key_fields[] = {FIELD(struct key_args, public_key)};
static const struct schema key_schema = STRUCT("Input", struct key_args, key_fields);

struct worker_view {
    struct measurements_text measurements;
    bool measurements_approved, fresh, simulated;
    uint64_t registered_at;
    struct slice fmspc;
};
static const struct field worker_view_fields[] = {
    FIELD_OF(struct worker_view, measurements, &measurements_schema),
    FIELD(struct worker_view, measurements_approved),
    FIELD(struct worker_view, registered_at),
    FIELD(struct worker_view, fmspc),
    FIELD(struct worker_view, fresh),
    FIELD(struct worker_view, simulated),
};
static const struct schema worker_view_schema = RECORD(struct worker_view, worker_view_fields);

VIEW(get_worker_key)
{
    struct key_args *a = call_args(&key_schema);
    struct slice key = parse_key(a->public_key);
    const struct state *s = state_open();
    const struct worker *w = record_read(worker_storage_key(key), &worker_schema);
    if (!w) {
        return_null();
        return;
    }
    struct worker_view view = {
        .measurements_approved = measurements_are_approved(w->measurements.ptr),
        .registered_at = w->registered_at,
        .fmspc = hex_of(w->fmspc),
        .fresh = w->fresh,
        .simulated = s->simulated.ptr != NULL,
    };
    measurements_write(w->measurements.ptr, &view.measurements);
    return_value(&worker_view_schema, &view);
}

static void write_key(struct slice key, struct buf *out)
{
    struct buf *text = buf_new();
    buf_append(text, curve_of(key)->prefix);
    text->len += base58_encode(raw_of(key), (char *)buf_reserve(text, BASE58_ENCODED_MAX(ML_DSA_KEY_LEN)));
    json_write_string(out, buf_slice(text));
}

VIEW(get_worker_keys)
{
    struct by_measurements_args *a;
    struct buf *out = buf_new();
    struct set *members = read_members(&a);
    state_open();
    json_write_open(out, '[');
    for (uint64_t i = a->from_index, end = page_end(a->from_index, a->limit, REMOVED_MAX, members->count); i < end; i++) {
        struct slice key = set_at(members, (uint32_t)i);
        write_key(key, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}
