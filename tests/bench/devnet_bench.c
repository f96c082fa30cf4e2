/* The devnet over its JSON-RPC, as clients meet it: latency of a transfer and of a yield that is answered, calls and views a second, memory.
 * The clients share the machine with the chain. */
#include "base/clock.h"
#include "base/fs.h"
#include "bench.h"
#include "cli/service.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include "near/signer.h"
#include "net/http_client.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP = 20,
    RUNS = 300,
    SIGNERS = 32,
    CALLS = 100, /* of each signer */
    CLIENTS = 4, /* divides the number of signers */
    VIEW_MS = 3000,
    GRACE_MS = 5000,
    CODE_MAX = 1 << 20,
};

#define NEAR ((u128)1000000000000 * 1000000000000)
#define TGAS UINT64_C(1000000000000)

static const char contract_id[] = "yielder.test.near", token_id[] = "ft.test.near";

struct bench {
    struct arena arena;
    const char *contracts_dir, *dir;
    struct service devnet;
    struct credentials root;
    struct signer *root_signer, *contract_signer, *token_signer;
    struct rpc_client *rpc;
    struct buf *signed_calls; /* SIGNERS * CALLS request bodies */
    const char *view_body;
    atomic_size_t done;
    uint64_t end_ns;
};

static uint64_t now_ns(void)
{
    return clock_monotonic_ns(&clock_system);
}

static void print_latency(const char *name, const char *goal, uint64_t ns[RUNS])
{
    bench_sort(ns, RUNS);
    printf("%-46s %-16s p50 %7.2f ms   p99 %7.2f ms\n", name, goal, (double)ns[RUNS / 2] / 1e6,
           (double)ns[RUNS * 99 / 100] / 1e6);
}

/* ---- Setting up ---- */

static struct err *start(struct bench *b, const char *program_dir)
{
    const char *credentials = arena_fmt(&b->arena, "%s/credentials", b->dir);
    const struct service_setting settings[] = {{"LISTEN", "127.0.0.1:0"},
                                               {"DATA_DIR", arena_fmt(&b->arena, "%s/chain", b->dir)},
                                               {"CREDENTIALS_DIR", credentials},
                                               {0}};
    TRY(service_start("devnet", program_dir, b->dir, settings, &b->devnet));
    const struct rpc_config rpc = {.url = service_said(&b->devnet, "rpc")};
    TRY(rpc_client_new(&rpc, &b->rpc));
    TRY(credentials_read_file(arena_fmt(&b->arena, "%s/devnet/test.near.json", credentials), &b->root));
    const struct signer_config config = {.rpc = rpc, .account_id = &b->root.account_id, .key = &b->root.key};
    return signer_new(&config, &b->root_signer);
}

/* The contract's account has the root's key. */
static struct err *deploy(struct bench *b, const char *contract, const char *account_id, struct signer **signer)
{
    AUTO(buf) struct buf code = {0};
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    struct account_id id;
    TRY(fs_read(arena_fmt(&b->arena, "%s/%s.wasm", b->contracts_dir, contract), CODE_MAX, &code));
    const struct action actions[] = {
        {.kind = ACTION_CREATE_ACCOUNT},
        {.kind = ACTION_TRANSFER, .transfer = {.deposit = 100 * NEAR}},
        {.kind = ACTION_ADD_KEY,
         .add_key = {.public_key = secret_key_public(&b->root.key), .access_key = {.permission = PERMISSION_FULL_ACCESS}}},
        {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {buf_slice(&code)}},
    };
    TRY(signer_send(b->root_signer, slice_str(account_id), actions, 4, TX_LEVEL_FINAL, &outcome));
    if (outcome.status != TX_SUCCEEDED)
        return err_new(ERR_BUG, "the contract cannot be deployed");
    TRY(account_id_parse(slice_str(account_id), &id));
    const struct signer_config config = {
        .rpc = {.url = service_said(&b->devnet, "rpc")}, .account_id = &id, .key = &b->root.key};
    return signer_new(&config, signer);
}

static void print_memory(const struct bench *b)
{
    AUTO(buf) struct buf text = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)b->devnet.pid);
    struct err *e = fs_read(path, 1 << 16, &text);
    const char *line = e ? NULL : strstr(buf_str(&text), "VmRSS:");
    err_free(e);
    printf("%-46s %-16s %.1f MiB\n", "resident memory, idle", "<= 48 MB", line ? strtod(line + 6, NULL) / 1024 : 0);
}

/* ---- One client ---- */

static struct err *transfer_once(struct bench *b, uint64_t *ns)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    const struct action transfer = {.kind = ACTION_TRANSFER, .transfer = {.deposit = 1}};
    uint64_t started = now_ns();
    TRY(signer_send(b->root_signer, SLICE("alice.near"), &transfer, 1, TX_LEVEL_FINAL, &outcome));
    *ns = now_ns() - started;
    return NULL;
}

/* The contract calls itself, so that the yield exists as soon as the call is in a block; another account answers; then the first call is
 * asked for its outcome. */
static struct err *yield_once(struct bench *b, unsigned long number, uint64_t *ns)
{
    AUTO(tx_outcome) struct tx_outcome wait = {0}, answer = {0}, outcome = {0};
    char args[64];
    int len = snprintf(args, sizeof args, "{\"data_id\":%lu,\"value\":7}", number);
    uint64_t started = now_ns();
    TRY(signer_call(b->contract_signer, slice_str(contract_id), "wait", SLICE("{}"), 30 * TGAS, 0, TX_LEVEL_INCLUDED, &wait));
    TRY(signer_call(b->root_signer, slice_str(contract_id), "answer", slice_from(args, (size_t)len), 30 * TGAS, 0,
                    TX_LEVEL_INCLUDED, &answer));
    TRY(rpc_tx_status(b->rpc, &wait.hash, slice_str(contract_id), TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    *ns = now_ns() - started;
    return slice_eq_str(outcome.value, "7") ? NULL : err_new(ERR_BUG, "yield %lu was not answered with 7", number);
}

static struct err *measure_latency(struct bench *b)
{
    uint64_t ns[RUNS];
    for (int i = -WARM_UP; i < RUNS; i++)
        TRY(transfer_once(b, &ns[i < 0 ? 0 : i]));
    print_latency("signed transfer, submit to final, one client", "p50 <= 5 ms", ns);
    for (int i = -WARM_UP; i < RUNS; i++)
        TRY(yield_once(b, (unsigned long)(i + WARM_UP), &ns[i < 0 ? 0 : i]));
    print_latency("yield, resume, callback, answer read", "p50 <= 10 ms", ns);
    return NULL;
}

/* ---- Many clients ---- */

static void fail_and_exit(struct err *e)
{
    fprintf(stderr, "error: %s\n", err_text(e));
    exit(1);
}

static void post(struct http_client *http, struct http_answer *answer, const char *url, struct slice body)
{
    const struct http_call call = {.method = "POST", .url = url, .body = body};
    struct err *e = http_client_call(http, &call, answer);
    if (!e)
        e = http_expect(answer, "the devnet");
    if (e)
        fail_and_exit(e);
}

struct client {
    struct bench *b;
    size_t index;
};

/* Each client has signers of its own: their calls go one after the other, so that nonces come in order. */
static void *send_calls(void *arg)
{
    const struct client *client = arg;
    struct bench *b = client->b;
    AUTO(http_client) struct http_client *http = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    struct err *e = http_client_new(&http);
    if (e)
        fail_and_exit(e);
    for (size_t i = client->index; i < SIGNERS * CALLS; i += CLIENTS)
        post(http, &answer, service_said(&b->devnet, "rpc"), buf_slice(&b->signed_calls[i]));
    return NULL;
}

static void *send_views(void *arg)
{
    struct bench *b = ((const struct client *)arg)->b;
    AUTO(http_client) struct http_client *http = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    struct err *e = http_client_new(&http);
    if (e)
        fail_and_exit(e);
    while (now_ns() < b->end_ns) {
        post(http, &answer, service_said(&b->devnet, "rpc"), slice_str(b->view_body));
        if (!strstr(buf_str(&answer.body), "\"result\":["))
            fail_and_exit(err_new(ERR_BUG, "a view failed: %s", buf_str(&answer.body)));
        atomic_fetch_add(&b->done, 1);
    }
    return NULL;
}

static void run_clients(struct bench *b, void *(*run)(void *))
{
    pthread_t threads[CLIENTS];
    struct client clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){b, i};
        pthread_create(&threads[i], NULL, run, &clients[i]);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
}

/* Accounts s0.near … with the root's key. */
static struct err *make_signers(struct bench *b)
{
    char key[KEY_TEXT_MAX];
    struct public_key public_key = secret_key_public(&b->root.key);
    AUTO(json) json_t *result = NULL;
    json_t *records = json_array();
    public_key_text(&public_key, key);
    for (int i = 0; i < SIGNERS; i++) {
        const char *id = arena_fmt(&b->arena, "s%d.near", i);
        json_array_append_new(records, json_pack("{s:{s:s,s:{s:s,s:s,s:s,s:i}}}", "Account", "account_id", id, "account",
                                                 "amount", "1000000000000000000000000000", "locked", "0", "code_hash",
                                                 "11111111111111111111111111111111", "storage_usage", 182));
        json_array_append_new(records, json_pack("{s:{s:s,s:s,s:{s:i,s:s}}}", "AccessKey", "account_id", id, "public_key", key,
                                                 "access_key", "nonce", 0, "permission", "FullAccess"));
    }
    return rpc_call(b->rpc, "sandbox_patch_state", json_pack("{s:o}", "records", records), &result);
}

static struct action token_call(struct bench *b, const char *method, const char *args, u128 deposit)
{
    const char *copy = arena_str(&b->arena, slice_str(args));
    return (struct action){.kind = ACTION_FUNCTION_CALL,
                           .call = {.method = slice_str(method), .args = slice_str(copy), .gas = 4 * TGAS, .deposit = deposit}};
}

/* The root owns all tokens; every signer gets as many as it will send to alice.near. */
static struct err *share_tokens(struct bench *b)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    struct action actions[2 + 2 * SIGNERS];
    size_t count = 0;
    actions[count++] = token_call(b, "new", "{\"owner_id\":\"test.near\",\"total_supply\":\"1000000000\"}", 0);
    actions[count++] = token_call(b, "storage_deposit", "{\"account_id\":\"alice.near\"}", NEAR / 100);
    for (int i = 0; i < SIGNERS; i++) {
        const char *registration = arena_fmt(&b->arena, "{\"account_id\":\"s%d.near\"}", i);
        const char *share = arena_fmt(&b->arena, "{\"receiver_id\":\"s%d.near\",\"amount\":\"%d\"}", i, CALLS);
        actions[count++] = token_call(b, "storage_deposit", registration, NEAR / 100);
        actions[count++] = token_call(b, "ft_transfer", share, 1);
    }
    TRY(signer_send(b->root_signer, slice_str(token_id), actions, count, TX_LEVEL_FINAL, &outcome));
    return outcome.status == TX_SUCCEEDED
               ? NULL
               : err_new(ERR_BUG, "the tokens cannot be shared out: %.*s", SLICE_FMT(outcome.failure));
}

static struct err *check_tokens(struct bench *b)
{
    AUTO(buf) struct buf balance = {0};
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\"%d\"", SIGNERS * CALLS);
    TRY(rpc_view_call(b->rpc, slice_str(token_id), "ft_balance_of", SLICE("{\"account_id\":\"alice.near\"}"), &balance));
    return slice_eq_str(buf_slice(&balance), wanted)
               ? NULL
               : err_new(ERR_BUG, "alice.near has %s tokens, not %s", buf_str(&balance), wanted);
}

/* Call `round` of every signer stands before the next round's. */
static struct err *sign_calls(struct bench *b)
{
    struct rpc_block head;
    TRY(rpc_final_block(b->rpc, &head));
    b->signed_calls = ARENA_ARRAY(&b->arena, struct buf, SIGNERS * CALLS);
    for (size_t i = 0; i < SIGNERS * CALLS; i++) {
        AUTO(buf) struct buf bytes = {0};
        const struct action call = {.kind = ACTION_FUNCTION_CALL,
                                    .call = {.method = SLICE("ft_transfer"),
                                             .args = SLICE("{\"receiver_id\":\"alice.near\",\"amount\":\"1\"}"),
                                             .gas = 10 * TGAS,
                                             .deposit = 1}};
        struct transaction t = {.public_key = secret_key_public(&b->root.key),
                                .nonce = i / SIGNERS + 1,
                                .block_hash = head.hash,
                                .actions = &call,
                                .action_count = 1};
        TRY(account_id_parse(slice_str(arena_fmt(&b->arena, "s%zu.near", i % SIGNERS)), &t.signer_id));
        TRY(account_id_parse(slice_str(token_id), &t.receiver_id));
        transaction_sign(&bytes, &t, &b->root.key, NULL);
        buf_append_str(&b->signed_calls[i], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"broadcast_tx_async\",\"params\":[\"");
        base64_append(&b->signed_calls[i], buf_slice(&bytes));
        buf_append_str(&b->signed_calls[i], "\"]}");
    }
    return NULL;
}

/* Until every signer's last nonce is used. */
static struct err *wait_for_calls(struct bench *b)
{
    struct public_key key = secret_key_public(&b->root.key);
    for (int i = 0; i < SIGNERS; i++) {
        struct rpc_access_key access = {0};
        uint64_t limit_ns = now_ns() + 60 * NS_PER_SEC;
        while (access.nonce < CALLS) {
            TRY(rpc_view_access_key(b->rpc, slice_str(arena_fmt(&b->arena, "s%d.near", i)), &key, &access));
            if (now_ns() > limit_ns)
                return err_new(ERR_BUG, "signer %d is at call %llu of %d", i, (unsigned long long)access.nonce, CALLS);
        }
    }
    /* the calls of the last block run in the next one: one more transaction is final after all of them */
    uint64_t ns;
    return transfer_once(b, &ns);
}

static struct err *measure_throughput(struct bench *b)
{
    TRY(make_signers(b));
    TRY(share_tokens(b));
    TRY(sign_calls(b));
    uint64_t started = now_ns();
    run_clients(b, send_calls);
    TRY(wait_for_calls(b));
    printf("%-46s %-16s %.0f /s\n", "ft_transfer, 32 signers, 4 connections", ">= 1000 /s",
           SIGNERS * CALLS / ((double)(now_ns() - started) / 1e9));
    TRY(check_tokens(b));
    for (size_t i = 0; i < SIGNERS * CALLS; i++)
        buf_free(&b->signed_calls[i]);
    b->view_body =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"call_function\",\"finality\":"
        "\"final\",\"account_id\":\"ft.test.near\",\"method_name\":\"ft_balance_of\",\"args_base64\":"
        "\"eyJhY2NvdW50X2lkIjoiYWxpY2UubmVhciJ9\"}}";
    started = now_ns();
    b->end_ns = started + VIEW_MS * NS_PER_MS;
    run_clients(b, send_views);
    printf("%-46s %-16s %.0f /s\n", "view calls, warm, 4 connections", ">= 5000 /s",
           (double)atomic_load(&b->done) / ((double)(now_ns() - started) / 1e9));
    return NULL;
}

static struct err *measure(struct bench *b, const char *program_dir)
{
    TRY(start(b, program_dir));
    printf("\nthe devnet through JSON-RPC: goals and what was measured (%d runs; clients on the same machine)\n", RUNS);
    print_memory(b);
    TRY(deploy(b, "yielder", contract_id, &b->contract_signer));
    TRY(deploy(b, "ft", token_id, &b->token_signer));
    TRY(measure_latency(b));
    return measure_throughput(b);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/outlayer-bench-XXXXXX", program_dir[4096];
    (void)argc;
    if (!mkdtemp(dir) || !realpath(argv[0], program_dir)) {
        perror("making a temporary directory");
        return 1;
    }
    *strrchr(program_dir, '/') = '\0';
    struct bench b = {.dir = dir};
    b.contracts_dir = arena_fmt(&b.arena, "%s/../contracts", program_dir);
    struct err *e = measure(&b, program_dir);
    service_stop(&b.devnet, GRACE_MS);
    service_free(&b.devnet);
    signer_free(b.root_signer);
    signer_free(b.contract_signer);
    signer_free(b.token_signer);
    rpc_client_free(b.rpc);
    secret_key_wipe(&b.root.key);
    arena_free(&b.arena);
    err_free(fs_remove_tree(dir));
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}
