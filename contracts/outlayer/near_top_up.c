/* Topping a payment key up with NEAR, on mainnet. The deposit less a reserve is wrapped and sent to where it is swapped; then a program is
 * asked to swap it and to top the key up with the stablecoin. The reserve pays for that request, whose rest goes to the caller.
 *
 * Wrapping and sending are one receipt: both happen or neither. If they fail, or the request is refused, what was to be spent
 * goes back to the caller. */
#include "outlayer/payment_keys.h"
#include "outlayer/pricing.h"
#include "outlayer/projects.h"

#define WRAP_ID          SLICE("wrap.near")
#define SWAP_PROJECT     "publishintent.near/payment-keys-with-intents"
#define WRAP_GAS         (10 * TGAS)
#define TRANSFER_GAS     (30 * TGAS)
#define CALLBACK_GAS     (90 * TGAS) /* to make a request in, and look after it */
#define REQUEST_GAS      (60 * TGAS)
#define LAST_GAS         (5 * TGAS)
#define CENT_OF_NEAR     ((u128)10000 * 1000000000000000000u)
#define SWAP_LIMITS      {.max_instructions = 10000000000, .max_memory_mb = 256, .max_execution_seconds = 120}
#define SWAP_LIMITS_TEXT "{\"max_instructions\":10000000000,\"max_memory_mb\":256,\"max_execution_seconds\":120}"

struct near_top_up {
    struct slice owner, swap_contract_id;
    uint32_t nonce;
    u128 wrapped, reserve; /* yocto */
    bool requested;
};
static const struct field near_top_up_fields[] = {
    FIELD(struct near_top_up, nonce),
    FIELD_AS(struct near_top_up, swap_contract_id, FIELD_ACCOUNT),
    FIELD_AS(struct near_top_up, owner, FIELD_ACCOUNT),
    FIELD(struct near_top_up, wrapped),
    FIELD(struct near_top_up, reserve),
    FIELD(struct near_top_up, requested),
};
static const struct schema args_schema = STRUCT_FIRST("Input", struct near_top_up, near_top_up_fields, 2),
                           callback_schema = STRUCT("Input", struct near_top_up, near_top_up_fields);

static void then_go_on(promise after, const struct near_top_up *t, const struct promise_cost *cost)
{
    struct buf *mine = buf_new();
    schema_write_json(&callback_schema, t, mine);
    promise_return(promise_then(after, call_current(), SLICE("on_near_top_up"), buf_slice(mine), cost));
}

PAYABLE(top_up_payment_key_with_near)
{
    static const struct limits limits = SWAP_LIMITS;
    struct buf *args = buf_new();
    struct near_top_up *t = call_args(&args_schema);
    struct state *s = state_open(FOR_ANYONE_UNLESS_PAUSED);
    u128 deposit = call_deposit(), cost = pricing_estimate(&s->prices, &limits) + 1;
    t->owner = call_predecessor();
    t->reserve = cost > CENT_OF_NEAR ? cost : CENT_OF_NEAR;
    t->wrapped = deposit > t->reserve ? deposit - t->reserve : 0;
    require_text(t->wrapped >= CENT_OF_NEAR,
                 "Minimum deposit is {} yoctoNEAR (0.01 NEAR) + {} yoctoNEAR (execution cost), got {} yoctoNEAR",
                 &(u128){CENT_OF_NEAR}, &t->reserve, &deposit);
    require_text(payment_key_exists(t->owner, t->nonce), "Payment key not found. Create it first with store_secrets()");
    require_text(project_exists(SLICE(SWAP_PROJECT)), "Project not found");
    append_text(args, "{\"receiver_id\":\"{}\",\"amount\":\"{}\"}", t->swap_contract_id, &t->wrapped);
    promise p = promise_call(WRAP_ID, SLICE("near_deposit"), SLICE(""), COST(.deposit_yocto = t->wrapped, .gas = WRAP_GAS));
    promise_also_call(p, SLICE("ft_transfer"), buf_slice(args), COST(.deposit_yocto = 1, .gas = TRANSFER_GAS));
    then_go_on(p, t, COST(.gas = CALLBACK_GAS, .weight = 1));
}

static void request_swap(struct near_top_up *t)
{
    struct buf *input = buf_new(), *args = buf_new();
    append_text(input,
                "{\"owner\":\"{}\",\"nonce\":{},\"token_id\":\"wrap.near\",\"amount\":\"{}\",\"swap_contract_id\":\"{}\"}",
                t->owner, (uint64_t)t->nonce, &t->wrapped, t->swap_contract_id);
    append_text(args,
                "{\"source\":{\"Project\":{\"project_id\":\"" SWAP_PROJECT "\",\"version_key\":null}},"
                "\"resource_limits\":" SWAP_LIMITS_TEXT ",\"input_data\":{},"
                "\"secrets_ref\":{\"profile\":\"intents-swap\",\"account_id\":\"publishintent.near\"},"
                "\"response_format\":\"Json\",\"payer_account_id\":\"{}\"}",
                quoted(buf_slice(input)), t->owner);
    promise p = promise_call(call_current(), SLICE("request_execution"), buf_slice(args),
                             COST(.deposit_yocto = t->reserve - 1, .gas = REQUEST_GAS, .weight = 1));
    t->requested = true;
    then_go_on(p, t, COST(.gas = LAST_GAS));
}

CALLBACK(on_near_top_up)
{
    struct slice value = promise_result(0);
    struct near_top_up *t = call_args(&callback_schema);
    if (value.ptr && t->requested) {
        return_bytes(value);
    } else if (value.ptr) {
        request_swap(t);
    } else {
        u128 back = t->requested ? t->reserve - 1 : t->wrapped + t->reserve;
        promise_transfer(t->owner, back);
        log_text("Top-up of {}:{} with NEAR failed, {} yoctoNEAR go back", t->owner, (uint64_t)t->nonce, &back);
        return_null();
    }
}

CHANGE(top_up_payment_key_with_token)
{
    panic_text("top_up_payment_key_with_token is disabled (naive, front-runnable design). Top up with the stablecoin via "
               "ft_on_transfer, or with NEAR via top_up_payment_key_with_near.");
}
