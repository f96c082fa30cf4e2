#include "register/state.h"
#include "codec/hex.h"
#include "kit/host.h"

#define STATE_KEY SLICE("STATE")

static const struct field state_fields[] = {
    FIELD_KEPT(struct state, layout),
    FIELD_KEPT(struct state, owner_id),
    FIELD_KEPT(struct state, init_worker_account),
    FIELD_KEPT(struct state, outlayer_contract_id),
    FIELD_KEPT(struct state, slot_count),
    FIELD_KEPT(struct state, chains),
    FIELD_KEPT(struct state, fmspcs),
    FIELD_KEPT(struct state, nonce),
    FIELD_KEPT(struct state, nonce_required),
    FIELD_SLICE_OPT(struct state, simulated, FIELD_STRING),
};
static const struct schema state_schema = RECORD(struct state, state_fields);

bool state_exists(void)
{
    return storage_has(STATE_KEY);
}

static void say_simulated(const struct state *s)
{
    if (s->simulated.ptr)
        log_text("SIMULATED TDX: quotes are verified under the simulator's root {}, not under Intel's; they prove nothing",
                 hex_of(s->simulated));
}

struct state *state_open(void)
{
    static struct state s;
    struct slice bytes = storage_read(STATE_KEY);
    require_text(bytes.ptr != NULL, "RegisterContract must be initialized");
    struct borsh_reader r = borsh_reader_of(bytes);
    schema_read_borsh(&state_schema, &r, &s);
    require_text(borsh_done(&r) && s.layout == STATE_LAYOUT, "Cannot deserialize the contract state.");
    say_simulated(&s);
    return &s;
}

struct state *state_open_for_owner(void)
{
    struct state *s = state_open();
    require_text(slice_eq(call_predecessor(), s->owner_id), "Only owner can call this method");
    return s;
}

void state_save(const struct state *s)
{
    struct buf *bytes = buf_new();
    schema_write_borsh(&state_schema, s, bytes);
    storage_write(STATE_KEY, buf_slice(bytes));
}

void state_renew_nonce(struct state *s)
{
    enum { REG = 0, SEED_LEN = 32 };
    static uint8_t bytes[SEED_LEN + NONCE_LEN], nonce[NONCE_LEN];
    host_random_seed(REG);
    host_read_register(REG, host_address(bytes));
    if (s->nonce.len == NONCE_LEN)
        __builtin_memcpy(bytes + SEED_LEN, s->nonce.ptr, NONCE_LEN);
    sha256(slice_from(bytes, sizeof bytes), nonce);
    s->nonce = slice_from(nonce, sizeof nonce);
}

struct slice hex_of(struct slice bytes)
{
    struct buf *hex = buf_new();
    hex_append(hex, bytes);
    return buf_slice(hex);
}

struct slice root_key(void)
{
    return storage_key_text(KEY_ROOT, SLICE(""));
}

struct slice slot_key(uint8_t prefix, uint32_t slot)
{
    static const uint8_t digits[SLOTS_MAX] = {'0', '1'};
    return storage_key_text(prefix, slice_from(&digits[slot], 1));
}
