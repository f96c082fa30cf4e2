/* Counting the money. */
#include "codec/borsh.h"
#include "devnet/chain/internal.h"

/* Columns of the state that hold money: accounts, gas keys, and receipts behind their transaction's hash. */
enum { COLUMN_ACCOUNT = 0x00, COLUMN_ACCESS_KEY = 0x02, COLUMN_POSTPONED = 0x06, COLUMN_YIELD = 0x0c };

static struct err *each_value(struct chain *c, uint8_t column,
                              struct err *(*add)(struct slice key, struct slice value, struct chain_audit *out),
                              struct chain_audit *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    const uint8_t first[] = {column}, end[] = {(uint8_t)(column + 1)};
    TRY(db_prepare(c->db, "SELECT key, value FROM state WHERE key >= ?1 AND key < ?2", &s));
    db_bind_blob(s, 1, slice_from(first, 1));
    db_bind_blob(s, 2, slice_from(end, 1));
    for (bool row = true;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        TRY(add(db_blob(s, 0), db_blob(s, 1), out));
    }
}

static struct err *add_account(struct slice key, struct slice value, struct chain_audit *out)
{
    (void)key;
    struct account a;
    if (!account_decode(value, &a))
        return err_new(ERR_BUG, "an account in the chain's state does not decode");
    out->accounts += a.amount + a.locked;
    return NULL;
}

static struct err *add_key(struct slice key, struct slice value, struct chain_audit *out)
{
    AUTO(arena) struct arena arena = {0};
    struct borsh_reader r = borsh_reader_of(value);
    struct state_key_parts parts;
    struct access_key access;
    if (!state_key_split(key, &parts) || (parts.kind == STATE_ACCESS_KEY && !access_key_read(&r, &arena, &access)))
        return err_new(ERR_BUG, "an access key in the chain's state does not decode");
    if (parts.kind == STATE_ACCESS_KEY)
        out->accounts += access.gas_balance;
    return NULL;
}

static struct err *add_receipt(struct slice key, struct slice value, struct chain_audit *out)
{
    (void)key;
    AUTO(arena) struct arena arena = {0};
    struct receipt r;
    TRY(receipt_read(slice_skip(value, HASH_LEN), &arena, &r));
    out->in_flight += runtime_receipt_value(&r);
    return NULL;
}

static struct err *add_queue(struct chain *c, struct chain_audit *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "SELECT body FROM receipt WHERE taken_height IS NULL", &s));
    for (bool row = true;;) {
        AUTO(arena) struct arena arena = {0};
        struct receipt r;
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        TRY(receipt_read(db_blob(s, 0), &arena, &r));
        out->in_flight += runtime_receipt_value(&r);
    }
}

static struct err *count(struct chain *c, struct chain_audit *out)
{
    *out = (struct chain_audit){.total_supply = c->head.total_supply};
    TRY(each_value(c, COLUMN_ACCOUNT, add_account, out));
    TRY(each_value(c, COLUMN_ACCESS_KEY, add_key, out));
    TRY(each_value(c, COLUMN_POSTPONED, add_receipt, out));
    TRY(each_value(c, COLUMN_YIELD, add_receipt, out));
    return add_queue(c, out);
}

struct err *chain_audit(struct chain *c, struct chain_audit *out)
{
    chain_lock(c);
    struct err *e = count(c, out);
    chain_unlock(c);
    return e;
}
