/* Taking money out: developers their earnings, users the balance that they did not spend, the owner the fees. The entry goes before the
 * transfer leaves and comes back if it fails, so nothing is paid twice. */
#include "outlayer/deposits.h"
#include "outlayer/ledger.h"
#include "outlayer/payments.h"

#define TRANSFER_GAS (10 * TGAS)
#define CALLBACK_GAS (5 * TGAS)

struct withdrawal {
    struct slice account;
    u128 amount;
};
/* The callbacks' arguments; the interface calls the account of one of them `developer`. */
static const struct field withdrawal_fields[] = {
    FIELD_NAMED("developer", struct withdrawal, account, FIELD_ACCOUNT),
    FIELD(struct withdrawal, amount),
};
static const struct schema withdrawal_schema = STRUCT("Input", struct withdrawal, withdrawal_fields);

static void then_confirm(promise sent, const struct withdrawal *w, struct slice callback)
{
    struct buf *mine = buf_new();
    schema_write_json(&withdrawal_schema, w, mine);
    promise_return(promise_then(sent, call_current(), callback, buf_slice(mine), COST(.gas = CALLBACK_GAS, .weight = 1)));
}

static void withdraw(uint8_t ledger, struct slice nothing, struct slice memo, struct slice callback)
{
    struct state *s = state_open(FOR_ANYONE);
    deposit_take_yocto();
    struct withdrawal w = {call_predecessor(), ledger_amount(ledger, call_predecessor())};
    require_text(w.amount, "No {} to withdraw", nothing);
    require_text(s->payment_token_contract.ptr, "Payment token contract not configured");
    ledger_debit(ledger, w.account, w.amount);
    promise sent = promise_call(s->payment_token_contract, SLICE("ft_transfer"), ft_transfer_args(w.account, w.amount, memo),
                                COST(.deposit_yocto = 1, .gas = TRANSFER_GAS));
    then_confirm(sent, &w, callback);
    log_text("Withdrawing {} stablecoin to {}", &w.amount, w.account);
}

static void on_withdrawn(uint8_t ledger)
{
    struct withdrawal *w = call_args(&withdrawal_schema);
    if (promise_result(0).ptr) {
        log_text("Withdrew {} stablecoin to {}", &w->amount, w->account);
    } else {
        ledger_credit(ledger, w->account, w->amount);
        log_text("ft_transfer failed, restored {} stablecoin to developer {}", &w->amount, w->account);
    }
}

PAYABLE(withdraw_developer_earnings)
{
    withdraw(KEY_EARNINGS, SLICE("earnings"), SLICE("Developer earnings withdrawal"), SLICE("on_withdraw_developer_earnings"));
}

CALLBACK(on_withdraw_developer_earnings)
{
    on_withdrawn(KEY_EARNINGS);
}

PAYABLE(withdraw_stablecoin_balance)
{
    withdraw(KEY_BALANCE, SLICE("balance"), SLICE("Balance withdrawal"), SLICE("on_withdraw_stablecoin_balance"));
}

CALLBACK(on_withdraw_stablecoin_balance)
{
    on_withdrawn(KEY_BALANCE);
}

/* Fees are NEAR. The total that get_stats shows stays; what was withdrawn of it is counted beside it. */

struct fees_args {
    struct slice receiver_id; /* NULL: the owner */
    u128 amount;              /* all there is, if left out */
    bool has_amount;
};
static const struct field fees_fields[] = {
    FIELD_SLICE_OPT(struct fees_args, receiver_id, FIELD_ACCOUNT),
    FIELD_OPT(struct fees_args, amount),
};
static const struct schema fees_schema = STRUCT("Input", struct fees_args, fees_fields);

PAYABLE(withdraw_fees)
{
    struct fees_args *a = call_args(&fees_schema);
    struct state *s = state_open(FOR_OWNER);
    deposit_take_yocto();
    u128 available = s->total_fees_collected - s->fees_withdrawn;
    struct withdrawal w = {a->receiver_id.ptr ? a->receiver_id : s->owner_id, a->has_amount ? a->amount : available};
    require_text(w.amount && w.amount <= available, "{} yoctoNEAR of fees can be withdrawn", &available);
    s->fees_withdrawn += w.amount;
    state_save(s);
    then_confirm(promise_transfer(w.account, w.amount), &w, SLICE("on_withdraw_fees"));
}

CALLBACK(on_withdraw_fees)
{
    struct withdrawal *w = call_args(&withdrawal_schema);
    if (promise_result(0).ptr) {
        log_text("Withdrew {} yoctoNEAR of fees to {}", &w->amount, w->account);
        return;
    }
    struct state *s = state_open(FOR_ANYONE);
    s->fees_withdrawn -= w->amount;
    state_save(s);
    log_text("The transfer to {} failed, restored {} yoctoNEAR of fees", w->account, &w->amount);
}
