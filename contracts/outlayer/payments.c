#include "outlayer/payments.h"
#include "outlayer/ledger.h"
#include "outlayer/payment_keys.h"
#include "outlayer/project_pricing.h"
#include "outlayer/projects.h"
#include "outlayer/subscriptions.h"

enum { FULL_SHARE_BP = 10000 };

/* What is attached to requests */

void usd_attach(const struct request *q)
{
    u128 available = ledger_amount(KEY_BALANCE, q->sender_id);
    require_text(available >= q->attached_usd, "Insufficient stablecoin balance. Required: {}, available: {}", &q->attached_usd,
                 &available);
    ledger_debit(KEY_BALANCE, q->sender_id, q->attached_usd);
    available -= q->attached_usd;
    log_text("Deducted {} stablecoin from {} for developer payment (remaining: {})", &q->attached_usd, q->sender_id,
             &available);
}

/* The balance overflows only when a token has more units than there are; then trapping would freeze the request's NEAR as well. */
static void give_back(struct slice sender, u128 amount, struct text reason)
{
    if (amount == 0)
        return;
    ledger_credit(KEY_BALANCE, sender, amount);
    if (reason.codes)
        log_text("Returned {} stablecoin to {} ({})", &amount, sender, reason);
}

void usd_give_back(const struct request *q, struct text reason)
{
    give_back(q->sender_id, q->attached_usd, reason);
}

static u128 smaller(u128 a, u128 b)
{
    return a < b ? a : b;
}

/* amount * bp / 10000, rounded down, without a larger number in between. */
static u128 share_of(u128 amount, uint16_t bp)
{
    uint32_t rest;
    u128 whole = u128_div_small(amount, FULL_SHARE_BP, &rest);
    return whole * bp + rest * (uint32_t)bp / FULL_SHARE_BP;
}

static void pay_developers(const struct request *q, u128 amount, const struct operation_price *price, struct slice author)
{
    struct slice id = q->execution_source.project.project_id;
    struct project *p = project_load(id);
    if (!p) {
        give_back(q->sender_id, amount, TEXT("the project no longer exists"));
        return;
    }
    u128 for_author = share_of(amount, price->developer_share_bp), for_owner = amount - for_author;
    if (for_owner)
        ledger_credit(KEY_EARNINGS, project_owner(p), for_owner);
    if (for_author == 0) {
        log_text("Credited {} stablecoin to developer {}", &amount, project_owner(p));
        return;
    }
    ledger_credit(KEY_EARNINGS, author, for_author);
    log_text("Split {} stablecoin for project {}: {} to author {}, {} to owner {}", &amount, id, &for_author, author,
             &for_owner, project_owner(p));
}

/* The prices are those of now. What exceeds the price is change, in which no developer has a share. */
void usd_settle(const struct request *q, const struct response *r)
{
    struct operation_price price = {.price_usd = q->attached_usd};
    struct slice author = {0}, input = q->input_data.ptr ? q->input_data : SLICE("");
    operation_price(q->execution_source.project.project_id, input, &price, &author);
    u128 chargeable = smaller(price.price_usd, q->attached_usd);
    u128 developers = chargeable - smaller(r->refund_usd, chargeable);
    give_back(q->sender_id, q->attached_usd - developers, TEXT("change and guest refund"));
    if (developers)
        pay_developers(q, developers, &price, author);
}

/* Transfers to the contract: NEP-141 keeps what ft_on_transfer does not answer, and gives all back when it fails. */

struct transfer_action {
    struct slice action, owner;
    uint32_t nonce;
    uint8_t plan;
    bool has_nonce, has_plan;
};
static const struct field transfer_action_fields[] = {
    FIELD(struct transfer_action, action),
    FIELD_OPT(struct transfer_action, nonce),
    FIELD_SLICE_OPT(struct transfer_action, owner, FIELD_ACCOUNT),
    FIELD_OPT(struct transfer_action, plan),
};
static const struct schema transfer_action_schema = STRUCT("FtTransferAction", struct transfer_action, transfer_action_fields);

static _Noreturn void refuse_message(struct slice why)
{
    panic_text("Invalid msg format. Expected: {\"action\": \"top_up_payment_key\", \"nonce\": 0}: {}", escaped(why));
}

enum { DEPOSIT_BALANCE, TOP_UP_PAYMENT_KEY, BUY_SUBSCRIPTION, ACTIONS };

/* Which action `msg` is; its members that the action needs are there. */
static int read_action(struct slice msg, struct transfer_action *a)
{
    static const struct slice names[] = {
        [DEPOSIT_BALANCE] = SLICE("deposit_balance"),
        [TOP_UP_PAYMENT_KEY] = SLICE("top_up_payment_key"),
        [BUY_SUBSCRIPTION] = SLICE("buy_subscription"),
    };
    struct json_reader r = json_reader_of(msg);
    struct buf *why = buf_new();
    int i = 0;
    schema_read_json(&transfer_action_schema, &r, a);
    if (!json_end(&r)) {
        json_write_fault(&r, why);
        refuse_message(buf_slice(why));
    }
    while (i < ACTIONS && !slice_eq(a->action, names[i]))
        i++;
    if (i == ACTIONS)
        refuse_message(SLICE("unknown action"));
    if (i != DEPOSIT_BALANCE && !a->has_nonce)
        refuse_message(SLICE("missing field `nonce`"));
    if (i == BUY_SUBSCRIPTION && !a->has_plan)
        refuse_message(SLICE("missing field `plan`"));
    return i;
}

struct transfer_args {
    struct slice sender_id, msg;
    u128 amount;
};
static const struct field transfer_args_fields[] = {
    FIELD_AS(struct transfer_args, sender_id, FIELD_ACCOUNT),
    FIELD(struct transfer_args, amount),
    FIELD(struct transfer_args, msg),
};
static const struct schema transfer_args_schema = STRUCT("Input", struct transfer_args, transfer_args_fields);

static void deposit_balance(const struct transfer_args *t)
{
    if (!ledger_credit(KEY_BALANCE, t->sender_id, t->amount))
        panic_overflow("add");
    log_text("Deposited {} stablecoin to the balance of {}", &t->amount, t->sender_id);
    return_u128(0);
}

CHANGE(ft_on_transfer)
{
    struct transfer_action a = {0};
    struct transfer_args *t = call_args(&transfer_args_schema);
    struct state *s = state_open(FOR_ANYONE);
    require_text(s->payment_token_contract.ptr, "Payment token contract not configured");
    require_text(slice_eq(call_predecessor(), s->payment_token_contract), "Invalid token contract. Expected: {}, got: {}",
                 s->payment_token_contract, call_predecessor());
    int action = read_action(t->msg, &a);
    struct slice owner = a.owner.ptr ? a.owner : t->sender_id;
    if (action == DEPOSIT_BALANCE)
        deposit_balance(t);
    else if (action == TOP_UP_PAYMENT_KEY)
        payment_key_top_up(s, owner, a.nonce, t->amount);
    else
        subscription_buy(s, &(struct purchase){owner, a.nonce, a.plan, t->amount, t->sender_id});
}

static const struct field ft_transfer_fields[] = {
    FIELD_NAMED("receiver_id", struct transfer_args, sender_id, FIELD_STRING),
    FIELD(struct transfer_args, amount),
    FIELD_NAMED("memo", struct transfer_args, msg, FIELD_STRING, .flags = FIELD_IS_OPT),
};
static const struct schema ft_transfer_schema = STRUCT("Input", struct transfer_args, ft_transfer_fields);

struct slice ft_transfer_args(struct slice receiver, u128 amount, struct slice memo)
{
    struct buf *args = buf_new();
    schema_write_json(&ft_transfer_schema, &(struct transfer_args){receiver, memo, amount}, args);
    return buf_slice(args);
}
