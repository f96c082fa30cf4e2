#include "outlayer/ledger.h"

u128 ledger_amount(uint8_t ledger, struct slice account)
{
    u128 amount = 0;
    struct slice bytes = storage_read(storage_key_text(ledger, account));
    if (bytes.ptr)
        __builtin_memcpy(&amount, bytes.ptr, sizeof amount);
    return amount;
}

static void write(uint8_t ledger, struct slice account, u128 amount)
{
    struct slice key = storage_key_text(ledger, account);
    if (amount)
        storage_write(key, slice_from(&amount, sizeof amount));
    else
        storage_remove(key);
}

bool ledger_credit(uint8_t ledger, struct slice account, u128 amount)
{
    u128 sum;
    bool fits = u128_add(ledger_amount(ledger, account), amount, &sum);
    write(ledger, account, fits ? sum : U128_MAX);
    return fits;
}

void ledger_debit(uint8_t ledger, struct slice account, u128 amount)
{
    write(ledger, account, ledger_amount(ledger, account) - amount);
}

/* Views */

struct account_args {
    struct slice account_id;
};
static const struct field account_fields[] = {FIELD_AS(struct account_args, account_id, FIELD_ACCOUNT)};
static const struct schema account_schema = STRUCT("Input", struct account_args, account_fields);

static void return_amount(uint8_t ledger)
{
    struct account_args *a = call_args(&account_schema);
    return_u128(ledger_amount(ledger, a->account_id));
}

VIEW(get_developer_earnings)
{
    return_amount(KEY_EARNINGS);
}

VIEW(get_user_stablecoin_balance)
{
    return_amount(KEY_BALANCE);
}
