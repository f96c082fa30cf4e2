#include "cli/demo_money.h"
#include "codec/json_doc.h"
#include <stdio.h>

static struct err *read_supply(struct rpc_client *rpc, u128 *out)
{
    AUTO(json) json_t *block = NULL;
    TRY(rpc_call(rpc, "block", json_pack("{s:s}", "finality", "final"), &block));
    return json_doc_u128(json_object_get(block, "header"), "total_supply", out);
}

struct err *money_read(struct rpc_client *rpc, const char *const *accounts, struct money *out)
{
    *out = (struct money){.accounts = accounts};
    TRY(read_supply(rpc, &out->total_supply));
    for (size_t i = 0; accounts[i]; i++) {
        struct rpc_account account;
        TRY(rpc_view_account(rpc, slice_str(accounts[i]), &account));
        out->balance[i] = account.amount;
    }
    return NULL;
}

/* Exactly 24 decimals, so that the columns can be added by eye. */
static void print_near(u128 yocto)
{
    char digits[U128_DIGITS_MAX];
    size_t len = u128_format(yocto, digits);
    AUTO(buf) struct buf text = {0};
    for (size_t i = len; i < 25; i++)
        buf_append_byte(&text, '0');
    buf_append(&text, slice_from(digits, len));
    printf("%*.*s.%.*s", 12, (int)(text.len - 24), (const char *)text.ptr, 24, (const char *)text.ptr + text.len - 24);
}

static void print_change(u128 before, u128 after)
{
    putchar(after < before ? '-' : '+');
    print_near(after < before ? before - after : after - before);
}

struct err *money_print(const struct money *before, const struct money *after)
{
    u128 sum_before = 0, sum_after = 0;
    printf("  %-20s %37s  %38s\n", "account", "NEAR after", "change");
    for (size_t i = 0; before->accounts[i]; i++) {
        sum_before += before->balance[i];
        sum_after += after->balance[i];
        printf("  %-20s ", before->accounts[i]);
        print_near(after->balance[i]);
        printf("  ");
        print_change(before->balance[i], after->balance[i]);
        putchar('\n');
    }
    u128 burnt = before->total_supply - after->total_supply;
    printf("  %-20s %37s  ", "burnt for gas", "");
    print_change(0, burnt);
    putchar('\n');
    if (sum_before != sum_after + burnt)
        return err_new(ERR_BUG, "the balances and what was burnt do not add up");
    printf("  before = after + burnt, to the last yocto\n");
    return NULL;
}
