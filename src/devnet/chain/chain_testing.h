/* What the chain's tests share: a chain in memory with a clock and entropy that repeat, and senders that sign. */
#pragma once
#include "devnet/chain/chain.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/**/
#include <cmocka.h>

#define NEAR ((u128)1000000000000 * 1000000000000)
#define TGAS UINT64_C(1000000000000)

static inline void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

static inline void must_fail(struct err *e, enum err_code code)
{
    assert_non_null(e);
    assert_int_equal(err_code(e), code);
    err_free(e);
}

static inline void fill_ones(void *self, void *out, size_t len)
{
    (void)self;
    memset(out, 1, len);
}

static const struct entropy entropy_ones = {.fill = fill_ones};

static const struct chain_genesis_account test_accounts[] = {
    {"test.near", 1000 * NEAR}, {"alice.near", 1000 * NEAR}, {"bob.near", 1000 * NEAR}};

static inline struct chain_config test_config(void)
{
    return (struct chain_config){
        .path = ":memory:", .chain_id = "devnet", .accounts = test_accounts, .account_count = 3, .entropy = &entropy_ones};
}

static inline struct chain *open_test_chain(void)
{
    struct chain *c = NULL;
    struct chain_config config = test_config();
    must(chain_open(&config, &c));
    return c;
}

static inline struct account_id id_of(const char *text)
{
    struct account_id id;
    must(account_id_parse(slice_str(text), &id));
    return id;
}

static inline struct secret_key seed_key(uint8_t byte)
{
    uint8_t seed[32];
    memset(seed, byte, sizeof seed);
    return secret_key_from_seed(seed);
}

static inline struct chain_block head_of(struct chain *c)
{
    struct chain_block head;
    must(chain_head(c, &head));
    return head;
}

static inline bool account_at(struct chain *c, const char *id, struct chain_account *out)
{
    struct chain_block head = head_of(c);
    struct account_id account = id_of(id);
    struct err *e = chain_view_account(c, &head, &account, out);
    err_free(e);
    return e == NULL;
}

static inline u128 balance_of(struct chain *c, const char *id)
{
    struct chain_account a;
    assert_true(account_at(c, id, &a));
    return a.amount;
}

/* Who signs, with the key's next nonce. */
struct sender {
    const char *id;
    struct secret_key key;
    uint64_t nonce;
};

static inline struct sender genesis_sender(struct chain *c, const char *id)
{
    return (struct sender){.id = id, .key = chain_genesis_key(c, id)};
}

static inline void sign(struct chain *c, struct sender *from, const char *to, const struct action *actions, size_t count,
                        struct buf *out)
{
    struct transaction t = {.signer_id = id_of(from->id),
                            .receiver_id = id_of(to),
                            .public_key = secret_key_public(&from->key),
                            .nonce = ++from->nonce,
                            .block_hash = head_of(c).hash,
                            .actions = actions,
                            .action_count = count};
    transaction_sign(out, &t, &from->key, NULL);
}

static inline struct chain_submission submit(struct chain *c, struct sender *from, const char *to, const struct action *actions,
                                             size_t count, struct arena *arena)
{
    AUTO(buf) struct buf bytes = {0};
    struct chain_submission s;
    sign(c, from, to, actions, count, &bytes);
    must(chain_submit(c, buf_slice(&bytes), arena, &s));
    return s;
}

static inline void assert_money_adds_up(struct chain *c)
{
    struct chain_audit a;
    must(chain_audit(c, &a));
    if (a.accounts + a.in_flight != a.total_supply)
        fail_msg("accounts and receipts hold %s than the supply by %llu yocto (low half)",
                 a.accounts + a.in_flight > a.total_supply ? "more" : "less",
                 (unsigned long long)(a.accounts + a.in_flight - a.total_supply));
}

/* Makes blocks until nothing is queued. */
static inline void settle(struct chain *c)
{
    for (int i = 0; i < 100 && chain_has_work(c); i++) {
        must(chain_make_block(c));
        assert_money_adds_up(c);
    }
    assert_false(chain_has_work(c));
}

/* Sends, settles, and gives the transaction with its receipts. */
static inline struct chain_tx_status run(struct chain *c, struct sender *from, const char *to, const struct action *actions,
                                         size_t count, struct arena *arena)
{
    struct chain_tx_status status;
    struct chain_submission s = submit(c, from, to, actions, count, arena);
    if (s.verdict != CHAIN_ACCEPTED)
        fail_msg("refused: %s", s.invalid ? s.invalid : "known");
    settle(c);
    must(chain_tx_status(c, &s.hash, arena, &status));
    return status;
}

/* The refusal of a transaction, as JSON. */
static inline const char *refusal(struct chain *c, struct sender *from, const char *to, const struct action *actions,
                                  size_t count, struct arena *arena)
{
    struct chain_submission s = submit(c, from, to, actions, count, arena);
    assert_int_equal(s.verdict, CHAIN_REFUSED);
    return s.invalid;
}

/* Outcome `index` of a transaction's receipts, which must be a success. */
static inline const struct outcome *success_of(const struct chain_tx_status *s, size_t index)
{
    assert_true(index < s->receipt_count);
    const struct outcome *o = &s->receipts[index].outcome;
    if (o->status == OUTCOME_FAILURE)
        fail_msg("%.*s", SLICE_FMT(o->failure));
    return o;
}

static inline void assert_failure(const struct chain_tx_status *s, size_t index, const char *json)
{
    assert_true(index < s->receipt_count);
    const struct outcome *o = &s->receipts[index].outcome;
    assert_int_equal(o->status, OUTCOME_FAILURE);
    if (!slice_eq_str(o->failure, json))
        fail_msg("failure is %.*s, not %s", SLICE_FMT(o->failure), json);
}

static inline struct action transfer_of(u128 deposit)
{
    return (struct action){.kind = ACTION_TRANSFER, .transfer = {.deposit = deposit}};
}

static inline struct action call_of(const char *method, const char *args, uint64_t gas, u128 deposit)
{
    return (struct action){.kind = ACTION_FUNCTION_CALL,
                           .call = {.method = slice_str(method), .args = slice_str(args), .gas = gas, .deposit = deposit}};
}

static inline struct action full_key_of(const struct secret_key *key)
{
    return (struct action){
        .kind = ACTION_ADD_KEY,
        .add_key = {.public_key = secret_key_public(key), .access_key = {.permission = PERMISSION_FULL_ACCESS}}};
}

/* Makes <name> under test.near with `key` and a balance. */
static inline void create_account(struct chain *c, struct sender *root, const char *name, const struct secret_key *key,
                                  u128 balance)
{
    AUTO(arena) struct arena arena = {0};
    const struct action actions[] = {{.kind = ACTION_CREATE_ACCOUNT}, transfer_of(balance), full_key_of(key)};
    struct chain_tx_status s = run(c, root, name, actions, 3, &arena);
    success_of(&s, 0);
}
