/* A call costs what it costs, however much there is: the gas of every method that works on requests, projects, versions, secrets, payment
 * keys, prices or wallets, with 10 entries of each and with 100,000 (OUTLAYER_GROWTH_ENTRIES), is the same within 2 %.
 *
 * Most entries are put into the state as copies of one that the contract made. That this is what the contract itself would have made is
 * asked first: 10 entries by calls, and one by calls and nine copies, are the same state, byte for byte. */
#include "base/fs.h"
#include "base/mem.h"
#include "codec/borsh.h"
#include "codec/hex.h"
#include "crypto/hash.h"
#include "devnet/chain/chain_testing.h"
#include <stdlib.h>

#define CONTRACT "outlayer.near"
#define MILLI    (NEAR / 1000)

enum {
    FEW = 10,
    MANY = 100000,
    TOLERANCE_PERCENT = 2,
    KEY_HASH_LEN = 20,
    PATCH_RECORDS = 500,
    FILE_MAX = 4 << 20,
    METHODS_MAX = 80
};

static const struct chain_genesis_account genesis[] = {
    {"test.near", 1000 * NEAR},    {CONTRACT, 100000000 * NEAR},  {"owner.near", 1000000 * NEAR},
    {"game.near", 1000000 * NEAR}, {"dev.near", 1000000 * NEAR},  {"alice.near", 1000000 * NEAR},
    {"keys.near", 1000000 * NEAR}, {"usdc.near", 1000000 * NEAR}, {"payer.near", 1000000 * NEAR},
};
enum { SELF = 1, OWNER, GAME, DEV, ALICE, KEYS, TOKEN, PAYER, SENDERS };

/* What a method took. */
struct cost {
    char method[48];
    uint64_t gas;
};

struct world {
    struct chain *c;
    struct sender senders[SENDERS];
    uint64_t now_ns, taken_height;
    struct clock clock;
    struct arena arena, patch_arena;
    struct chain_patch *patch;
    size_t patch_count;
    struct buf args;
    struct cost costs[METHODS_MAX];
    size_t cost_count;
    const char *variant; /* of the method that is called, NULL: there is one */
};

static uint64_t now(void *self)
{
    return ((struct world *)self)->now_ns;
}

/* ---- Wallets ---- */

/* The wallet of entry `i`; those of entries that no call makes need no signature. */
static struct secret_key wallet_key(unsigned i)
{
    uint8_t seed[32] = {1};
    memcpy(seed + 1, &i, sizeof i);
    return secret_key_from_seed(seed);
}

static void append_wallet(struct buf *out, unsigned i)
{
    struct secret_key secret = wallet_key(i);
    struct public_key key = secret_key_public(&secret);
    buf_append_str(out, "ed25519:");
    if (i < FEW)
        hex_append(out, public_key_raw(&key));
    else
        buf_append_fmt(out, "%064u", i);
}

static void append_signature(struct buf *out, unsigned i)
{
    AUTO(buf) struct buf message = {0};
    struct secret_key secret = wallet_key(i);
    buf_append_str(&message, "store_wallet_policy:v1:");
    append_wallet(&message, i);
    buf_append_str(&message, ":8:cG9saWN5:payer.near");
    struct hash digest = hash_sha256(buf_slice(&message));
    struct signature signature = secret_key_sign(&secret, slice_from(digest.bytes, sizeof digest.bytes));
    hex_append(out, slice_from(signature.raw, 64));
}

/* ---- Calls ---- */

static void note(struct world *w, const struct chain_receipt *r)
{
    const struct action *a = r->receipt.actions;
    char method[48];
    if (!slice_eq_str(account_id_slice(&r->receipt.receiver), CONTRACT) || r->receipt.action_count != 1 ||
        a->kind != ACTION_FUNCTION_CALL)
        return;
    snprintf(method, sizeof method, "%.*s%s", SLICE_FMT(a->call.method), w->variant ? w->variant : "");
    if (r->outcome.status == OUTCOME_FAILURE)
        fail_msg("%s(%.*s): %.*s", method, SLICE_FMT(slice_first(a->call.args, 300)), SLICE_FMT(r->outcome.failure));
    for (size_t i = 0; i < w->cost_count; i++) {
        if (strcmp(w->costs[i].method, method) == 0)
            return; /* the first counts */
    }
    assert_true(w->cost_count < METHODS_MAX);
    struct cost *c = &w->costs[w->cost_count++];
    c->gas = r->outcome.gas_burnt;
    memcpy(c->method, method, sizeof method);
}

static void finish_blocks(struct world *w)
{
    settle(w->c);
    for (uint64_t h = w->taken_height + 1, head = head_of(w->c).height; h <= head; h++) {
        AUTO(arena) struct arena arena = {0};
        struct chain_content content;
        must(chain_block_content(w->c, h, &arena, &content));
        for (size_t i = 0; i < content.executed_count; i++)
            note(w, &content.executed[i]);
        w->taken_height = h;
    }
}

/* The arguments with each # replaced by `i` in six digits, each @ by `i`, each $ by the key of a wallet. */
static void call(struct world *w, size_t from, const char *method, const char *args, unsigned i, u128 deposit)
{
    AUTO(arena) struct arena arena = {0};
    buf_clear(&w->args);
    for (const char *at = args; *at; at++) {
        if (*at == '#')
            buf_append_fmt(&w->args, "%06u", i);
        else if (*at == '@')
            buf_append_fmt(&w->args, "%u", i);
        else if (*at == '$')
            append_wallet(&w->args, i);
        else
            buf_append_byte(&w->args, (uint8_t)*at);
    }
    struct action action = call_of(method, "", 300 * TGAS, deposit);
    action.call.args = buf_slice(&w->args);
    struct chain_submission s = submit(w->c, &w->senders[from], CONTRACT, &action, 1, &arena);
    if (s.verdict != CHAIN_ACCEPTED)
        fail_msg("refused: %s", s.invalid);
    finish_blocks(w);
}

/* Arguments. */
#define URL(hash)            "{\"WasmUrl\":{\"url\":\"https://example.com/a.wasm\",\"hash\":\"" hash "\",\"build_target\":null}}"
#define ZEROS58              "0000000000000000000000000000000000000000000000000000000000"
#define PROJECT              "{\"Project\":{\"project_id\":\"dev.near/big\"}}"
#define SECRET(profile)      "\"accessor\":" PROJECT ",\"profile\":\"" profile "\","
#define PAYMENT_KEY(profile) "\"accessor\":{\"System\":\"PaymentKey\"},\"profile\":\"" profile "\","
#define CONTENT              "\"encrypted_secrets_base64\":\"c2VjcmV0\",\"access\":\"AllowAll\""
#define TRANSFER(from, msg)  "{\"sender_id\":\"" from "\",\"amount\":\"10000\",\"msg\":\"" msg "\"}"
#define PRICES                                            \
    "{\"author_account_id\":\"dev.near\",\"operations\":" \
    "[{\"operation\":\"send\",\"price_usd\":\"5\",\"developer_share_bp\":1}]}"

/* Everything of entry `i`. */
static void make_entry(struct world *w, unsigned i)
{
    AUTO(buf) struct buf policy = {0};
    call(w, GAME, "request_execution", "{\"source\":" URL(ZEROS58 "000000") ",\"resource_limits\":{}}", i, 100 * MILLI);
    call(w, DEV, "create_project", "{\"name\":\"p#\",\"source\":" URL(ZEROS58 "000000") "}", i, 100 * MILLI);
    if (i == 0)
        call(w, DEV, "create_project", "{\"name\":\"big\",\"source\":" URL(ZEROS58 "000000") "}", i, 100 * MILLI);
    else
        call(w, DEV, "add_version", "{\"project_name\":\"big\",\"source\":" URL(ZEROS58 "#") ",\"set_active\":false}", i,
             100 * MILLI);
    call(w, ALICE, "store_secrets", "{" SECRET("s#") CONTENT "}", i, 100 * MILLI);
    call(w, KEYS, "store_secrets", "{" PAYMENT_KEY("1#") CONTENT "}", i, 100 * MILLI);
    call(w, TOKEN, "ft_on_transfer", TRANSFER("u#.near", "{\\\"action\\\":\\\"deposit_balance\\\"}"), i, 0);
    call(w, OWNER, "set_project_pricing", "{\"project_id\":\"dev.near/p#\",\"pricing\":" PRICES "}", i, 0);
    buf_append_str(&policy, "{\"wallet_pubkey\":\"$\",\"encrypted_data\":\"cG9saWN5\",\"wallet_signature\":\"");
    append_signature(&policy, i);
    buf_append_str(&policy, "\"}");
    call(w, PAYER, "store_wallet_policy", buf_str(&policy), i, 100 * MILLI);
}

/* ---- Copies ---- */

static void flush(struct world *w)
{
    if (w->patch_count)
        must(chain_patch_state(w->c, w->patch, w->patch_count));
    w->patch_count = 0;
    arena_free(&w->patch_arena);
    w->patch_arena = (struct arena){0};
}

static void put(struct world *w, const struct buf *key, struct slice value)
{
    w->patch[w->patch_count++] = (struct chain_patch){.kind = CHAIN_PATCH_DATA,
                                                      .account_id = id_of(CONTRACT),
                                                      .data_key = arena_copy(&w->patch_arena, buf_slice(key)),
                                                      .value = arena_copy(&w->patch_arena, value)};
    if (w->patch_count == PATCH_RECORDS)
        flush(w);
}

static struct slice value_at(struct world *w, struct slice key)
{
    struct chain_state_page page;
    struct chain_block head = head_of(w->c);
    struct account_id id = id_of(CONTRACT);
    must(chain_view_state(w->c, &head, &id, key, (struct slice){0}, 1, FILE_MAX, &w->arena, &page));
    if (page.count != 1 || !slice_eq(page.items[0].key, key))
        fail_msg("the contract keeps nothing under %.*s", SLICE_FMT(key));
    return page.items[0].value;
}

static struct buf key_of(char prefix, const char *name)
{
    struct buf key = {0};
    buf_append_byte(&key, (uint8_t)prefix);
    buf_append_str(&key, name);
    return key;
}

/* A copy of a record, to be changed. */
static struct buf copy_of(struct slice value)
{
    struct buf copy = {0};
    buf_append(&copy, value);
    return copy;
}

/* Writes `text` over the one place where `was` is; both are as long. */
static void rename_in(struct buf *value, const char *was, const char *text)
{
    size_t len = strlen(was), at = 0;
    while (at + len <= value->len && memcmp(value->ptr + at, was, len) != 0)
        at++;
    if (at + len > value->len)
        fail_msg("a record does not name %s", was);
    memcpy(value->ptr + at, text, len);
}

/* A record's place in its set: the 4 bytes that end `from_end` bytes before its end. */
static void set_place(struct buf *value, size_t from_end, uint32_t place)
{
    memcpy(value->ptr + value->len - from_end - sizeof place, &place, sizeof place);
}

/* Item `place` of a set. The first carries the count: put_count does that. */
static void put_item(struct world *w, const struct buf *set, uint32_t place, struct slice item)
{
    AUTO(buf) struct buf key = copy_of(buf_slice(set));
    borsh_write_u32(&key, place);
    put(w, &key, item);
}

static void put_count(struct world *w, const struct buf *set, uint32_t count)
{
    AUTO(buf) struct buf key = copy_of(buf_slice(set));
    borsh_write_u32(&key, 0);
    AUTO(buf) struct buf first = copy_of(value_at(w, buf_slice(&key)));
    memcpy(first.ptr, &count, sizeof count);
    put(w, &key, buf_slice(&first));
}

static void append_hash(struct buf *out, struct slice of)
{
    struct hash digest = hash_sha256(of);
    buf_append(out, slice_from(digest.bytes, KEY_HASH_LEN));
}

static void append_u64(struct buf *out, uint64_t value)
{
    borsh_write_u64(out, value);
}

/* Puts entries 1 to n - 1 beside the first one. */
struct copier {
    struct world *w;
    uint32_t n;
};

static void copy_requests(struct copier *c)
{
    AUTO(buf) struct buf key = key_of('r', "");
    append_u64(&key, 0);
    struct slice record = value_at(c->w, buf_slice(&key));
    for (uint32_t i = 1; i < c->n; i++) {
        key.len = 1;
        append_u64(&key, i);
        put(c->w, &key, record);
    }
}

/* dev.near's projects: p000000, big, p000001 … */
static void copy_projects(struct copier *c)
{
    AUTO(buf) struct buf key = key_of('p', "dev.near/p000000"), list = key_of('P', "dev.near"), versions = key_of('w', ""),
                         version = key_of('v', "");
    append_u64(&versions, 1);
    borsh_write_u32(&versions, 0);
    append_u64(&version, 1);
    append_hash(&version, SLICE(ZEROS58 "000000"));
    struct slice record = value_at(c->w, buf_slice(&key)), its_versions = value_at(c->w, buf_slice(&versions)),
                 its_version = value_at(c->w, buf_slice(&version));
    for (uint32_t i = 1; i < c->n; i++) {
        char id[32];
        uint64_t number = i + 2;
        AUTO(buf) struct buf project = copy_of(record);
        snprintf(id, sizeof id, "dev.near/p%06u", i);
        memcpy(key.ptr + 1, id, strlen(id));
        memcpy(project.ptr, &number, sizeof number);
        set_place(&project, 0, i + 1);
        memcpy(versions.ptr + 1, &number, sizeof number);
        memcpy(version.ptr + 1, &number, sizeof number);
        put(c->w, &key, buf_slice(&project));
        put(c->w, &versions, its_versions);
        put(c->w, &version, its_version);
        put_item(c->w, &list, i + 1, slice_str(id + strlen("dev.near/")));
    }
    put_count(c->w, &list, c->n + 1);
}

static void copy_versions(struct copier *c)
{
    AUTO(buf) struct buf list = key_of('w', ""), key = key_of('v', "");
    append_u64(&list, 2);
    append_u64(&key, 2);
    size_t head = key.len;
    append_hash(&key, SLICE(ZEROS58 "000000"));
    struct slice record = value_at(c->w, buf_slice(&key));
    for (uint32_t i = 1; i < c->n; i++) {
        char hash[80];
        AUTO(buf) struct buf version = copy_of(record);
        snprintf(hash, sizeof hash, ZEROS58 "%06u", i);
        rename_in(&version, ZEROS58 "000000", hash);
        set_place(&version, 0, i);
        key.len = head;
        append_hash(&key, slice_str(hash));
        put(c->w, &key, buf_slice(&version));
        put_item(c->w, &list, i, slice_skip(buf_slice(&key), head));
    }
    put_count(c->w, &list, c->n);
}

/* Secrets of one owner; `letter` and six digits are their profiles. */
static void copy_secrets(struct copier *c, const char *owner, char letter)
{
    enum { COUNT_LEN = 4, NO_VAULT_LEN = 1 };
    char first[16], profile[16];
    AUTO(buf) struct buf list = key_of('S', owner), place_0 = copy_of(buf_slice(&list)), key = {0}, item = {0};
    borsh_write_u32(&place_0, 0);
    struct slice first_item = slice_skip(value_at(c->w, buf_slice(&place_0)), COUNT_LEN), record = {0};
    snprintf(first, sizeof first, "%c000000", letter);
    for (uint32_t i = 0; i < c->n; i++) {
        buf_clear(&item);
        buf_append(&item, first_item);
        snprintf(profile, sizeof profile, "%c%06u", letter, i);
        rename_in(&item, first, profile);
        size_t item_len = item.len;
        borsh_write_string(&item, slice_str(owner));
        buf_clear(&key);
        buf_append_byte(&key, 's');
        append_hash(&key, buf_slice(&item));
        if (i == 0) {
            record = value_at(c->w, buf_slice(&key));
            continue;
        }
        AUTO(buf) struct buf secret = copy_of(record);
        set_place(&secret, NO_VAULT_LEN, i);
        put(c->w, &key, buf_slice(&secret));
        put_item(c->w, &list, i, slice_first(buf_slice(&item), item_len));
    }
    put_count(c->w, &list, c->n);
}

static void copy_balances(struct copier *c)
{
    AUTO(buf) struct buf key = key_of('b', "u000000.near"), nonces = key_of('n', "keys.near"), floor = {0};
    struct slice amount = value_at(c->w, buf_slice(&key));
    for (uint32_t i = 1; i < c->n; i++) {
        char name[16];
        snprintf(name, sizeof name, "u%06u", i);
        memcpy(key.ptr + 1, name, strlen(name));
        put(c->w, &key, amount);
    }
    borsh_write_u32(&floor, 1000000 + c->n - 1);
    put(c->w, &nonces, buf_slice(&floor));
}

static void copy_prices(struct copier *c)
{
    AUTO(buf) struct buf key = key_of('c', "dev.near/p000000"), list = key_of('C', "");
    struct slice record = value_at(c->w, buf_slice(&key));
    for (uint32_t i = 1; i < c->n; i++) {
        char id[32];
        AUTO(buf) struct buf prices = copy_of(record);
        snprintf(id, sizeof id, "dev.near/p%06u", i);
        memcpy(key.ptr + 1, id, strlen(id));
        set_place(&prices, 0, i);
        put(c->w, &key, buf_slice(&prices));
        put_item(c->w, &list, i, slice_str(id));
    }
    put_count(c->w, &list, c->n);
}

static void copy_wallets(struct copier *c)
{
    enum { NO_BENEFICIARY_LEN = 1 };
    AUTO(buf) struct buf key = key_of('k', ""), list = key_of('K', "payer.near");
    append_wallet(&key, 0);
    struct slice record = value_at(c->w, buf_slice(&key));
    for (uint32_t i = 1; i < c->n; i++) {
        AUTO(buf) struct buf wallet = copy_of(record);
        key.len = 1;
        append_wallet(&key, i);
        set_place(&wallet, NO_BENEFICIARY_LEN, i);
        put(c->w, &key, buf_slice(&wallet));
        put_item(c->w, &list, i, slice_skip(buf_slice(&key), 1));
    }
    put_count(c->w, &list, c->n);
}

/* The counters at the end of STATE: next_request_id (8), executions (8), fees (16), first_open_id (8), settled_above (8),
 * projects_created (8), fees_withdrawn (16). */
static void set_counters(struct copier *c)
{
    AUTO(buf) struct buf key = {0};
    uint64_t requests = c->n, projects = c->n + 1;
    buf_append_str(&key, "STATE");
    AUTO(buf) struct buf state = copy_of(value_at(c->w, buf_slice(&key)));
    memcpy(state.ptr + state.len - 72, &requests, sizeof requests);
    memcpy(state.ptr + state.len - 24, &projects, sizeof projects);
    put(c->w, &key, buf_slice(&state));
}

static void copy_entries(struct world *w, uint32_t n)
{
    struct copier c = {w, n};
    copy_requests(&c);
    copy_projects(&c);
    copy_versions(&c);
    copy_secrets(&c, "alice.near", 's');
    copy_secrets(&c, "keys.near", '1');
    copy_balances(&c);
    copy_prices(&c);
    copy_wallets(&c);
    set_counters(&c);
    flush(w);
    w->taken_height = head_of(w->c).height;
}

/* ---- Worlds ---- */

static void begin(struct world *w)
{
    char path[4096];
    AUTO(buf) struct buf wasm = {0};
    AUTO(arena) struct arena arena = {0};
    *w = (struct world){.now_ns = UINT64_C(1767225600000000000), .patch = mem_alloc(PATCH_RECORDS * sizeof *w->patch)};
    w->clock = (struct clock){now, now, w};
    const struct chain_config config = {.path = ":memory:",
                                        .chain_id = "devnet",
                                        .accounts = genesis,
                                        .account_count = sizeof genesis / sizeof *genesis,
                                        .yield_timeout_blocks = 1000000,
                                        .clock = &w->clock,
                                        .entropy = &entropy_ones};
    must(chain_open(&config, &w->c));
    for (size_t i = 0; i < SENDERS; i++)
        w->senders[i] = genesis_sender(w->c, genesis[i].id);
    snprintf(path, sizeof path, "%s/outlayer.wasm", getenv("OUTLAYER_CONTRACTS"));
    must(fs_read(path, FILE_MAX, &wasm));
    const struct action deploy = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = buf_slice(&wasm)}};
    struct chain_tx_status s = run(w->c, &w->senders[SELF], CONTRACT, &deploy, 1, &arena);
    success_of(&s, 0);
    call(w, OWNER, "new", "{\"owner_id\":\"owner.near\"}", 0, 0);
    call(w, OWNER, "set_payment_token_contract", "{\"token_contract\":\"usdc.near\"}", 0, 0);
}

static void end(struct world *w)
{
    chain_close(w->c);
    mem_free(w->patch);
    buf_free(&w->args);
    arena_free(&w->arena);
    arena_free(&w->patch_arena);
}

/* ---- Copies are what the contract makes ---- */

static struct chain_state_page whole_state(struct world *w)
{
    struct chain_state_page page;
    struct chain_block head = head_of(w->c);
    struct account_id id = id_of(CONTRACT);
    must(chain_view_state(w->c, &head, &id, SLICE(""), (struct slice){0}, 0, FILE_MAX, &w->arena, &page));
    assert_false(page.too_large);
    return page;
}

/* When it was, and under which id it waits, is another thing for each entry. */
static void mask(struct world *w, struct chain_state_item *item)
{
    enum { DATA_ID_LEN = 32 };
    struct slice copy = arena_copy(&w->arena, item->value);
    uint8_t *bytes = (uint8_t *)copy.ptr;
    if (item->key.ptr[0] == 'r')
        memset(bytes, 0, DATA_ID_LEN);
    for (size_t i = 0; i + sizeof(uint64_t) <= copy.len; i++) {
        uint64_t number;
        memcpy(&number, bytes + i, sizeof number);
        if (number >= w->now_ns && number - w->now_ns < UINT64_C(1000) * 1000000000)
            memset(bytes + i, 0, sizeof number);
    }
    item->value = copy;
}

static void copied_entries_are_what_calls_make(void **state)
{
    (void)state;
    static struct world called, copied;
    begin(&called);
    begin(&copied);
    for (unsigned i = 0; i < FEW; i++)
        make_entry(&called, i);
    make_entry(&copied, 0);
    copy_entries(&copied, FEW);
    struct chain_state_page want = whole_state(&called), have = whole_state(&copied);
    assert_int_equal(have.count, want.count);
    for (size_t i = 0; i < want.count; i++) {
        mask(&called, &want.items[i]);
        mask(&copied, &have.items[i]);
        if (!slice_eq(have.items[i].key, want.items[i].key) || !slice_eq(have.items[i].value, want.items[i].value))
            fail_msg("item %zu: %.*s is not as the contract makes %.*s", i, SLICE_FMT(have.items[i].key),
                     SLICE_FMT(want.items[i].key));
    }
    end(&called);
    end(&copied);
}

/* ---- The same gas ---- */

static void variant(struct world *w, const char *name, size_t from, const char *method, const char *args, unsigned i,
                    u128 deposit)
{
    w->variant = name;
    call(w, from, method, args, i, deposit);
    w->variant = NULL;
}

static void use_requests(struct world *w, uint32_t n)
{
    call(w, GAME, "request_execution", "{\"source\":" URL(ZEROS58 "000000") ",\"resource_limits\":{}}", n, 100 * MILLI);
    call(w, OWNER, "resolve_execution",
         "{\"request_id\":0,\"response\":{\"success\":true,\"output\":{\"Text\":\"x\"},\"resources_used\":{\"instructions\":"
         "1,\"time_ms\":1}}}",
         0, 0);
    call(w, OWNER, "submit_execution_output", "{\"request_id\":@,\"output\":{\"Text\":\"x\"}}", n / 2 + 1, 0);
    call(w, OWNER, "emergency_cancel_execution", "{\"request_id\":@}", n / 2, 0);
    call(w, OWNER, "cancel_pending_requests", "{\"request_ids\":[@]}", n - 1, 0);
    call(w, OWNER, "clear_all_pending_requests", "{\"limit\":1}", 0, 0);
    call(w, GAME, "get_request", "{\"request_id\":@}", n / 2 + 1, 0);
    call(w, GAME, "get_pending_request_ids", "{\"limit\":3}", 0, 0);
}

static void use_projects(struct world *w, uint32_t n)
{
    call(w, DEV, "create_project", "{\"name\":\"p#\",\"source\":" URL(ZEROS58 "000000") "}", n, 100 * MILLI);
    call(w, DEV, "add_version", "{\"project_name\":\"big\",\"source\":" URL(ZEROS58 "#") ",\"set_active\":false}", n,
         100 * MILLI);
    call(w, DEV, "set_active_version", "{\"project_name\":\"big\",\"version_key\":\"" ZEROS58 "#\"}", n / 2, 0);
    call(w, DEV, "remove_version", "{\"project_name\":\"big\",\"version_key\":\"" ZEROS58 "#\"}", n / 2 + 1, 0);
    variant(w, ", of a project", GAME, "request_execution",
            "{\"source\":{\"Project\":{\"project_id\":\"dev.near/big\",\"version_key\":null}},\"resource_limits\":{}}", 0,
            100 * MILLI);
    call(w, ALICE, "accept_project_transfer", "{\"from\":\"dev.near\",\"name\":\"p#\"}", n, 100 * MILLI);
    call(w, DEV, "transfer_project", "{\"project_name\":\"p#\",\"new_owner\":\"alice.near\"}", n, 0);
    call(w, GAME, "get_project", "{\"project_id\":\"dev.near/p#\"}", n - 2, 0);
    call(w, GAME, "list_user_projects", "{\"account_id\":\"dev.near\",\"from_index\":@,\"limit\":3}", n / 2, 0);
    call(w, GAME, "list_versions", "{\"project_id\":\"dev.near/big\",\"from_index\":@,\"limit\":3}", n / 2, 0);
    call(w, GAME, "get_version_count", "{\"project_id\":\"dev.near/big\"}", 0, 0);
    call(w, DEV, "delete_project", "{\"project_name\":\"p#\"}", n / 2, 0); /* with its prices */
}

static void use_prices(struct world *w, uint32_t n)
{
    call(w, OWNER, "set_project_pricing", "{\"project_id\":\"dev.near/big\",\"pricing\":" PRICES "}", n, 0);
    call(w, OWNER, "remove_project_pricing", "{\"project_id\":\"dev.near/p#\"}", n / 2 + 1, 0);
    call(w, GAME, "get_priced_projects", "{\"from_index\":@,\"limit\":3}", n / 2, 0);
    call(w, GAME, "get_priced_project_count", "", 0, 0);
    call(w, GAME, "get_project_max_price", "{\"project_id\":\"dev.near/p#\"}", n - 1, 0);
    call(w, TOKEN, "ft_on_transfer", TRANSFER("u#.near", "{\\\"action\\\":\\\"deposit_balance\\\"}"), n / 2, 0);
    call(w, GAME, "get_user_stablecoin_balance", "{\"account_id\":\"u#.near\"}", n - 1, 0);
}

static void use_secrets(struct world *w, uint32_t n)
{
    call(w, ALICE, "store_secrets", "{" SECRET("s#") CONTENT "}", n, 100 * MILLI);
    variant(w, ", again", ALICE, "store_secrets", "{" SECRET("s#") CONTENT "}", n / 2, 100 * MILLI);
    call(w, ALICE, "update_access", "{" SECRET("s#") "\"new_access\":\"AllowAll\"}", n / 2, 0);
    call(w, ALICE, "delete_secrets", "{\"accessor\":" PROJECT ",\"profile\":\"s#\"}", n / 2, 0);
    call(w, GAME, "get_secrets", "{" SECRET("s#") "\"owner\":\"alice.near\"}", n - 2, 0);
    call(w, GAME, "list_user_secrets", "{\"account_id\":\"alice.near\",\"from_index\":@,\"limit\":3}", n / 2, 0);
    variant(w, ", a payment key", KEYS, "store_secrets", "{" PAYMENT_KEY("1#") CONTENT "}", n, 100 * MILLI);
    call(w, GAME, "get_next_payment_key_nonce", "{\"account_id\":\"keys.near\"}", 0, 0);
    variant(w, ", a top-up", TOKEN, "ft_on_transfer",
            TRANSFER("keys.near", "{\\\"action\\\":\\\"top_up_payment_key\\\",\\\"nonce\\\":1#}"), n / 2, 0);
    call(w, KEYS, "delete_payment_key", "{\"nonce\":1#}", n / 2, 1);
}

static void use_wallets(struct world *w, uint32_t n)
{
    call(w, PAYER, "freeze_wallet", "{\"wallet_pubkey\":\"$\"}", n / 2, 0);
    call(w, GAME, "has_wallet_policy", "{\"wallet_pubkey\":\"$\"}", n / 2, 0);
    call(w, GAME, "get_wallet_policy", "{\"wallet_pubkey\":\"$\"}", n / 2, 0);
    call(w, GAME, "get_wallet_policies_by_owner", "{\"owner\":\"payer.near\",\"from_index\":@,\"limit\":3}", n / 2, 0);
    call(w, PAYER, "delete_wallet_policy", "{\"wallet_pubkey\":\"$\"}", n / 2, 0);
}

static void measure(struct world *w, uint32_t n)
{
    begin(w);
    make_entry(w, 0);
    copy_entries(w, n);
    w->cost_count = 0;
    use_requests(w, n);
    use_projects(w, n);
    use_prices(w, n);
    use_secrets(w, n);
    use_wallets(w, n);
}

static void gas_is_the_same_with_ten_entries_and_with_a_hundred_thousand(void **state)
{
    (void)state;
    static struct world few, many;
    const char *setting = getenv("OUTLAYER_GROWTH_ENTRIES");
    uint32_t n = setting ? (uint32_t)strtoul(setting, NULL, 0) : MANY, far = 0;
    measure(&few, FEW);
    measure(&many, n);
    assert_int_equal(many.cost_count, few.cost_count);
    print_message("%-44s %14s %14s\n", "Ggas, of entries:", "10", setting ? setting : "100000");
    for (size_t i = 0; i < few.cost_count; i++) {
        uint64_t a = few.costs[i].gas, b = many.costs[i].gas;
        assert_string_equal(many.costs[i].method, few.costs[i].method);
        bool same = (b > a ? b - a : a - b) * 100 <= a * TOLERANCE_PERCENT;
        print_message("%-44s %14.3f %14.3f%s\n", few.costs[i].method, (double)a / 1e9, (double)b / 1e9, same ? "" : "  !");
        far += !same;
    }
    assert_int_equal(far, 0);
    end(&few);
    end(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copied_entries_are_what_calls_make),
        cmocka_unit_test(gas_is_the_same_with_ten_entries_and_with_a_hundred_thousand),
    };
    return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
