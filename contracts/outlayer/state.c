#include "outlayer/state.h"

#define STATE_KEY SLICE("STATE")

static const struct field state_fields[] = {
    FIELD_KEPT(struct state, layout),
    FIELD_KEPT(struct state, owner_id),
    FIELD_KEPT(struct state, operator_id),
    FIELD_KEPT(struct state, paused),
    FIELD_SLICE_OPT(struct state, event_standard, FIELD_STRING),
    FIELD_SLICE_OPT(struct state, event_version, FIELD_STRING),
    FIELD_OF(struct state, prices, &prices_schema),
    FIELD_SLICE_OPT(struct state, payment_token_contract, FIELD_STRING),
    FIELD_KEPT(struct state, next_request_id),
    FIELD_KEPT(struct state, total_executions),
    FIELD_KEPT(struct state, total_fees_collected),
    FIELD_KEPT(struct state, first_open_id),
    FIELD_KEPT(struct state, settled_above),
    FIELD_KEPT(struct state, projects_created),
    FIELD_KEPT(struct state, fees_withdrawn),
};
const struct schema state_schema = RECORD(struct state, state_fields);

bool state_exists(void)
{
    return storage_has(STATE_KEY);
}

static struct slice stored(void)
{
    struct slice bytes = storage_read(STATE_KEY);
    require_text(bytes.ptr != NULL, "The contract is not initialized");
    return bytes;
}

struct state *state_open(enum state_guard who)
{
    static struct state s;
    struct borsh_reader r = borsh_reader_of(stored());
    schema_read_borsh(&state_schema, &r, &s);
    require_text(borsh_done(&r) && s.layout == STATE_LAYOUT, "Cannot deserialize the contract state.");
    if (who == FOR_ANYONE_UNLESS_PAUSED)
        require_text(!s.paused, "Contract is paused");
    if (who == FOR_OWNER)
        require_text(slice_eq(call_predecessor(), s.owner_id), "Only owner can call this method");
    if (who == FOR_OPERATOR)
        require_text(slice_eq(call_predecessor(), s.operator_id), "Only operator can call this");
    return &s;
}

void state_save(const struct state *s)
{
    struct buf *bytes = buf_new();
    schema_write_borsh(&state_schema, s, bytes);
    storage_write(STATE_KEY, buf_slice(bytes));
}

/* Fields are only ever appended, so far one with each layout: an older layout is the beginning of this one. */
uint8_t state_migrate(void)
{
    struct state s = {0};
    struct schema then = state_schema;
    struct borsh_reader r = borsh_reader_of(stored());
    uint8_t layout = r.rest.len ? r.rest.ptr[0] : 0;
    require_text(layout && layout <= STATE_LAYOUT, "State of layout {} is unknown: up to {} can be migrated", (uint64_t)layout,
                 (uint64_t)STATE_LAYOUT);
    then.count -= STATE_LAYOUT - layout;
    schema_read_borsh(&then, &r, &s);
    require_text(borsh_done(&r), "Cannot deserialize the contract state.");
    s.layout = STATE_LAYOUT;
    state_save(&s);
    return layout;
}

struct slice state_event_standard(const struct state *s)
{
    return s->event_standard.ptr ? s->event_standard : SLICE("near-outlayer");
}

struct slice state_event_version(const struct state *s)
{
    return s->event_version.ptr ? s->event_version : SLICE("1.0.0");
}

static struct slice usd_prices_key(void)
{
    return storage_key_text(KEY_USD_PRICES, SLICE(""));
}

struct usd_prices *usd_prices_load(void)
{
    return record_read_or_zeros(usd_prices_key(), &usd_prices_schema);
}

void usd_prices_save(const struct usd_prices *p)
{
    record_write(usd_prices_key(), &usd_prices_schema, p);
}

void panic_overflow(const char *operation)
{
    panic_text("attempt to {} with overflow", operation);
}
