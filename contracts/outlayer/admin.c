/* The contract's beginning and what its owner may change. */
#include "outlayer/state.h"

enum { EVENT_NAME_MAX = 64 };

struct new_args {
    struct slice owner_id, operator_id, event_standard, event_version;
};
static const struct field new_fields[] = {
    FIELD_AS(struct new_args, owner_id, FIELD_ACCOUNT),
    FIELD_SLICE_OPT(struct new_args, operator_id, FIELD_ACCOUNT),
    FIELD_SLICE_OPT(struct new_args, event_standard, FIELD_STRING),
    FIELD_SLICE_OPT(struct new_args, event_version, FIELD_STRING),
};
static const struct schema new_schema = STRUCT("Input", struct new_args, new_fields);

/* Event names stand in every log line, so they are short. */
static void check_event_name(struct slice name)
{
    require_text(name.len <= EVENT_NAME_MAX, "event standard and version must be at most {} bytes", (uint64_t)EVENT_NAME_MAX);
}

CHANGE(new)
{
    static const struct prices defaults = {
        .base_fee = (u128)1000 * 1000000000000000000u,
        .per_million_instructions_fee = 100000000000000u,
        .per_ms_fee = 100000000000000000u,
        .per_compile_ms_fee = 100000000000000000u,
    };
    static const struct usd_prices usd_defaults = {
        .base_fee_usd = 1000,
        .per_million_instructions_fee_usd = 1,
        .per_sec_fee_usd = 1,
        .per_compile_ms_fee_usd = 10,
    };
    struct new_args *a = call_args(&new_schema);
    require_text(!state_exists(), "The contract has already been initialized");
    check_event_name(a->event_standard);
    check_event_name(a->event_version);
    struct state s = {
        .layout = STATE_LAYOUT,
        .owner_id = a->owner_id,
        .operator_id = a->operator_id.ptr ? a->operator_id : a->owner_id,
        .event_standard = a->event_standard,
        .event_version = a->event_version,
        .prices = defaults,
    };
    state_save(&s);
    usd_prices_save(&usd_defaults);
}

/* After new code was deployed, in the same transaction: whoever may deploy may migrate. */
CALLBACK(migrate)
{
    log_text("State of layout {} is now of layout {}", (uint64_t)state_migrate(), (uint64_t)STATE_LAYOUT);
}

struct set_owner_args {
    struct slice new_owner_id;
};
static const struct field set_owner_fields[] = {FIELD_AS(struct set_owner_args, new_owner_id, FIELD_ACCOUNT)};
static const struct schema set_owner_schema = STRUCT("Input", struct set_owner_args, set_owner_fields);

CHANGE(set_owner)
{
    struct set_owner_args *a = call_args(&set_owner_schema);
    struct state *s = state_open(FOR_OWNER);
    s->owner_id = a->new_owner_id;
    state_save(s);
}

struct set_operator_args {
    struct slice new_operator_id;
};
static const struct field set_operator_fields[] = {FIELD_AS(struct set_operator_args, new_operator_id, FIELD_ACCOUNT)};
static const struct schema set_operator_schema = STRUCT("Input", struct set_operator_args, set_operator_fields);

CHANGE(set_operator)
{
    struct set_operator_args *a = call_args(&set_operator_schema);
    struct state *s = state_open(FOR_OWNER);
    s->operator_id = a->new_operator_id;
    state_save(s);
}

struct set_paused_args {
    bool paused;
};
static const struct field set_paused_fields[] = {FIELD(struct set_paused_args, paused)};
static const struct schema set_paused_schema = STRUCT("Input", struct set_paused_args, set_paused_fields);

CHANGE(set_paused)
{
    struct set_paused_args *a = call_args(&set_paused_schema);
    struct state *s = state_open(FOR_OWNER);
    s->paused = a->paused;
    state_save(s);
}

struct set_event_metadata_args {
    struct slice standard, version;
};
static const struct field set_event_metadata_fields[] = {
    FIELD_SLICE_OPT(struct set_event_metadata_args, standard, FIELD_STRING),
    FIELD_SLICE_OPT(struct set_event_metadata_args, version, FIELD_STRING),
};
static const struct schema set_event_metadata_schema =
    STRUCT("Input", struct set_event_metadata_args, set_event_metadata_fields);

CHANGE(set_event_metadata)
{
    struct set_event_metadata_args *a = call_args(&set_event_metadata_schema);
    struct state *s = state_open(FOR_OWNER);
    check_event_name(a->standard);
    check_event_name(a->version);
    if (a->standard.ptr)
        s->event_standard = a->standard;
    if (a->version.ptr)
        s->event_version = a->version;
    state_save(s);
}

struct set_payment_token_contract_args {
    struct slice token_contract;
};
static const struct field set_payment_token_contract_fields[] = {
    FIELD_SLICE_OPT(struct set_payment_token_contract_args, token_contract, FIELD_ACCOUNT),
};
static const struct schema set_payment_token_contract_schema =
    STRUCT("Input", struct set_payment_token_contract_args, set_payment_token_contract_fields);

CHANGE(set_payment_token_contract)
{
    struct set_payment_token_contract_args *a = call_args(&set_payment_token_contract_schema);
    struct state *s = state_open(FOR_OWNER);
    s->payment_token_contract = a->token_contract;
    state_save(s);
}

enum { FEES = 4 };

struct set_pricing_args {
    struct prices prices;
    struct usd_prices usd;
    bool has[FEES], has_usd[FEES];
};

#define NEW_FEE(list, flags_of, i, fee)                                                     \
    FIELD_NAMED(#fee, struct set_pricing_args, list.fee, FIELD_U128, .flags = FIELD_IS_OPT, \
                .has_offset = offsetof(struct set_pricing_args, flags_of[i]))

static const struct field set_pricing_fields[] = {
    NEW_FEE(prices, has, 0, base_fee),         NEW_FEE(prices, has, 1, per_million_instructions_fee),
    NEW_FEE(prices, has, 2, per_ms_fee),       NEW_FEE(prices, has, 3, per_compile_ms_fee),
    NEW_FEE(usd, has_usd, 0, base_fee_usd),    NEW_FEE(usd, has_usd, 1, per_million_instructions_fee_usd),
    NEW_FEE(usd, has_usd, 2, per_sec_fee_usd), NEW_FEE(usd, has_usd, 3, per_compile_ms_fee_usd),
};
static const struct schema set_pricing_schema = STRUCT("Input", struct set_pricing_args, set_pricing_fields);

/* Takes over the fees that were given, with a log line each; says whether there were any. */
static bool replace_fees(u128 *fees, const u128 *given, const bool *has, const struct field *names)
{
    bool any = false;
    for (size_t i = 0; i < FEES; i++) {
        if (!has[i])
            continue;
        fees[i] = given[i];
        log_text("{} = {}", field_name(&names[i]), &given[i]);
        any = true;
    }
    return any;
}

CHANGE(set_pricing)
{
    _Static_assert(sizeof(struct prices) == FEES * sizeof(u128), "one fee after the other");
    _Static_assert(sizeof(struct usd_prices) == FEES * sizeof(u128), "one fee after the other");
    struct set_pricing_args *a = call_args(&set_pricing_schema);
    struct state *s = state_open(FOR_OWNER);
    struct usd_prices *usd = usd_prices_load();
    if (replace_fees(&s->prices.base_fee, &a->prices.base_fee, a->has, set_pricing_fields))
        state_save(s);
    if (replace_fees(&usd->base_fee_usd, &a->usd.base_fee_usd, a->has_usd, set_pricing_fields + FEES))
        usd_prices_save(usd);
}
