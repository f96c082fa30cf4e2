#include "near/signer.h"
#include "base/log.h"
#include "base/mem.h"
#include <pthread.h>
#include <time.h>

enum { DEFAULT_PATIENCE_MS = 60 * 1000, SIGN_ATTEMPTS = 5, RESEND_PAUSE_MS = 250 };

struct signer {
    pthread_mutex_t lock; /* held from reading the nonce to the transaction's end */
    struct rpc_client *rpc;
    struct account_id account_id;
    struct secret_key key;
    struct public_key public_key;
    const struct clock *clock;
    uint64_t patience_ns;
    bool nonce_known;
    uint64_t nonce; /* the last one used */
};

struct err *signer_new(const struct signer_config *config, struct signer **out)
{
    struct signer *s = mem_calloc(1, sizeof *s);
    struct err *e = rpc_client_new(&config->rpc, &s->rpc);
    if (e) {
        mem_free(s);
        return e;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->account_id = *config->account_id;
    s->key = *config->key;
    s->public_key = secret_key_public(&s->key);
    s->clock = config->clock ? config->clock : &clock_system;
    s->patience_ns = (config->patience_ms ? config->patience_ms : DEFAULT_PATIENCE_MS) * NS_PER_MS;
    *out = s;
    return NULL;
}

void signer_free(struct signer *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    rpc_client_free(s->rpc);
    secret_key_wipe(&s->key);
    mem_free(s);
}

void signer_use_key(struct signer *s, const struct secret_key *key)
{
    pthread_mutex_lock(&s->lock);
    secret_key_wipe(&s->key);
    s->key = *key;
    s->public_key = secret_key_public(key);
    s->nonce_known = false;
    pthread_mutex_unlock(&s->lock);
}

const struct account_id *signer_account_id(const struct signer *s)
{
    return &s->account_id;
}

static struct err *learn_nonce(struct signer *s)
{
    struct rpc_access_key key;
    if (s->nonce_known)
        return NULL;
    struct err *e = rpc_view_access_key(s->rpc, account_id_slice(&s->account_id), &s->public_key, &key);
    if (e && err_code(e) == ERR_NOT_FOUND)
        e = err_recode(e, ERR_DENIED);
    TRY_DOING(e, "reading the nonce");
    s->nonce = key.nonce;
    s->nonce_known = true;
    return NULL;
}

static struct err *learn_block(struct signer *s, struct rpc_block *block)
{
    TRY(learn_nonce(s));
    return err_doing(rpc_final_block(s->rpc, block), "reading the block hash to sign with");
}

static struct err *sign(struct signer *s, struct transaction *t, struct buf *bytes, struct hash *hash)
{
    struct rpc_block block;
    struct err *e = learn_block(s, &block);
    if (e) /* nothing that a node says before a transaction is sent is a word about the transaction */
        return err_code(e) == ERR_INVALID || err_code(e) == ERR_NOT_FOUND ? err_recode(e, ERR_UNAVAILABLE) : e;
    t->nonce = s->nonce + 1;
    t->block_hash = block.hash;
    buf_clear(bytes);
    transaction_sign(bytes, t, &s->key, hash);
    return NULL;
}

static void restart_outcome(struct tx_outcome *out)
{
    struct hash hash = out->hash;
    tx_outcome_free(out);
    out->hash = hash;
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)(RESEND_PAUSE_MS * NS_PER_MS)}, NULL);
}

/* After an attempt without answer such a refusal proves nothing: our own earlier bytes may be what used the nonce, the money or the key. */
static bool may_be_our_doing(enum tx_refusal refusal)
{
    return refusal == TX_REFUSED_NONCE || refusal == TX_REFUSED_EXPIRED || refusal == TX_REFUSED_KEY ||
           refusal == TX_REFUSED_BALANCE;
}

/* Then the chain is asked for the hash. */
static struct err *look_up(struct signer *s, enum tx_level level, struct tx_outcome *out)
{
    struct tx_outcome probe = {0};
    struct hash hash = out->hash;
    struct err *e = rpc_tx_status(s->rpc, &hash, account_id_slice(&s->account_id), TX_LEVEL_NONE, &probe);
    tx_outcome_free(&probe);
    if (!e) {
        restart_outcome(out);
        e = rpc_tx_status(s->rpc, &hash, account_id_slice(&s->account_id), level, out);
    }
    return e;
}

/* Sends until the node has decided or patience ends. *refusal is TX_TAKEN with NULL. */
static struct err *pursue(struct signer *s, struct slice bytes, enum tx_level level, struct tx_outcome *out,
                          enum tx_refusal *refusal)
{
    uint64_t deadline = clock_monotonic_ns(s->clock) + s->patience_ns;
    bool maybe_taken = false;
    for (;;) {
        restart_outcome(out);
        struct err *e = rpc_send_tx(s->rpc, bytes, level, out, refusal);
        if (maybe_taken && may_be_our_doing(*refusal)) {
            err_free(e);
            e = look_up(s, level, out);
            *refusal = e ? TX_UNDECIDED : TX_TAKEN;
        }
        if (*refusal != TX_UNDECIDED)
            return e;
        maybe_taken = true;
        if (clock_monotonic_ns(s->clock) >= deadline) {
            e = err_doing(e, "sent, but not known whether it was executed");
            return err_recode(e, ERR_UNAVAILABLE);
        }
        err_free(e);
        rest();
    }
}

static struct err *send_locked(struct signer *s, struct transaction *t, enum tx_level level, struct tx_outcome *out)
{
    AUTO(buf) struct buf bytes = {0};
    struct err *e = NULL;
    for (int attempt = 1; attempt <= SIGN_ATTEMPTS; attempt++) {
        enum tx_refusal refusal;
        err_free(e);
        TRY(sign(s, t, &bytes, &out->hash));
        e = pursue(s, buf_slice(&bytes), level, out, &refusal);
        if (refusal == TX_TAKEN)
            s->nonce = t->nonce;
        else
            s->nonce_known = false;
        if (refusal != TX_REFUSED_NONCE && refusal != TX_REFUSED_EXPIRED)
            return e;
        log_debug("transaction refused, signing again", LOG_ERR(e), LOG_U64("attempt", (uint64_t)attempt));
    }
    e = err_doing(e, "refused %d times in a row, is the key used elsewhere?", SIGN_ATTEMPTS);
    return err_recode(e, ERR_UNAVAILABLE);
}

struct err *signer_send(struct signer *s, struct slice receiver_id, const struct action *actions, size_t count,
                        enum tx_level level, struct tx_outcome *out)
{
    struct transaction t = {.signer_id = s->account_id, .actions = actions, .action_count = count};
    TRY_DOING(account_id_parse(receiver_id, &t.receiver_id), "sending a transaction");
    pthread_mutex_lock(&s->lock);
    t.public_key = s->public_key;
    struct err *e = send_locked(s, &t, level, out);
    pthread_mutex_unlock(&s->lock);
    char hash[HASH_TEXT_MAX];
    return err_doing(e, "transaction %s from %s to %s", hash_text(&out->hash, hash), s->account_id.text, t.receiver_id.text);
}

struct err *signer_call(struct signer *s, struct slice receiver_id, const char *method, struct slice args, uint64_t gas,
                        u128 deposit, enum tx_level level, struct tx_outcome *out)
{
    const struct action call = {
        .kind = ACTION_FUNCTION_CALL,
        .call = {.method = slice_str(method), .args = args, .gas = gas, .deposit = deposit},
    };
    return err_doing(signer_send(s, receiver_id, &call, 1, level, out), "calling %s", method);
}
