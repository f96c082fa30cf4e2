#include "devnet/chain/chain.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "devnet/chain/internal.h"
#include "devnet/chain/schema.h"
#include "near/credentials.h"
#include <stdio.h>
#include <string.h>

#define NEAR ((u128)1000000000000 * 1000000000000)

_Static_assert((int)CHAIN_LOCAL == (int)ROUTE_LOCAL && (int)CHAIN_INSTANT == (int)ROUTE_INSTANT &&
                   (int)CHAIN_INCOMING == (int)ROUTE_INCOMING,
               "rows hold a receipt_route and are read as a chain_route");

const struct chain_genesis_account chain_default_accounts[] = {
    {"test.near", 1000000 * NEAR},  {"alice.near", 1000000 * NEAR}, {"bob.near", 1000000 * NEAR},
    {"carol.near", 1000000 * NEAR}, {"dave.near", 1000000 * NEAR},
};

const size_t chain_default_account_count = sizeof chain_default_accounts / sizeof chain_default_accounts[0];

/* ---- Genesis keys ---- */

static struct secret_key derived_key(struct chain *c, const char *purpose, const char *name)
{
    struct hash seed =
        hash_sha256_parts((struct slice[]){slice_from(c->seed, sizeof c->seed), slice_str(purpose), slice_str(name)}, 3);
    return secret_key_from_seed(seed.bytes);
}

struct secret_key chain_genesis_key(struct chain *c, const char *account_id)
{
    return derived_key(c, "account ", account_id);
}

/* Whether a genesis account still has the key it was born with; not in a chain that started from a file. */
static struct err *has_genesis_key(struct chain *c, const char *account_id, const struct public_key *key, bool *out)
{
    AUTO(arena) struct arena arena = {0};
    struct account_id id;
    struct access_key access;
    TRY(account_id_parse(slice_str(account_id), &id));
    struct err *e = chain_view_key(c, &c->head, &id, key, &arena, &access);
    *out = !e;
    if (e && err_code(e) != ERR_NOT_FOUND)
        return e;
    err_free(e);
    return NULL;
}

static struct err *write_credentials(struct chain *c, const char *folder, const char *account_id)
{
    AUTO(secret_key) struct secret_key key = chain_genesis_key(c, account_id);
    AUTO(credentials) struct credentials present = {0};
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf json = {0};
    char public_text[KEY_TEXT_MAX], secret_text[SECRET_TEXT_MAX];
    struct public_key public_key = secret_key_public(&key);
    bool is_there = false;
    TRY(has_genesis_key(c, account_id, &public_key, &is_there));
    if (!is_there)
        return NULL;
    buf_append_fmt(&path, "%s/%s.json", folder, account_id);
    struct err *e = credentials_read_file(buf_str(&path), &present);
    bool same = !e && memcmp(present.key.raw, key.raw, sizeof key.raw) == 0;
    err_free(e);
    if (same)
        return NULL;
    buf_append_fmt(&json, "{\"account_id\":\"%s\",\"public_key\":\"%s\",\"private_key\":\"%s\"}\n", account_id,
                   public_key_text(&public_key, public_text), secret_key_text(&key, secret_text));
    return fs_write_atomic(buf_str(&path), buf_slice(&json), 0600);
}

struct err *chain_write_credentials(struct chain *c, const char *dir)
{
    AUTO(buf) struct buf folder = {0};
    buf_append_fmt(&folder, "%s/%s", dir, c->chain_id);
    TRY_DOING(fs_make_dirs(buf_str(&folder)), "writing credentials");
    for (size_t i = 0; i < c->account_count; i++)
        TRY_DOING(write_credentials(c, buf_str(&folder), c->accounts[i].id), "writing credentials");
    return NULL;
}

/* ---- Opening ---- */

static struct err *write_genesis(struct chain *c, const struct entropy *entropy)
{
    entropy_fill(entropy, c->seed, sizeof c->seed);
    c->validator = derived_key(c, "validator", "");
    TRY(chain_meta_set(c, "chain_id", slice_str(c->chain_id)));
    TRY(chain_meta_set(c, "seed", slice_from(c->seed, sizeof c->seed)));
    return chain_make_genesis(c);
}

static struct err *make_genesis(struct chain *c, const struct entropy *entropy)
{
    TRY(db_begin(c->db));
    struct err *e = write_genesis(c, entropy);
    if (e) {
        db_rollback(c->db);
        return err_doing(e, "writing the genesis block");
    }
    return db_commit(c->db);
}

static struct err *resume(struct chain *c)
{
    AUTO(buf) struct buf id = {0};
    AUTO(buf) struct buf seed = {0};
    bool found = false;
    TRY(chain_meta_get(c, "chain_id", &id, &found));
    if (!slice_eq_str(buf_slice(&id), c->chain_id))
        return err_new(ERR_CONFLICT, "the file holds chain %s, not %s: name that chain or another file", buf_str(&id),
                       c->chain_id);
    TRY(chain_meta_get(c, "seed", &seed, &found));
    if (seed.len != sizeof c->seed)
        return err_new(ERR_BUG, "the file's genesis seed has %zu bytes, not %zu", seed.len, sizeof c->seed);
    memcpy(c->seed, seed.ptr, seed.len);
    c->validator = derived_key(c, "validator", "");
    uint64_t now = clock_wall_ns(c->clock);
    c->time_offset_ns = c->head.timestamp_ns > now ? c->head.timestamp_ns - now : 0;
    return chain_file_queued(c, &c->queued);
}

static struct err *open_file(struct chain *c, const struct chain_config *config)
{
    /* a block changes some fifteen pages, most of them again and again */
    const struct db_options options = {.sync = DB_SYNC_NORMAL, .checkpoint_pages = 4096};
    bool found = false;
    TRY(db_open_with(config->path, &options, chain_migrations, chain_migration_count, &c->db));
    TRY(chain_file_head(c, &found));
    return found ? resume(c) : make_genesis(c, config->entropy ? config->entropy : &entropy_system);
}

static void make_locks(struct chain *c)
{
    pthread_condattr_t monotonic;
    pthread_mutexattr_t recursive; /* a callback may cancel a wait */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&c->calls, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_mutex_init(&c->lock, NULL);
}

static struct chain *chain_of(const struct chain_config *config)
{
    struct chain *c = mem_calloc(1, sizeof *c);
    make_locks(c);
    c->chain_id = mem_copy_str(config->chain_id, strlen(config->chain_id));
    c->accounts = config->accounts ? config->accounts : chain_default_accounts;
    c->account_count = config->accounts ? config->account_count : chain_default_account_count;
    const char *validator = c->account_count ? c->accounts[0].id : "test.near";
    c->validator_id = mem_copy_str(validator, strlen(validator));
    c->clock = config->clock ? config->clock : &clock_system;
    c->tick_ms = config->tick_ms ? config->tick_ms : 1000;
    c->validity_blocks = config->validity_blocks ? config->validity_blocks : 86400;
    c->history_blocks = config->history_blocks ? config->history_blocks : 1000;
    c->opened_ns = chain_now_ns();
    c->runtime.codes = code_cache_new();
    c->runtime.chain_id = c->chain_id;
    c->runtime.yield_timeout_blocks = config->yield_timeout_blocks ? config->yield_timeout_blocks : 200;
    return c;
}

struct err *chain_open(const struct chain_config *config, struct chain **out)
{
    AUTO(chain) struct chain *c = chain_of(config);
    TRY_DOING(vm_new(config->vm_cache_dir, &c->runtime.vm), "opening chain %s", config->chain_id);
    TRY_DOING(open_file(c, config), "opening chain %s", config->chain_id);
    *out = c;
    c = NULL;
    return NULL;
}

struct err *chain_start(struct chain *c)
{
    int rc = pthread_create(&c->producer, NULL, chain_produce, c);
    if (rc)
        return err_errno(ERR_UNAVAILABLE, rc, "starting the block producer");
    c->running = true;
    return NULL;
}

static void stop(struct chain *c)
{
    chain_lock(c);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    chain_unlock(c);
    pthread_join(c->producer, NULL);
}

void chain_close(struct chain *c)
{
    if (!c)
        return;
    if (c->running)
        stop(c);
    while (c->waiters) {
        struct waiter *next = c->waiters->next;
        mem_free(c->waiters);
        c->waiters = next;
    }
    for (size_t i = 0; i < c->pool_count; i++)
        pooled_free(&c->pool[i]);
    mem_free(c->pool);
    db_close(c->db);
    vm_free(c->runtime.vm);
    code_cache_free(c->runtime.codes);
    secret_key_wipe(&c->validator);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->calls);
    pthread_cond_destroy(&c->wake);
    mem_free(c->chain_id);
    mem_free(c->validator_id);
    mem_free(c);
}

/* ---- Blocks on demand ---- */

static struct err *make_block(struct chain *c, uint64_t skip, const struct chain_patch *patches, size_t patch_count)
{
    chain_lock(c);
    struct err *e = chain_make_block_locked(c, skip, patches, patch_count);
    chain_unlock(c);
    if (!e)
        chain_call_back(c, true);
    return e;
}

struct err *chain_make_block(struct chain *c)
{
    return make_block(c, 0, NULL, 0);
}

static struct err *check_records(const struct chain_patch *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == CHAIN_PATCH_DATA && records[i].data_key.len > STATE_KEY_MAX - ACCOUNT_ID_MAX - 2)
            return err_new(ERR_INVALID, "record %zu: a key has %zu bytes, at most 2048 are possible", i,
                           records[i].data_key.len);
    return NULL;
}

struct err *chain_patch_state(struct chain *c, const struct chain_patch *records, size_t count)
{
    TRY(check_records(records, count));
    return make_block(c, 0, records, count);
}

struct err *chain_begin_at(struct chain *c, uint64_t height, const struct chain_patch *records, size_t count)
{
    TRY(check_records(records, count));
    chain_lock(c);
    uint64_t tick_ms = c->tick_ms;
    c->tick_ms = 0; /* the heights before take no time */
    struct err *e = c->head.height > 0 || height == 0 ? err_new(ERR_CONFLICT, "the chain has begun already")
                                                      : chain_make_block_locked(c, height - 1, records, count);
    c->tick_ms = tick_ms;
    chain_unlock(c);
    return e;
}

/* A year of one-second blocks. */
enum { FAST_FORWARD_MAX = 31536000 };

struct err *chain_fast_forward(struct chain *c, uint64_t blocks)
{
    if (blocks == 0 || blocks > FAST_FORWARD_MAX)
        return err_new(ERR_INVALID, "cannot go forward by %llu blocks: 1 to %d are possible", (unsigned long long)blocks,
                       FAST_FORWARD_MAX);
    return make_block(c, blocks - 1, NULL, 0);
}

/* ---- Facts ---- */

const char *chain_id(const struct chain *c)
{
    return c->chain_id;
}

uint64_t chain_tick_ms(const struct chain *c)
{
    return c->tick_ms;
}

uint64_t chain_validity_blocks(const struct chain *c)
{
    return c->validity_blocks;
}

uint64_t chain_uptime_ms(const struct chain *c)
{
    return (chain_now_ns() - c->opened_ns) / NS_PER_MS;
}

struct public_key chain_validator_key(const struct chain *c)
{
    return secret_key_public(&c->validator);
}

const char *chain_validator_id(const struct chain *c)
{
    return c->validator_id;
}

struct err *chain_head(struct chain *c, struct chain_block *out)
{
    chain_lock(c);
    *out = c->head;
    chain_unlock(c);
    return NULL;
}
