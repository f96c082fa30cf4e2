/* What the existing contract left under `STATE` becomes this contract's state.
 */
#include "register/collateral.h"
#include "register/measurements.h"

/* near-sdk's borsh: owner_id, init_worker_account, approved_measurements (a
 * vector of five strings each), collateral, outlayer_contract_id. The
 * collateral is an optional string in the older layout, a vector of strings in
 * the newer one. */
struct old_state {
    struct slice owner_id, init_worker_account, outlayer_contract_id;
    struct buf measurements; /* those that can match, in this contract's form */
    struct slice collaterals[SLOTS_MAX];
    uint32_t collateral_count;
};

static void read_measurements(struct borsh_reader *r, struct buf *out)
{
    enum { LEN_MIN = MEASUREMENTS * sizeof(uint32_t) };
    for (uint32_t count = borsh_read_count(r, LEN_MIN); count && !r->failed; count--) {
        struct measurements_text text;
        uint8_t bytes[MEASUREMENTS_LEN];
        text.mrtd = borsh_read_string(r);
        text.rtmr0 = borsh_read_string(r);
        text.rtmr1 = borsh_read_string(r);
        text.rtmr2 = borsh_read_string(r);
        text.rtmr3 = borsh_read_string(r);
        if (!r->failed && measurements_read(&text, bytes))
            buf_append(out, slice_from(bytes, sizeof bytes));
    }
}

static bool read_old(struct slice bytes, bool one_collateral, struct old_state *out)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    *out = (struct old_state){0};
    out->owner_id = borsh_read_string(&r);
    out->init_worker_account = borsh_read_string(&r);
    read_measurements(&r, &out->measurements);
    out->collateral_count = one_collateral ? borsh_read_bool(&r) : borsh_read_count(&r, sizeof(uint32_t));
    for (uint32_t i = 0; i < out->collateral_count && i < SLOTS_MAX; i++)
        out->collaterals[i] = borsh_read_string(&r);
    out->outlayer_contract_id = borsh_read_string(&r);
    return borsh_done(&r) && out->collateral_count <= SLOTS_MAX;
}

/* Collateral that does not verify any more is left behind: nothing could be
 * registered with it. */
static void take_collateral(struct state *s, struct slice text)
{
    struct dcap_fault fault;
    struct buf *why = buf_new();
    if (collateral_store(s, s->slot_count, text, &fault))
        return;
    dcap_fault_write(&fault, why);
    log_text("Collateral was not taken over: {}", buf_slice(why));
}

CALLBACK(migrate)
{
    struct old_state old;
    struct slice bytes = storage_read(SLICE("STATE"));
    require_text(read_old(bytes, true, &old) || read_old(bytes, false, &old), "Failed to read old state");
    struct state s = {
        .layout = STATE_LAYOUT,
        .owner_id = old.owner_id,
        .init_worker_account = old.init_worker_account,
        .outlayer_contract_id = old.outlayer_contract_id,
    };
    measurements_save(buf_slice(&old.measurements));
    for (uint32_t i = 0; i < old.collateral_count; i++)
        take_collateral(&s, old.collaterals[i]);
    state_renew_nonce(&s);
    state_save(&s);
}
