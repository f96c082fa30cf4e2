/* Taking stablecoin out: developers their earnings, users the balance that they did not spend. The entry goes before the transfer leaves
 * and comes back if it fails, so nothing is paid twice. */
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
    FIELD_NAMED("developer", struct withdrawal, account, FIELD_ACCOUNT, NULL),
    FIELD(struct withdrawal, amount),
};
static const struct schema withdrawal_schema = STRUCT("Input", struct withdrawal, withdrawal_fields);

static void withdraw(uint8_t ledger, struct slice nothing, struct slice memo, struct slice callback)
{
    struct buf mine = {0};
    struct state *s = state_open(FOR_ANYONE);
    u128 deposit = call_deposit();
    require_text(deposit, "Requires attached deposit of at least 1 yoctoNEAR");
    struct withdrawal w = {call_predecessor(), ledger_amount(ledger, call_predecessor())};
    require_text(w.amount, "No {} to withdraw", nothing);
    require_text(s->payment_token_contract.ptr, "Payment token contract not configured");
    ledger_debit(ledger, w.account, w.amount);
    schema_write_json(&withdrawal_schema, &w, &mine);
    if (deposit > 1)
        promise_transfer(w.account, deposit - 1);
    promise sent = promise_call(s->payment_token_contract, SLICE("ft_transfer"), ft_transfer_args(w.account, w.amount, memo),
                                (struct promise_cost){.deposit_yocto = 1, .gas = TRANSFER_GAS});
    promise_return(promise_then(sent, call_current(), callback, buf_slice(&mine),
                                (struct promise_cost){.gas = CALLBACK_GAS, .weight = 1}));
    log_text("Withdrawing {} stablecoin to {}", &w.amount, w.account);
}

static void on_withdrawn(uint8_t ledger)
{
    struct withdrawal w;
    struct slice value;
    call_args(&withdrawal_schema, &w);
    if (promise_result(0, &value)) {
        log_text("Withdrew {} stablecoin to {}", &w.amount, w.account);
    } else {
        ledger_credit(ledger, w.account, w.amount);
        log_text("ft_transfer failed, restored {} stablecoin to developer {}", &w.amount, w.account);
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
