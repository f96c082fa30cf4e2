/* Money cannot be lost: many accounts do whatever they like with the main contract and its stablecoin, in any order, several calls to a block,
 * with promises that fail for want of gas or of a receiver, and calls that wait for an answer in vain. After every block the contract's
 * balance, and what the token says it has, are exactly what the books of property_ledger.h say, no yocto has appeared or vanished on the
 * chain, and the contract's views agree with the books. At the end of an episode every request has ended, once, and nothing is on its way.
 *
 * OUTLAYER_PROPERTY_STEPS calls are made (4,000 if it is not set), a new chain for every EPISODE_STEPS. OUTLAYER_PROPERTY_SEED repeats
 * a failure, whose seed is printed. */
#include "base/fs.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/chain/chain_testing.h"
#include "property_ledger.h"
#include <stdlib.h>

#define MILLI (NEAR / 1000)

enum { EPISODE_STEPS = 500, DEFAULT_STEPS = 4000, PEOPLE = 4, STALE_BLOCKS = 700 };

static const char contract_id[] = "outlayer.near", asker_id[] = "asker.near", worker_id[] = "worker.near",
                  owner_id[] = "owner.near", token_id[] = "usdc.near", wrap_id[] = "wrap.near",
                  swap_id[] = "publishintent.near";

static const struct chain_genesis_account genesis[] = {
    {"test.near", 1000 * NEAR},    {"alice.near", 1000000 * NEAR}, {"bob.near", 1000000 * NEAR}, {"carol.near", 1000000 * NEAR},
    {"dave.near", 1000000 * NEAR}, {worker_id, 1000000 * NEAR},    {owner_id, 1000000 * NEAR},   {contract_id, 1000 * NEAR},
    {asker_id, 1000 * NEAR},       {token_id, 1000 * NEAR},        {wrap_id, 1000 * NEAR},       {swap_id, 1000 * NEAR},
};
enum { ALICE = 1, WORKER = 5, OWNER, CONTRACT, ASKER, TOKEN, WRAP, SWAP, SENDERS };

static struct buf contract_wasm, asker_wasm, ft_wasm;

/* The calls that were made: the answer to "how much did it really try?" */
static struct {
    uint64_t steps, blocks, refused, settled, cancelled, timed_out, strays;
    struct method_count {
        char method[48];
        uint64_t done, refused;
    } methods[80];
    size_t method_count;
} totals;

struct world {
    struct chain *c;
    struct ledger ledger;
    struct clock clock;
    uint64_t now_ns, seed, random;
    struct sender senders[SENDERS];
    uint64_t step, taken_height;
    u128 base, asker_base; /* balances after the start */
    u128 asker_own;        /* what came to the asker since, not on its way to somebody */
    struct buf args;
};

/* ---- Chance ---- */

/* splitmix64 */
static uint64_t next(struct world *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t below(struct world *w, uint64_t n)
{
    return next(w) % n;
}

static bool one_in(struct world *w, uint64_t n)
{
    return below(w, n) == 0;
}

#define PICK(w, list) (list)[below((w), sizeof(list) / sizeof *(list))]

static const char *some_account(struct world *w)
{
    static const char *const accounts[] = {"alice.near", "bob.near", "carol.near", "dave.near", "nobody.near", "asker.near"};
    return PICK(w, accounts);
}

/* A record of that kind which somebody paid for; NULL when there is none. */
static const struct ledger_deposit *some_record(struct world *w, char kind)
{
    const struct ledger *l = &w->ledger;
    for (size_t i = 0, at = below(w, l->deposit_count + 1); i < l->deposit_count; i++, at++) {
        const struct ledger_deposit *d = &l->deposits[at % l->deposit_count];
        if (d->key[0] == kind)
            return d;
    }
    return NULL;
}

struct project_id {
    struct account_id owner;
    char name[80];
};

/* Mostly one that is there. */
static struct project_id some_project(struct world *w)
{
    static const char *const names[] = {"app", "game", "x", "no such thing"};
    const struct ledger_deposit *d = one_in(w, 5) ? NULL : some_record(w, 'p');
    struct project_id id;
    struct slice owner, name = d ? slice_cut(slice_str(d->key + 1), '/', &owner) : slice_str(PICK(w, names));
    id.owner = id_of(some_account(w));
    if (d)
        must(account_id_parse(owner, &id.owner));
    snprintf(id.name, sizeof id.name, "%.*s", SLICE_FMT(name));
    return id;
}

/* The account among the people, or anybody. */
static size_t sender_of(struct world *w, const struct account_id *id)
{
    for (size_t i = ALICE; i < ALICE + PEOPLE; i++) {
        if (slice_eq_str(account_id_slice(id), genesis[i].id))
            return i;
    }
    return ALICE + below(w, PEOPLE);
}

/* Mostly somebody who has stablecoin here: a balance, or earnings. */
static size_t holder(struct world *w, bool earnings)
{
    const struct ledger *l = &w->ledger;
    for (size_t i = 0, at = below(w, l->account_count + 1); i < l->account_count && !one_in(w, 10); i++, at++) {
        const struct ledger_account *a = &l->accounts[at % l->account_count];
        if (earnings ? a->earnings : a->balance)
            return sender_of(w, &a->id);
    }
    return ALICE + below(w, PEOPLE);
}

/* Mostly one that is open. */
static uint64_t some_request(struct world *w)
{
    const struct ledger *l = &w->ledger;
    if (l->request_count == 0 || one_in(w, 10))
        return below(w, l->next_id + 3);
    return l->requests[below(w, l->request_count)].id;
}

static uint64_t some_metric(struct world *w)
{
    return one_in(w, 20) ? UINT64_C(9000000000000000000) + below(w, 1000) : below(w, UINT64_C(1) << below(w, 40));
}

/* ---- Arguments ---- */

static void append_code(struct world *w, struct buf *out)
{
    static const char *const commits[] = {"main", "3f2c9d", "3f2c", "v1"};
    if (one_in(w, 2))
        buf_append_fmt(out, "{\"GitHub\":{\"repo\":\"https://github.com/alice/app\",\"commit\":\"%s\",\"build_target\":%s}}",
                       PICK(w, commits), one_in(w, 2) ? "null" : "\"wasm32-wasip1\"");
    else
        buf_append_fmt(
            out, "{\"WasmUrl\":{\"url\":\"%s://example.com/a.wasm\",\"hash\":\"%064x\",\"build_target\":\"wasm32-wasip2\"}}",
            one_in(w, 20) ? "ftp" : "https", (unsigned)below(w, 5));
}

/* Says whether it is a project. */
static bool append_source(struct world *w, struct buf *out)
{
    if (!one_in(w, 3)) {
        append_code(w, out);
        return false;
    }
    struct project_id id = some_project(w);
    buf_append_fmt(out, "{\"Project\":{\"project_id\":\"%s/%s\",\"version_key\":", id.owner.text, id.name);
    if (one_in(w, 4))
        buf_append_fmt(out, "\"%064x\"}}", (unsigned)below(w, 5));
    else
        buf_append_str(out, "null}}");
    return true;
}

/* Says what the request costs. */
static u128 append_limits(struct world *w, struct buf *out)
{
    const u128 *prices = w->ledger.prices;
    uint64_t instructions = below(w, 501) * 1000000000, seconds = below(w, 185);
    if (one_in(w, 6)) {
        buf_append_str(out, "null");
        return prices[0];
    }
    buf_append_fmt(out, "{\"max_instructions\":%llu,\"max_memory_mb\":128,\"max_execution_seconds\":%llu}",
                   (unsigned long long)instructions, (unsigned long long)seconds);
    return prices[0] + instructions / 1000000 * prices[1] + (u128)seconds * 1000 * prices[2];
}

/* A JSON string of some length, at times full of what must be escaped. */
static void append_text_value(struct world *w, struct buf *out, uint64_t max)
{
    static const char *const letters[] = {"x", "\\\"", "\\n", "\\u0000", "EVENT_JSON:{", "\\u00e9", "\\\\"};
    uint64_t len = below(w, below(w, max) + 1);
    const char *letter = letters[one_in(w, 3) ? below(w, 7) : 0];
    buf_append_str(out, "\"");
    while (len-- > 0)
        buf_append_str(out, letter);
    buf_append_str(out, "\"");
}

static void append_output(struct world *w, struct buf *out, uint64_t max)
{
    switch (below(w, 4)) {
    case 0:
        buf_append_str(out, "{\"Bytes\":[0,1,255]}");
        break;
    case 1:
        buf_append_str(out, "{\"Json\":{\"b\":[1,2.5e3,null],\"a\":");
        append_text_value(w, out, max);
        buf_append_str(out, "}}");
        break;
    default:
        buf_append_str(out, "{\"Text\":");
        append_text_value(w, out, max);
        buf_append_str(out, "}");
    }
}

static void append_metrics(struct world *w, struct buf *out)
{
    buf_append_fmt(out, "\"success\":%s,\"error\":", one_in(w, 4) ? "false" : "true");
    if (one_in(w, 3))
        append_text_value(w, out, 200);
    else
        buf_append_str(out, "null");
    buf_append_fmt(out, ",\"resources_used\":{\"instructions\":%llu,\"time_ms\":%llu", (unsigned long long)some_metric(w),
                   (unsigned long long)some_metric(w));
    if (one_in(w, 2))
        buf_append_fmt(out, ",\"compile_time_ms\":%llu", (unsigned long long)some_metric(w));
    buf_append_str(out, "}");
    if (one_in(w, 3))
        buf_append_fmt(out, ",\"refund_usd\":%llu", (unsigned long long)below(w, 1500));
}

/* ---- Calls ---- */

struct attempt {
    size_t from;
    const char *to, *method;
    u128 deposit;
    uint64_t gas;
};

static u128 around(struct world *w, u128 needed)
{
    switch (below(w, 16)) {
    case 0:
        return 0;
    case 1:
        return needed ? needed - 1 : 0;
    case 2:
        return 1;
    case 3:
        return needed;
    default:
        return needed + below(w, 1000) * MILLI;
    }
}

static void request(struct world *w, struct attempt *a)
{
    static const char *const operations[] = {"send", "send", "ping", " send ", "none", ""};
    buf_append_str(&w->args, "{\"source\":");
    bool project = append_source(w, &w->args);
    buf_append_str(&w->args, ",\"resource_limits\":");
    a->deposit = around(w, append_limits(w, &w->args));
    if (project && !one_in(w, 3)) {
        a->from = holder(w, false);
        buf_append_fmt(&w->args, ",\"params\":{\"attached_usd\":\"%llu\"}", (unsigned long long)below(w, 2000));
    }
    if (project && !one_in(w, 5)) {
        buf_append_fmt(&w->args, ",\"input_data\":\"{\\\"operation\\\":\\\"%s\\\"}\"", PICK(w, operations));
    } else if (!one_in(w, 3)) {
        buf_append_str(&w->args, ",\"input_data\":");
        append_text_value(w, &w->args, one_in(w, 5) ? 12000 : 100);
    }
    if (one_in(w, 3))
        buf_append_fmt(&w->args, ",\"payer_account_id\":\"%s\"", some_account(w));
    buf_append_str(&w->args, "}");
    a->method = "request_execution";
}

static void ask(struct world *w, struct attempt *a)
{
    const u128 *prices = w->ledger.prices;
    buf_append_fmt(&w->args, "{\"code_url\":\"https://example.com/a.wasm\",\"code_hash\":\"%064x\",\"script\":", 7);
    append_text_value(w, &w->args, 100);
    buf_append_str(&w->args, "}");
    *a = (struct attempt){a->from, asker_id, "ask", around(w, prices[0] + 1000 * prices[1] + 60000 * prices[2]), a->gas};
}

static void resolve(struct world *w, struct attempt *a)
{
    bool combined = one_in(w, 3);
    buf_append_fmt(&w->args, "{\"request_id\":%llu,", (unsigned long long)some_request(w));
    buf_append_str(&w->args, combined ? "\"output\":" : "\"response\":{\"output\":");
    if (!combined && one_in(w, 3))
        buf_append_str(&w->args, "null");
    else
        append_output(w, &w->args, combined ? 5000 : 300);
    buf_append_str(&w->args, ",");
    append_metrics(w, &w->args);
    buf_append_str(&w->args, combined ? "}" : "}}");
    a->from = one_in(w, 20) ? a->from : WORKER;
    a->method = combined ? "submit_execution_output_and_resolve" : "resolve_execution";
}

static void submit_output(struct world *w, struct attempt *a)
{
    buf_append_fmt(&w->args, "{\"request_id\":%llu,\"output\":", (unsigned long long)some_request(w));
    append_output(w, &w->args, 5000);
    buf_append_str(&w->args, "}");
    a->from = one_in(w, 20) ? a->from : WORKER;
    a->method = "submit_execution_output";
}

static void cancel_stale(struct world *w, struct attempt *a)
{
    const struct ledger_request *r = ledger_find(&w->ledger, some_request(w));
    for (size_t i = 0; r && i < SENDERS; i++) {
        if (slice_eq_str(account_id_slice(&r->sender), genesis[i].id) && i != ASKER && i != CONTRACT)
            a->from = i;
    }
    buf_append_fmt(&w->args, "{\"request_id\":%llu}", (unsigned long long)(r ? r->id : 0));
    a->method = "cancel_stale_execution";
}

static void cancel_as_owner(struct world *w, struct attempt *a)
{
    a->from = one_in(w, 10) ? a->from : OWNER;
    if (one_in(w, 2)) {
        buf_append_fmt(&w->args, "{\"request_id\":%llu}", (unsigned long long)some_request(w));
        a->method = "emergency_cancel_execution";
    } else if (one_in(w, 2)) {
        unsigned long long id = some_request(w);
        buf_append_fmt(&w->args, "{\"request_ids\":[%llu,%llu,%llu]}", id, (unsigned long long)some_request(w), id);
        a->method = "cancel_pending_requests";
    } else {
        buf_append_fmt(&w->args, "{\"limit\":%d}", (int)below(w, 4));
        a->method = "clear_all_pending_requests";
    }
}

static void administer(struct world *w, struct attempt *a)
{
    static const char *const fees[] = {"base_fee", "per_million_instructions_fee", "per_ms_fee", "per_compile_ms_fee"};
    static const char *const amounts[] = {
        "0", "1", "1000000000000000000000", "100000000000000", "100000000000000000", "30000000000000000000000000000000"};
    a->from = one_in(w, 10) ? a->from : OWNER;
    if (one_in(w, 3)) {
        a->method = "set_payment_token_contract";
        buf_append_fmt(&w->args, "{\"token_contract\":%s}", one_in(w, 6) ? "null" : "\"usdc.near\"");
    } else if (one_in(w, 2)) {
        a->method = "set_paused";
        buf_append_fmt(&w->args, "{\"paused\":%s}", one_in(w, 12) ? "true" : "false");
    } else {
        size_t fee = below(w, 4); /* only what a run took can be charged an absurd price without ending all requests */
        a->method = "set_pricing";
        buf_append_fmt(&w->args, "{\"%s\":\"%s\"}", fees[fee], amounts[below(w, fee == 3 ? 6 : 5)]);
    }
}

static void change_project(struct world *w, struct attempt *a)
{
    static const char *const methods[] = {"create_project", "add_version"};
    static const char *const names[] = {"app", "game", "x", "no such thing"};
    struct project_id id = some_project(w);
    size_t which = below(w, 2);
    a->from = which ? sender_of(w, &id.owner) : a->from;
    buf_append_fmt(&w->args, "{\"%s\":\"%s\",\"source\":", which ? "project_name" : "name", which ? id.name : PICK(w, names));
    append_code(w, &w->args);
    buf_append_str(&w->args, which ? one_in(w, 3) ? ",\"set_active\":true}" : ",\"set_active\":false}" : "}");
    a->method = methods[which];
    a->deposit = below(w, 20) * MILLI;
}

static void change_version(struct world *w, struct attempt *a)
{
    static const char *const methods[] = {"set_active_version", "remove_version", "remove_version"};
    struct project_id id = some_project(w);
    a->from = sender_of(w, &id.owner);
    buf_append_fmt(&w->args, "{\"project_name\":\"%s\",\"version_key\":\"", id.name);
    if (one_in(w, 2))
        buf_append_fmt(&w->args, "%064x\"}", (unsigned)below(w, 5));
    else
        buf_append_fmt(&w->args, "https://github.com/alice/app@%s\"}", one_in(w, 2) ? "main" : "3f2c9d");
    a->method = PICK(w, methods);
}

static void delete_project(struct world *w, struct attempt *a)
{
    struct project_id id = some_project(w);
    a->from = sender_of(w, &id.owner);
    buf_append_fmt(&w->args, "{\"project_name\":\"%s\"}", id.name);
    a->method = "delete_project";
}

/* Consent of the one, then the transfer by the other: at times of the same project. */
static void hand_over(struct world *w, struct attempt *a)
{
    static const char *const methods[] = {"transfer_project", "accept_project_transfer", "revoke_project_transfer"};
    size_t which = one_in(w, 8) ? 2 : below(w, 2);
    struct project_id id = some_project(w);
    struct account_id to = id_of(some_account(w));
    const struct ledger_deposit *d = which == 1 || one_in(w, 5) ? NULL : some_record(w, 'a');
    if (d) {
        struct slice new_owner, owner, rest = slice_cut(slice_str(d->key + 1), ',', &new_owner);
        struct slice name = slice_cut(rest, '/', &owner);
        must(account_id_parse(new_owner, &to));
        must(account_id_parse(owner, &id.owner));
        snprintf(id.name, sizeof id.name, "%.*s", SLICE_FMT(name));
    }
    a->method = methods[which];
    a->deposit = which == 1 ? below(w, 5) * MILLI : 0;
    if (which != 1 || one_in(w, 3))
        a->from = sender_of(w, which == 0 ? &id.owner : &to);
    buf_append_fmt(&w->args, "{\"%s\":\"%s\",\"%s\":\"%s\"}", which ? "from" : "new_owner", which ? id.owner.text : to.text,
                   which ? "name" : "project_name", id.name);
}

/* ---- Stablecoin ---- */

/* A payment key that is there: its owner and nonce; or one that is not. */
static struct account_id some_payment_key(struct world *w, uint64_t *nonce)
{
    const struct ledger *l = &w->ledger;
    struct account_id owner = id_of(some_account(w));
    *nonce = 1 + below(w, 3);
    for (size_t i = 0, at = below(w, l->deposit_count + 1); i < l->deposit_count; i++, at++) {
        const char *key = l->deposits[at % l->deposit_count].key, *system = strstr(key, " {\"System\":\"PaymentKey\"} ");
        if (key[0] != 's' || !system)
            continue;
        must(account_id_parse(slice_from(key + 1, (size_t)(system - key) - 1), &owner));
        *nonce = strtoull(strrchr(key, ' ') + 1, NULL, 10);
        break;
    }
    return owner;
}

static void transfer_tokens(struct world *w, struct attempt *a)
{
    uint64_t nonce, amount = below(w, one_in(w, 3) ? 100000 : 3000);
    struct account_id owner = some_payment_key(w, &nonce);
    *a = (struct attempt){a->from, token_id, "ft_transfer_call", 1, a->gas};
    buf_append_fmt(&w->args, "{\"receiver_id\":\"%s\",\"amount\":\"%llu\"", contract_id, (unsigned long long)amount);
    if (one_in(w, 12)) { /* a gift */
        a->method = "ft_transfer";
        buf_append_str(&w->args, "}");
        return;
    }
    buf_append_str(&w->args, ",\"msg\":\"");
    switch (below(w, 8)) {
    case 0:
        buf_append_str(&w->args, "nothing of the kind");
        break;
    case 1:
        buf_append_fmt(&w->args,
                       "{\\\"action\\\":\\\"buy_subscription\\\",\\\"nonce\\\":%llu,\\\"plan\\\":%d,\\\"owner\\\":\\\"%s\\\"}",
                       (unsigned long long)nonce, (int)below(w, 2), owner.text);
        break;
    case 2:
    case 3:
    case 4:
        buf_append_fmt(&w->args, "{\\\"action\\\":\\\"top_up_payment_key\\\",\\\"nonce\\\":%llu,\\\"owner\\\":\\\"%s\\\"}",
                       (unsigned long long)nonce, owner.text);
        break;
    default:
        buf_append_str(&w->args, "{\\\"action\\\":\\\"deposit_balance\\\"}");
    }
    buf_append_str(&w->args, "\"}");
}

/* Dave is not registered at the token: what he takes out comes back. */
static void withdraw(struct world *w, struct attempt *a)
{
    static const u128 deposits[] = {1, 1, 1, 5, 0};
    bool earnings = !one_in(w, 3);
    a->from = holder(w, earnings);
    a->method = earnings ? "withdraw_developer_earnings" : "withdraw_stablecoin_balance";
    a->deposit = PICK(w, deposits);
}

static void price_project(struct world *w, struct attempt *a)
{
    struct project_id id = some_project(w);
    a->from = one_in(w, 20) ? a->from : OWNER;
    buf_append_fmt(&w->args, "{\"project_id\":\"%s/%s\"", id.owner.text, id.name);
    a->method = one_in(w, 4) ? "remove_project_pricing" : "set_project_pricing";
    if (a->method[0] == 's')
        buf_append_fmt(
            &w->args,
            ",\"pricing\":{\"author_account_id\":\"%s\",\"operations\":[{\"operation\":\"send\",\"price_usd\":\"%llu\","
            "\"developer_share_bp\":%llu},{\"operation\":\"ping\",\"price_usd\":\"0\",\"developer_share_bp\":10000}]}",
            some_account(w), (unsigned long long)below(w, 1500), (unsigned long long)below(w, 10001));
    buf_append_str(&w->args, "}");
}

static void sell_plans(struct world *w, struct attempt *a)
{
    a->from = OWNER;
    a->method = "set_subscription_plans";
    buf_append_fmt(&w->args, "{\"plans\":[{\"index\":0,\"name\":\"zero\",\"price_usd\":\"%llu\",\"active\":%s}]}",
                   (unsigned long long)below(w, 2000), one_in(w, 4) ? "false" : "true");
}

/* The operator's answer to a call that waits, or waited. */
static void answer_wait(struct world *w, struct attempt *a)
{
    const struct ledger *l = &w->ledger;
    uint64_t known = l->wait_count < LEDGER_WAITS_MAX ? l->wait_count : LEDGER_WAITS_MAX;
    struct ledger_wait wait = {.data_id = "00"};
    if (known)
        wait = l->waits[below(w, known)];
    a->from = one_in(w, 20) ? a->from : WORKER;
    a->method = wait.deletes ? "resume_delete_payment_key" : "resume_topup";
    buf_append_fmt(&w->args, "{\"data_id\":\"%s\",\"result\":", wait.data_id);
    if (one_in(w, 4))
        buf_append_str(&w->args, "{\"Error\":{\"message\":\"no\\n\"}}}");
    else
        buf_append_str(&w->args, wait.deletes ? "\"Success\"}" : "{\"Success\":{\"new_encrypted_data\":\"bmV3\"}}}");
}

static void top_up_with_near(struct world *w, struct attempt *a)
{
    static const char *const swaps[] = {"alice.near", "bob.near", "nobody.near"}; /* registered where NEAR is wrapped, or not */
    uint64_t nonce;
    struct account_id owner = some_payment_key(w, &nonce);
    a->from = sender_of(w, &owner);
    a->method = "top_up_payment_key_with_near";
    a->deposit = (10 + below(w, 60)) * MILLI;
    buf_append_fmt(&w->args, "{\"nonce\":%llu,\"swap_contract_id\":\"%s\"}", (unsigned long long)nonce, PICK(w, swaps));
}

static void withdraw_fees(struct world *w, struct attempt *a)
{
    a->from = one_in(w, 20) ? a->from : OWNER;
    a->method = "withdraw_fees";
    a->deposit = below(w, 3);
    if (one_in(w, 2))
        buf_append_fmt(&w->args, "{\"receiver_id\":\"%s\"}", some_account(w));
    else
        buf_append_fmt(&w->args, "{\"amount\":\"%llu\",\"receiver_id\":\"%s\"}", (unsigned long long)next(w), some_account(w));
}

/* ---- Secrets and wallets ---- */

static void append_access(struct world *w, struct buf *out)
{
    static const char *const conditions[] = {
        "\"AllowAll\"",
        "{\"Whitelist\":{\"accounts\":[\"bob.near\",\"carol.near\"]}}",
        "{\"Not\":{\"condition\":{\"AccountPattern\":{\"pattern\":\".*near\"}}}}",
        "{\"DaoMember\":{\"dao_contract\":\"dao.near\",\"role\":\"council\"}}",
    };
    buf_append_str(out, PICK(w, conditions));
}

static void append_accessor(struct world *w, struct buf *out)
{
    struct project_id id = some_project(w);
    switch (below(w, 4)) {
    case 0:
        buf_append_fmt(out, "{\"WasmHash\":{\"hash\":\"%064x\"}}", (unsigned)below(w, 2));
        break;
    case 1:
        buf_append_fmt(out, "{\"Repo\":{\"repo\":\"github.com/alice/app\",\"branch\":%s}}", one_in(w, 2) ? "null" : "\"main\"");
        break;
    default:
        buf_append_fmt(out, "{\"Project\":{\"project_id\":\"%s/%s\"}}", id.owner.text, id.name);
    }
}

static void append_base64(struct world *w, struct buf *out)
{
    for (uint64_t n = 1 + below(w, 40); n > 0; n--)
        buf_append_str(out, "c2Vj");
}

/* New ones, and again what is there. */
static void store_secret(struct world *w, struct attempt *a)
{
    static const char *const profiles[] = {"default", "test"};
    const struct ledger_deposit *floor = one_in(w, 3) ? some_record(w, 'n') : NULL;
    bool payment_key = one_in(w, 3);
    a->method = "store_secrets";
    a->deposit = below(w, 15) * MILLI;
    buf_append_str(&w->args, "{\"accessor\":");
    if (payment_key)
        buf_append_fmt(&w->args, "{\"System\":\"PaymentKey\"},\"profile\":\"%u", 1 + (unsigned)below(w, floor ? 60 : 20));
    else
        append_accessor(w, &w->args);
    if (!payment_key)
        buf_append_fmt(&w->args, ",\"profile\":\"%s", PICK(w, profiles));
    buf_append_str(&w->args, "\",\"encrypted_secrets_base64\":\"");
    append_base64(w, &w->args);
    buf_append_str(&w->args, "\",\"access\":");
    append_access(w, &w->args);
    buf_append_str(&w->args, one_in(w, 4) ? ",\"vault_id\":\"vault.near\"}" : "}");
}

/* "s<owner> <accessor> <profile>" taken apart; of one that is there. */
static bool append_secret(struct world *w, struct attempt *a)
{
    const struct ledger_deposit *d = some_record(w, 's');
    struct slice owner;
    struct account_id id;
    if (!d)
        return false;
    struct slice rest = slice_cut(slice_str(d->key + 1), ' ', &owner);
    size_t accessor_len = (size_t)(strrchr(d->key, ' ') - (const char *)rest.ptr);
    must(account_id_parse(owner, &id));
    a->from = sender_of(w, &id);
    buf_append_fmt(&w->args, "{\"accessor\":%.*s,\"profile\":\"%s\"", (int)accessor_len, (const char *)rest.ptr,
                   strrchr(d->key, ' ') + 1);
    return true;
}

static void change_secret(struct world *w, struct attempt *a)
{
    static const char *const methods[] = {"update_access", "update_access", "delete_secrets", "unbind_secret_vault"};
    a->method = PICK(w, methods);
    if (!append_secret(w, a))
        return;
    if (a->method[1] == 'p') {
        a->deposit = one_in(w, 3) ? 0 : below(w, 3) * MILLI;
        buf_append_str(&w->args, ",\"new_access\":");
        append_access(w, &w->args);
    }
    buf_append_str(&w->args, "}");
}

/* ---- Secrets of agents: anybody who has the agent's signature stores and deletes them ---- */

enum { AGENTS = 3 };

static struct secret_key agent_secret(uint64_t which)
{
    return seed_key((uint8_t)(0x60 + which));
}

static void append_agent(struct buf *out, uint64_t which)
{
    struct secret_key secret = agent_secret(which);
    struct public_key key = secret_key_public(&secret);
    hex_append(out, public_key_raw(&key));
}

/* `,"wallet_signature":"…"}` over the message, which at times is another. */
static void end_signed(struct world *w, struct buf *message, uint64_t which)
{
    struct secret_key secret = agent_secret(which);
    if (one_in(w, 12))
        buf_append_str(message, "x");
    struct hash digest = hash_sha256(buf_slice(message));
    struct signature signature = secret_key_sign(&secret, slice_from(digest.bytes, sizeof digest.bytes));
    buf_append_str(&w->args, ",\"wallet_signature\":\"");
    hex_append(&w->args, slice_from(signature.raw, 64));
    buf_append_str(&w->args, "\"}");
}

/* The arguments' first members, and the message that both methods begin with. */
static void begin_signed(struct world *w, struct buf *message, const char *kind, uint64_t which, const char *accessor,
                         const char *binding, const char *profile)
{
    buf_append_str(&w->args, "{\"agent_pubkey\":\"ed25519:");
    append_agent(&w->args, which);
    buf_append_fmt(&w->args, "\",\"accessor\":%s,\"profile\":\"%s\"", accessor, profile);
    buf_append_fmt(message, "%s:v1:ed25519:", kind);
    append_agent(message, which);
    buf_append_fmt(message, ":%zu:%s:%s:", strlen(binding), binding, profile);
}

static void use_agent_secret(struct world *w, struct attempt *a)
{
    AUTO(buf) struct buf message = {0}, ciphertext = {0}, access = {0}, accessor = {0}, binding = {0};
    static const char *const profiles[] = {"default", "test"};
    const char *profile = PICK(w, profiles);
    uint64_t which = below(w, AGENTS);
    struct project_id id = some_project(w);
    if (one_in(w, 2)) {
        buf_append_fmt(&accessor, "{\"Project\":{\"project_id\":\"%s/%s\"}}", id.owner.text, id.name);
        buf_append_fmt(&binding, "%s/%s", id.owner.text, id.name);
    } else {
        buf_append_fmt(&accessor, "{\"WasmHash\":{\"hash\":\"%064x\"}}", 1);
        buf_append_fmt(&binding, "wasm:%064x", 1);
    }
    if (one_in(w, 3)) {
        a->method = "delete_agent_secret";
        begin_signed(w, &message, "delete_agent_secret", which, buf_str(&accessor), buf_str(&binding), profile);
        buf_append_str(&message, genesis[a->from].id);
    } else {
        a->method = "store_agent_secret";
        a->deposit = below(w, 20) * MILLI;
        append_base64(w, &ciphertext);
        append_access(w, &access);
        begin_signed(w, &message, "store_secrets_for", which, buf_str(&accessor), buf_str(&binding), profile);
        buf_append_fmt(&w->args, ",\"encrypted_secrets_base64\":\"%s\",\"access\":%s", buf_str(&ciphertext), buf_str(&access));
        buf_append_fmt(&message, "%s:%s::%s", buf_str(&ciphertext), genesis[a->from].id, buf_str(&access));
    }
    end_signed(w, &message, which);
}

static void delete_key(struct world *w, struct attempt *a)
{
    uint64_t nonce;
    struct account_id owner = some_payment_key(w, &nonce);
    a->from = sender_of(w, &owner);
    a->method = "delete_payment_key";
    a->deposit = below(w, 4);
    buf_append_fmt(&w->args, "{\"nonce\":%llu}", (unsigned long long)nonce);
}

static struct secret_key wallet_secret(uint64_t which)
{
    return seed_key((uint8_t)(0x40 + which));
}

static void append_wallet(struct buf *out, uint64_t which)
{
    struct secret_key secret = wallet_secret(which);
    struct public_key key = secret_key_public(&secret);
    buf_append_str(out, "ed25519:");
    hex_append(out, public_key_raw(&key));
}

/* The wallet's agreement to the caller's control, at times to somebody else's. */
static void append_agreement(struct world *w, struct buf *out, uint64_t which, struct slice data, const char *caller)
{
    AUTO(buf) struct buf message = {0};
    struct secret_key secret = wallet_secret(which);
    buf_append_str(&message, "store_wallet_policy:v1:");
    append_wallet(&message, which);
    buf_append_fmt(&message, ":%zu:%.*s:%s", data.len, SLICE_FMT(data), one_in(w, 12) ? "eve.near" : caller);
    struct hash digest = hash_sha256(buf_slice(&message));
    struct signature signature = secret_key_sign(&secret, slice_from(digest.bytes, sizeof digest.bytes));
    hex_append(out, slice_from(signature.raw, 64));
}

enum { WALLETS = 6 };

static void store_policy(struct world *w, struct attempt *a)
{
    AUTO(buf) struct buf data = {0};
    uint64_t which = below(w, WALLETS);
    append_base64(w, &data);
    a->method = "store_wallet_policy";
    a->deposit = below(w, 8) * MILLI;
    buf_append_str(&w->args, "{\"wallet_pubkey\":\"");
    append_wallet(&w->args, which);
    buf_append_fmt(&w->args, "\",\"encrypted_data\":\"%s\",\"wallet_signature\":\"", buf_str(&data));
    append_agreement(w, &w->args, which, buf_slice(&data), genesis[a->from].id);
    if (one_in(w, 3))
        buf_append_fmt(&w->args, "\",\"storage_refund_to\":\"%s\"}", some_account(w));
    else
        buf_append_str(&w->args, "\"}");
}

static void rule_wallet(struct world *w, struct attempt *a)
{
    static const char *const methods[] = {"freeze_wallet", "unfreeze_wallet", "delete_wallet_policy", "set_storage_refund_to"};
    const struct ledger_deposit *d = some_record(w, 'k');
    a->method = PICK(w, methods);
    if (!d)
        return;
    bool passes_on = a->method[0] == 's';
    if (!one_in(w, 5))
        a->from = sender_of(w, passes_on && d->refund_to.len ? &d->refund_to : &d->owner);
    if (passes_on)
        buf_append_fmt(&w->args, "{\"item\":{\"WalletPolicy\":{\"wallet_pubkey\":\"%s\"}},\"storage_refund_to\":\"%s\"}",
                       d->key + 1, some_account(w));
    else
        buf_append_fmt(&w->args, "{\"wallet_pubkey\":\"%s\"}", d->key + 1);
}

/* What only the contract itself may call. */
static void intrude(struct world *w, struct attempt *a)
{
    buf_append_fmt(&w->args, "{\"request_id\":%llu,\"sender_id\":\"alice.near\"}", (unsigned long long)some_request(w));
    a->method = "on_execution_response";
}

static const struct {
    unsigned weight;
    void (*make)(struct world *w, struct attempt *a);
} kinds[] = {
    {24, request},        {6, ask},         {14, resolve},         {3, submit_output},  {3, cancel_stale},
    {2, cancel_as_owner}, {2, administer},  {6, change_project},   {3, change_version}, {1, delete_project},
    {5, hand_over},       {1, intrude},     {12, transfer_tokens}, {4, withdraw},       {4, price_project},
    {1, sell_plans},      {6, answer_wait}, {3, top_up_with_near}, {1, withdraw_fees},  {8, store_secret},
    {4, change_secret},   {2, delete_key},  {5, store_policy},     {4, rule_wallet},    {5, use_agent_secret},
};

static void make_attempt(struct world *w, struct attempt *a)
{
    static const uint64_t gas[] = {300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 120, 70, 62, 55, 20, 5, 2, 1};
    unsigned sum = 0;
    *a = (struct attempt){.from = ALICE + below(w, PEOPLE), .to = contract_id, .gas = PICK(w, gas) * TGAS};
    buf_clear(&w->args);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        sum += kinds[i].weight;
    uint64_t chosen = below(w, sum);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (chosen < kinds[i].weight) {
            kinds[i].make(w, a);
            break;
        }
        chosen -= kinds[i].weight;
    }
    if (one_in(w, 30))
        a->deposit = below(w, 50) * MILLI;
    if (one_in(w, 50) && w->args.len)
        w->args.len = below(w, w->args.len); /* not the whole message */
}

static void send(struct world *w, size_t from, const char *to, const struct action *action)
{
    AUTO(arena) struct arena arena = {0};
    struct chain_submission s = submit(w->c, &w->senders[from], to, action, 1, &arena);
    if (s.verdict != CHAIN_ACCEPTED)
        fail_msg("refused: %s", s.invalid ? s.invalid : "known");
}

static void send_call(struct world *w, const struct attempt *a, struct slice args)
{
    struct action action = call_of(a->method, "", a->gas, a->deposit);
    action.call.args = args;
    send(w, a->from, a->to, &action);
}

/* ---- What must hold ---- */

static u128 balance_at(struct world *w, const char *id)
{
    return balance_of(w->c, id);
}

/* What the contract pays to a receiver that asked for it. */
static u128 paid_out(const struct world *w, const struct receipt *r)
{
    bool transfer = r->action_count == 1 && r->actions[0].kind == ACTION_TRANSFER;
    return transfer && account_id_eq(&r->predecessor, &w->ledger.contract) ? r->actions[0].transfer.deposit : 0;
}

static void count_method(const struct chain_receipt *r)
{
    const struct action *call = r->receipt.actions;
    size_t i = 0;
    if (!slice_eq_str(account_id_slice(&r->receipt.receiver), contract_id) || r->receipt.action_count != 1 ||
        call->kind != ACTION_FUNCTION_CALL)
        return;
    while (i < totals.method_count && !slice_eq_str(call->call.method, totals.methods[i].method))
        i++;
    if (i == totals.method_count && i == sizeof totals.methods / sizeof *totals.methods)
        return;
    struct method_count *m = &totals.methods[i];
    if (i == totals.method_count)
        snprintf(totals.methods[totals.method_count++].method, sizeof m->method, "%.*s", SLICE_FMT(call->call.method));
    if (r->outcome.status == OUTCOME_FAILURE)
        m->refused++;
    else
        m->done++;
}

static struct err *take_block(struct world *w, uint64_t height)
{
    AUTO(arena) struct arena arena = {0};
    struct chain_content content;
    TRY(chain_block_content(w->c, height, &arena, &content));
    for (size_t i = 0; i < content.executed_count; i++) {
        const struct chain_receipt *r = &content.executed[i];
        TRY(ledger_take(&w->ledger, w->c, r));
        count_method(r);
        if (slice_eq_str(account_id_slice(&r->receipt.receiver), asker_id))
            w->asker_own += ledger_reward(r) + paid_out(w, &r->receipt);
    }
    return NULL;
}

static struct err *check_balance(struct world *w)
{
    const struct ledger *l = &w->ledger;
    u128 have = balance_at(w, contract_id), want = w->base + l->rewards + l->strays + ledger_owed(l);
    char digits[U128_DIGITS_MAX];
    int len = (int)u128_format(have > want ? have - want : want - have, digits);
    if (have != want)
        return err_new(ERR_BUG, "the contract holds %.*s yocto %s than its books say", len, digits,
                       have > want ? "more" : "less");
    return NULL;
}

static struct err *check_supply(struct world *w)
{
    struct chain_audit a;
    TRY(chain_audit(w->c, &a));
    return a.accounts + a.in_flight == a.total_supply ? NULL : err_new(ERR_BUG, "the chain's money does not add up");
}

static struct err *expect_view(struct world *w, const char *method, const char *args, struct slice want)
{
    AUTO(arena) struct arena arena = {0};
    struct chain_call_result result;
    struct chain_block head = head_of(w->c);
    TRY(chain_view_call(w->c, &head, &w->ledger.contract, slice_str(method), slice_str(args), &arena, &result));
    if (!result.ok)
        return err_new(ERR_BUG, "%s(%s): %s", method, args, result.error);
    if (!slice_eq(result.value, want))
        return err_new(ERR_BUG, "%s(%s) is %.*s, and in the books %.*s", method, args,
                       SLICE_FMT(slice_first(result.value, 300)), SLICE_FMT(slice_first(want, 300)));
    return NULL;
}

static struct err *check_stats(struct world *w)
{
    AUTO(buf) struct buf want = {0};
    char digits[U128_DIGITS_MAX];
    int len = (int)u128_format(w->ledger.fees, digits);
    buf_append_fmt(&want, "[%llu,\"%.*s\"]", (unsigned long long)w->ledger.executions, len, digits);
    return expect_view(w, "get_stats", "", buf_slice(&want));
}

static struct err *check_pending(struct world *w)
{
    AUTO(buf) struct buf want = {0};
    const struct ledger *l = &w->ledger;
    buf_append_str(&want, "[");
    for (size_t i = 0; i < l->request_count; i++)
        buf_append_fmt(&want, "%s%llu", i ? "," : "", (unsigned long long)l->requests[i].id);
    buf_append_str(&want, "]");
    return expect_view(w, "get_pending_request_ids", "{\"limit\":100000}", buf_slice(&want));
}

/* One of the open requests, by what it holds. */
static struct err *check_request(struct world *w)
{
    AUTO(arena) struct arena arena = {0};
    struct chain_call_result result;
    struct chain_block head = head_of(w->c);
    char args[64], want[160], digits[U128_DIGITS_MAX];
    if (w->ledger.request_count == 0)
        return NULL;
    const struct ledger_request *r = &w->ledger.requests[below(w, w->ledger.request_count)];
    int len = (int)u128_format(r->payment, digits);
    snprintf(args, sizeof args, "{\"request_id\":%llu}", (unsigned long long)r->id);
    TRY(chain_view_call(w->c, &head, &w->ledger.contract, SLICE("get_request"), slice_str(args), &arena, &result));
    const char *text = arena_str(&arena, result.value);
    snprintf(want, sizeof want, "\"payment\":%.*s,", len, digits);
    if (!result.ok || !strstr(text, want))
        return err_new(ERR_BUG, "get_request(%s) has no %s: %s", args, want, result.ok ? text : result.error);
    snprintf(want, sizeof want, "\"payer_account_id\":\"%s\"", r->payer.text);
    return strstr(text, want) ? NULL : err_new(ERR_BUG, "get_request(%s) has no %s", args, want);
}

/* A view's answer has this in it. */
static struct err *expect_in_view(struct world *w, const char *method, const char *args, const char *want)
{
    AUTO(arena) struct arena arena = {0};
    struct chain_call_result result;
    struct chain_block head = head_of(w->c);
    TRY(chain_view_call(w->c, &head, &w->ledger.contract, slice_str(method), slice_str(args), &arena, &result));
    const char *text = result.ok ? arena_str(&arena, result.value) : result.error;
    return result.ok && strstr(text, want) ? NULL : err_new(ERR_BUG, "%s(%s) has no %s: %s", method, args, want, text);
}

static struct err *check_secret(struct world *w, const struct ledger_deposit *d)
{
    AUTO(buf) struct buf args = {0};
    char want[U128_DIGITS_MAX + 32], digits[U128_DIGITS_MAX];
    const char *accessor = strchr(d->key, ' ') + 1, *profile = strrchr(d->key, ' ') + 1;
    snprintf(want, sizeof want, "\"storage_deposit\":\"%.*s\"", (int)u128_format(d->yocto, digits), digits);
    buf_append_fmt(&args, "{\"accessor\":%.*s,\"profile\":\"%s\",\"owner\":\"%.*s\"}", (int)(profile - accessor) - 1, accessor,
                   profile, (int)(accessor - d->key) - 2, d->key + 1);
    return expect_in_view(w, "get_secrets", buf_str(&args), want);
}

static struct err *check_wallet(struct world *w, const struct ledger_deposit *d)
{
    char args[LEDGER_KEY_MAX + 32], want[U128_DIGITS_MAX + 32], digits[U128_DIGITS_MAX];
    snprintf(want, sizeof want, "\"storage_deposit\":\"%.*s\"", (int)u128_format(d->yocto, digits), digits);
    snprintf(args, sizeof args, "{\"wallet_pubkey\":\"%s\"}", d->key + 1);
    return expect_in_view(w, "get_wallet_policy", args, want);
}

/* What the token says that the contract has, and what the contract says that one account has of it. */
static struct err *check_tokens(struct world *w)
{
    AUTO(arena) struct arena arena = {0};
    struct ledger *l = &w->ledger;
    struct chain_call_result result;
    struct chain_block head = head_of(w->c);
    char args[128], want[U128_DIGITS_MAX + 2], digits[U128_DIGITS_MAX];
    snprintf(args, sizeof args, "{\"account_id\":\"%s\"}", contract_id);
    snprintf(want, sizeof want, "\"%.*s\"", (int)u128_format(ledger_owed_usd(l), digits), digits);
    TRY(chain_view_call(w->c, &head, &l->token, SLICE("ft_balance_of"), slice_str(args), &arena, &result));
    if (!result.ok || !slice_eq_str(result.value, want))
        return err_new(ERR_BUG, "the contract has %s of the token, and %s in the books", arena_str(&arena, result.value), want);
    if (l->account_count == 0)
        return NULL;
    const struct ledger_account *a = &l->accounts[below(w, l->account_count)];
    snprintf(args, sizeof args, "{\"account_id\":\"%s\"}", a->id.text);
    snprintf(want, sizeof want, "\"%.*s\"", (int)u128_format(a->balance, digits), digits);
    TRY(expect_view(w, "get_user_stablecoin_balance", args, slice_str(want)));
    snprintf(want, sizeof want, "\"%.*s\"", (int)u128_format(a->earnings, digits), digits);
    return expect_view(w, "get_developer_earnings", args, slice_str(want));
}

/* A record is there, as the books say, with its deposit. */
static struct err *check_deposit(struct world *w)
{
    struct ledger *l = &w->ledger;
    char args[LEDGER_KEY_MAX + 64], want[U128_DIGITS_MAX + 3], digits[U128_DIGITS_MAX];
    if (l->deposit_count == 0)
        return NULL;
    const struct ledger_deposit *d = &l->deposits[below(w, l->deposit_count)];
    int len = (int)u128_format(d->yocto, digits), comma = (int)strcspn(d->key, ","), slash = (int)strcspn(d->key, "/");
    if (d->key[0] == 's')
        return check_secret(w, d);
    if (d->key[0] == 'k')
        return check_wallet(w, d);
    if (d->key[0] == 'n')
        return NULL;
    if (d->key[0] == 'a') {
        snprintf(args, sizeof args, "{\"new_owner\":\"%.*s\",\"from\":\"%.*s\",\"name\":\"%s\"}", comma - 1, d->key + 1,
                 slash - comma - 1, d->key + comma + 1, d->key + slash + 1);
        snprintf(want, sizeof want, "\"%.*s\"", len, digits);
        return expect_view(w, "get_project_transfer_acceptance", args, slice_str(want));
    }
    size_t versions = 0;
    int id_len = (int)strcspn(d->key, "#") - 1;
    for (size_t i = 0; i < l->deposit_count; i++)
        versions += l->deposits[i].key[0] == 'v' && (int)strcspn(l->deposits[i].key, "#") == id_len + 1 &&
                    strncmp(l->deposits[i].key + 1, d->key + 1, (size_t)id_len) == 0;
    snprintf(args, sizeof args, "{\"project_id\":\"%.*s\"}", id_len, d->key + 1);
    snprintf(want, sizeof want, "%zu", versions);
    return expect_view(w, "get_version_count", args, slice_str(want));
}

static struct err *check(struct world *w)
{
    uint64_t head = head_of(w->c).height;
    for (uint64_t h = w->taken_height + 1; h <= head; h++) {
        struct err *e = take_block(w, h);
        if (e && err_code(e) != ERR_NOT_FOUND)
            return e;
        err_free(e); /* heights that were jumped over */
    }
    w->taken_height = head;
    TRY(check_balance(w));
    TRY(check_supply(w));
    TRY(check_stats(w));
    TRY(check_pending(w));
    TRY(check_request(w));
    TRY(check_tokens(w));
    return check_deposit(w);
}

static void make_block(struct world *w, uint64_t jump)
{
    w->now_ns += NS_PER_SEC;
    if (jump) {
        w->taken_height = head_of(w->c).height + jump - 1;
        must(chain_fast_forward(w->c, jump));
    } else {
        must(chain_make_block(w->c));
    }
    totals.blocks++;
    must(err_doing(check(w), "OUTLAYER_PROPERTY_SEED=%llu, call %llu", (unsigned long long)w->seed,
                   (unsigned long long)w->step));
}

/* ---- Episodes ---- */

static uint64_t now(void *self)
{
    return ((struct world *)self)->now_ns;
}

/* Sent, and done by the next settle(). */
static void setup_call(struct world *w, size_t from, const char *to, const char *method, const char *args, u128 deposit)
{
    const struct action action = call_of(method, args, 100 * TGAS, deposit);
    send(w, from, to, &action);
}

static void setup_tokens(struct world *w)
{
    static const char *const holders[] = {contract_id, "alice.near", "bob.near", "carol.near"};
    char args[160];
    for (size_t i = 0; i < sizeof holders / sizeof *holders; i++) {
        snprintf(args, sizeof args, "{\"account_id\":\"%s\"}", holders[i]);
        setup_call(w, OWNER, token_id, "storage_deposit", args, 2 * MILLI);
        if (i < 2)
            setup_call(w, OWNER, wrap_id, "storage_deposit", args, 2 * MILLI);
    }
    settle(w->c);
    for (size_t i = 1; i < sizeof holders / sizeof *holders; i++) {
        snprintf(args, sizeof args, "{\"receiver_id\":\"%s\",\"amount\":\"1000000000\"}", holders[i]);
        setup_call(w, OWNER, token_id, "ft_transfer", args, 1);
    }
    settle(w->c);
}

static void deploy(struct world *w, size_t account, struct slice code)
{
    const struct action action = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = code}};
    send(w, account, genesis[account].id, &action);
    settle(w->c);
}

static void begin(struct world *w, uint64_t seed)
{
    *w = (struct world){.seed = seed, .random = seed, .now_ns = UINT64_C(1767225600000000000)};
    w->clock = (struct clock){now, now, w};
    const struct chain_config config = {
        .path = ":memory:",
        .chain_id = "devnet",
        .accounts = genesis,
        .account_count = sizeof genesis / sizeof *genesis,
        .yield_timeout_blocks = seed % 2 ? 200 : 3 * STALE_BLOCKS,
        .clock = &w->clock,
        .entropy = &entropy_ones,
    };
    must(chain_open(&config, &w->c));
    ledger_init(&w->ledger, id_of(contract_id), id_of(token_id), id_of(wrap_id));
    for (size_t i = 0; i < SENDERS; i++)
        w->senders[i] = genesis_sender(w->c, genesis[i].id);
    deploy(w, CONTRACT, buf_slice(&contract_wasm));
    deploy(w, ASKER, buf_slice(&asker_wasm));
    deploy(w, TOKEN, buf_slice(&ft_wasm));
    deploy(w, WRAP, buf_slice(&ft_wasm));
    setup_call(w, OWNER, contract_id, "new", "{\"owner_id\":\"owner.near\",\"operator_id\":\"worker.near\"}", 0);
    setup_call(w, OWNER, asker_id, "new", "{\"outlayer_id\":\"outlayer.near\"}", 0);
    setup_call(w, OWNER, token_id, "new", "{\"owner_id\":\"owner.near\",\"total_supply\":\"1000000000000000\"}", 0);
    setup_call(w, OWNER, wrap_id, "new", "{\"owner_id\":\"owner.near\",\"total_supply\":\"0\"}", 0);
    settle(w->c);
    setup_call(w, OWNER, contract_id, "set_payment_token_contract", "{\"token_contract\":\"usdc.near\"}", 0);
    setup_tokens(w);
    w->taken_height = head_of(w->c).height;
    w->base = balance_at(w, contract_id);
    w->asker_base = balance_at(w, asker_id);
    setup_call(w, SWAP, contract_id, "create_project",
               "{\"name\":\"payment-keys-with-intents\",\"source\":{\"GitHub\":{\"repo\":\"github.com/alice/"
               "app\",\"commit\":\"main\"}}}",
               100 * MILLI);
}

static void do_step(struct world *w)
{
    struct attempt a;
    if (one_in(w, 150)) {
        make_block(w, one_in(w, 3) ? STALE_BLOCKS : 1 + below(w, 250));
    } else if (one_in(w, 100)) {
        const struct action gift = transfer_of(below(w, 1000) * MILLI + 1);
        send(w, ALICE, contract_id, &gift);
    } else {
        make_attempt(w, &a);
        send_call(w, &a, buf_slice(&w->args));
    }
    if (one_in(w, 2))
        make_block(w, 0);
}

/* Lets everything end by itself. The asker is only a way through: what it got, somebody else has. */
static void drain(struct world *w)
{
    for (int i = 0; i < 100 && chain_has_work(w->c); i++)
        make_block(w, 0);
    make_block(w, 4 * STALE_BLOCKS);
    for (int i = 0; i < 100 && chain_has_work(w->c); i++)
        make_block(w, 0);
    assert_false(chain_has_work(w->c));
    assert_int_equal(w->ledger.request_count, 0);
    assert_int_equal(w->ledger.settled + w->ledger.cancelled + w->ledger.timed_out, w->ledger.next_id);
    assert_true(balance_at(w, asker_id) == w->asker_base + w->asker_own);
    assert_true(w->ledger.usd_coming == 0 && w->ledger.usd_going == 0 && w->ledger.reserves == 0);
}

static void end(struct world *w)
{
    totals.steps += w->step;
    totals.refused += w->ledger.refused;
    totals.settled += w->ledger.settled;
    totals.cancelled += w->ledger.cancelled;
    totals.timed_out += w->ledger.timed_out;
    totals.strays += w->ledger.stray_count;
    chain_close(w->c);
    ledger_free(&w->ledger);
    buf_free(&w->args);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void every_yocto_has_one_owner_whatever_happens(void **state)
{
    (void)state;
    uint64_t steps = setting("OUTLAYER_PROPERTY_STEPS", DEFAULT_STEPS), seed = setting("OUTLAYER_PROPERTY_SEED", 1);
    static struct world w;
    for (uint64_t done = 0; done < steps; seed++) {
        begin(&w, seed);
        for (; w.step < EPISODE_STEPS && done < steps; w.step++, done++)
            do_step(&w);
        drain(&w);
        end(&w);
        w.step = 0;
    }
    print_message(
        "%llu calls in %llu blocks: %llu refused; requests: %llu answered, %llu cancelled, %llu timed out; %llu payouts "
        "came back\n",
        (unsigned long long)totals.steps, (unsigned long long)totals.blocks, (unsigned long long)totals.refused,
        (unsigned long long)totals.settled, (unsigned long long)totals.cancelled, (unsigned long long)totals.timed_out,
        (unsigned long long)totals.strays);
    print_message("%-40s %10s %10s\n", "", "done", "refused");
    for (size_t i = 0; i < totals.method_count; i++)
        print_message("%-40s %10llu %10llu\n", totals.methods[i].method, (unsigned long long)totals.methods[i].done,
                      (unsigned long long)totals.methods[i].refused);
    assert_true(steps < DEFAULT_STEPS || (totals.settled && totals.cancelled && totals.timed_out && totals.strays));
}

static void read_wasm(const char *name, struct buf *out)
{
    char path[4096];
    const char *built = getenv("OUTLAYER_CONTRACTS");
    assert_non_null(built);
    snprintf(path, sizeof path, "%s/%s", built, name);
    must(fs_read(path, 4 << 20, out));
}

static int open_contracts(void **state)
{
    (void)state;
    read_wasm("outlayer.wasm", &contract_wasm);
    read_wasm("asker.wasm", &asker_wasm);
    read_wasm("ft.wasm", &ft_wasm);
    return 0;
}

static int close_contracts(void **state)
{
    (void)state;
    buf_free(&contract_wasm);
    buf_free(&asker_wasm);
    buf_free(&ft_wasm);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_yocto_has_one_owner_whatever_happens)};
    return cmocka_run_group_tests_name("property", tests, open_contracts, close_contracts);
}
