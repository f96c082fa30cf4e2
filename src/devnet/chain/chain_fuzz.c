/* Any actions that decode, signed by an account that may do them all: the chain must go on making blocks, and no yocto may appear or vanish.
 *
 * Input: one byte that chooses the receiver, then borsh actions one after the other. */
#include "devnet/chain/chain.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ACTIONS_MAX = 8, BLOCKS_MAX = 50, INPUTS_A_CHAIN = 500 };

static const char *const receivers[] = {"alice.near",
                                        "bob.near",
                                        "sub.alice.near",
                                        "nobody.near",
                                        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
                                        "c0"};

static struct chain *chain;
static unsigned inputs;

static void must(struct err *e)
{
    if (e)
        abort();
}

/* A new chain now and then, so that accounts that were deleted come back. */
static void open_chain(void)
{
    const struct chain_config config = {.path = ":memory:", .chain_id = "fuzz"};
    if (inputs++ % INPUTS_A_CHAIN)
        return;
    chain_close(chain);
    must(chain_open(&config, &chain));
}

static void check_money(void)
{
    struct chain_audit audit;
    must(chain_audit(chain, &audit));
    if (audit.accounts + audit.in_flight != audit.total_supply)
        abort();
}

static void send(struct transaction *t, struct arena *arena)
{
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = chain_genesis_key(chain, "alice.near");
    struct chain_submission submission;
    struct chain_block head;
    must(chain_head(chain, &head));
    must(account_id_parse(SLICE("alice.near"), &t->signer_id));
    t->public_key = secret_key_public(&key);
    t->block_hash = head.hash;
    t->nonce = head.height * 1000 + 1;
    transaction_sign(&bytes, t, &key, NULL);
    err_free(chain_submit(chain, buf_slice(&bytes), arena, &submission));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO(arena) struct arena arena = {0};
    struct action actions[ACTIONS_MAX];
    struct transaction t = {.actions = actions};
    if (len == 0)
        return 0;
    struct borsh_reader r = borsh_reader_of(slice_from(data + 1, len - 1));
    while (r.rest.len && t.action_count < ACTIONS_MAX && action_read(&r, &arena, &actions[t.action_count]))
        t.action_count++;
    open_chain();
    must(account_id_parse(slice_str(receivers[data[0] % (sizeof receivers / sizeof receivers[0])]), &t.receiver_id));
    send(&t, &arena);
    for (int i = 0; i < BLOCKS_MAX && (i == 0 || chain_has_work(chain)); i++) {
        must(chain_make_block(chain));
        check_money();
    }
    if (chain_has_work(chain))
        abort();
    return 0;
}
