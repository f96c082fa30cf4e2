#include "register/collateral.h"
#include "base/mem.h"

const struct dcap_crypto host_crypto = {sha256, p256_verify};

void collateral_refuse(const struct dcap_fault *fault)
{
    struct buf *why = buf_new();
    dcap_fault_write(fault, why);
    bool reading = fault->code >= DCAP_COLLATERAL_JSON && fault->code <= DCAP_COLLATERAL_HEX;
    panic_text("TDX quote verification failed: {}{}",
               reading ? TEXT("")
                       : TEXT("TDX quote verification failed "
                              "(signature/TCB/collateral mismatch): "),
               buf_slice(why));
}

static uint32_t find_slot(const struct state *s, const uint8_t fmspc[PCK_FMSPC_LEN])
{
    uint32_t slot = 0;
    while (slot < s->slot_count && __builtin_memcmp(s->fmspcs.ptr + slot * PCK_FMSPC_LEN, fmspc, PCK_FMSPC_LEN) != 0)
        slot++;
    return slot;
}

const struct dcap_record *collateral_for(const struct state *s, const uint8_t fmspc[PCK_FMSPC_LEN], struct slice *pck_chain)
{
    static struct dcap_record record;
    uint32_t slot = find_slot(s, fmspc);
    require_text(slot < s->slot_count,
                 "No cached collateral for quote FMSPC {} (owner must "
                 "update_collateral for this platform)",
                 hex_of(slice_from(fmspc, PCK_FMSPC_LEN)));
    require_text(dcap_record_read(storage_read(slot_key(KEY_RECORD, slot)), &record),
                 "the record of slot {} is damaged: update_collateral makes it anew", (uint64_t)slot);
    *pck_chain = s->chains >> slot & 1 ? storage_read(slot_key(KEY_CHAIN, slot)) : (struct slice){0};
    return &record;
}

/* Rollback: for a platform nothing older than what was stored for it once, in
 * whatever slot. */

struct floor {
    uint32_t tcb_evaluation, qe_evaluation;
    uint64_t tcb_issued, qe_issued, root_crl_until, pck_crl_until;
};
static const struct field floor_fields[] = {
    FIELD_KEPT(struct floor, tcb_evaluation), FIELD_KEPT(struct floor, qe_evaluation),  FIELD_KEPT(struct floor, tcb_issued),
    FIELD_KEPT(struct floor, qe_issued),      FIELD_KEPT(struct floor, root_crl_until), FIELD_KEPT(struct floor, pck_crl_until),
};
static const struct schema floor_schema = RECORD(struct floor, floor_fields);

static void require_not_older(struct text what, uint64_t stored, uint64_t given)
{
    require_text(given >= stored,
                 "Collateral rollback refused: {} is {}, a collateral with {} "
                 "was stored before",
                 what, given, stored);
}

static void raise_floor(const struct dcap_record *r)
{
    struct floor now = {r->tcb.evaluation_number, r->qe.evaluation_number,        r->tcb.valid.from,
                        r->qe.valid.from,         r->dated[DATED_ROOT_CRL].until, r->dated[DATED_PCK_CRL].until};
    struct slice key = storage_key_text(KEY_FLOOR, slice_from(r->tcb.fmspc, PCK_FMSPC_LEN));
    const struct floor *old = record_read_or_zeros(key, &floor_schema);
    require_not_older(TEXT("tcbEvaluationDataNumber of the TCB info"), old->tcb_evaluation, now.tcb_evaluation);
    require_not_older(TEXT("issueDate of the TCB info"), old->tcb_issued, now.tcb_issued);
    require_not_older(TEXT("tcbEvaluationDataNumber of the QE identity"), old->qe_evaluation, now.qe_evaluation);
    require_not_older(TEXT("issueDate of the QE identity"), old->qe_issued, now.qe_issued);
    require_not_older(TEXT("nextUpdate of the root CRL"), old->root_crl_until, now.root_crl_until);
    require_not_older(TEXT("nextUpdate of the PCK CRL"), old->pck_crl_until, now.pck_crl_until);
    record_write(key, &floor_schema, &now);
}

/* Storing */

struct update_collateral_args {
    struct slice collateral;
    uint32_t index;
};
static const struct field update_collateral_fields[] = {
    FIELD(struct update_collateral_args, collateral),
    FIELD(struct update_collateral_args, index),
};
static const struct schema update_collateral_schema = STRUCT("Input", struct update_collateral_args, update_collateral_fields);

static const struct dcap_anchor *trusted_root(const struct state *s)
{
    if (!s->simulated.ptr)
        return &dcap_intel_anchor;
    struct slice root = storage_read(root_key());
    require_text(root.len == sizeof(struct dcap_anchor), "the simulator's root is gone");
    return (const struct dcap_anchor *)(const void *)root.ptr;
}

/* Everything about the collateral that can be asked without a quote; gives the
 * PCK chain that came with it. False: *fault says why not. */
static bool compile(const struct state *s, struct slice text, struct dcap_record *out, struct slice *pck_chain,
                    struct dcap_fault *fault)
{
    static struct dcap_report report;
    struct dcap_collateral collateral;
    size_t room_len = DCAP_ROOM_LEN(text.len);
    struct room room = {mem_alloc(room_len), room_len};
    __builtin_memset(&report, 0, sizeof report);
    bool ok = dcap_collateral_read(text, &room, &collateral, &report.fault) &&
              dcap_compile(&host_crypto, trusted_root(s), &collateral, &room, out, &report) &&
              dcap_check_dates(out, call_time_ns() / 1000000000, &report);
    if (ok && !out->tcb.is_tdx)
        report.fault.code = DCAP_TCB_NOT_TDX;
    *fault = report.fault;
    *pck_chain = collateral.pck_chain;
    return report.fault.code == DCAP_NONE;
}

static void set_fmspc(struct state *s, uint32_t slot, const uint8_t fmspc[PCK_FMSPC_LEN])
{
    static uint8_t fmspcs[SLOTS_MAX * PCK_FMSPC_LEN];
    uint32_t other = find_slot(s, fmspc);
    require_text(other == s->slot_count || other == slot, "slot {} is for FMSPC {} already: update that one", (uint64_t)other,
                 hex_of(slice_from(fmspc, PCK_FMSPC_LEN)));
    __builtin_memcpy(fmspcs, s->fmspcs.ptr, s->fmspcs.len);
    __builtin_memcpy(fmspcs + slot * PCK_FMSPC_LEN, fmspc, PCK_FMSPC_LEN);
    if (slot == s->slot_count)
        s->slot_count++;
    s->fmspcs = slice_from(fmspcs, s->slot_count * PCK_FMSPC_LEN);
}

static void store_chain(struct state *s, uint32_t slot, struct slice chain)
{
    uint8_t bit = (uint8_t)(1u << slot);
    if (chain.len)
        storage_write(slot_key(KEY_CHAIN, slot), chain);
    else if (s->chains & bit)
        storage_remove(slot_key(KEY_CHAIN, slot));
    s->chains = (uint8_t)(chain.len ? s->chains | bit : s->chains & ~bit);
}

static void store(uint32_t slot, struct slice text, const struct dcap_record *record)
{
    struct buf *string = buf_new(), *bytes = buf_new();
    struct slice key = slot_key(KEY_TEXT, slot);
    json_write_string(string, text);
    storage_write(key, buf_slice(string));
    key = slot_key(KEY_RECORD, slot);
    dcap_record_write(record, bytes);
    storage_write(key, buf_slice(bytes));
}

bool collateral_store(struct state *s, uint32_t slot, struct slice text, struct dcap_fault *fault)
{
    static struct dcap_record record;
    struct slice pck_chain;
    if (!compile(s, text, &record, &pck_chain, fault))
        return false;
    set_fmspc(s, slot, record.tcb.fmspc);
    raise_floor(&record);
    store(slot, text, &record);
    store_chain(s, slot, pck_chain);
    return true;
}

CHANGE(update_collateral)
{
    struct dcap_fault fault;
    const struct update_collateral_args *a = call_args(&update_collateral_schema);
    struct state *s = state_open_for_owner();
    require_text(a->index < SLOTS_MAX, "index must be < 2 (MAX_COLLATERALS)");
    require_text(a->index <= s->slot_count, "Fill lower collateral indices first (no gaps allowed)");
    if (!collateral_store(s, a->index, a->collateral, &fault))
        collateral_refuse(&fault);
    state_save(s);
    log_text("Quote collateral updated at index {} (total slots: {})", (uint64_t)a->index, (uint64_t)s->slot_count);
}

/* Views: texts are kept as JSON strings, so they are answered as they lie
 * there. */

static struct slice text_of(uint32_t slot)
{
    return storage_read(slot_key(KEY_TEXT, slot));
}

VIEW(get_collateral)
{
    const struct state *s = state_open();
    return_bytes(s->slot_count ? text_of(0) : SLICE("null"));
}

VIEW(get_collaterals)
{
    struct buf *out = buf_new();
    const struct state *s = state_open();
    json_write_open(out, '[');
    for (uint32_t slot = 0; slot < s->slot_count; slot++)
        json_write_raw(out, text_of(slot));
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}
