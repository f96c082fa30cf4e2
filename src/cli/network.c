#include "cli/network.h"
#include "base/fs.h"
#include "cli/print.h"
#include "near/amount.h"
#include "near/credentials.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ENDPOINTS_MAX = 64 * 1024 };

static bool is_url(const char *text)
{
    return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

struct err *network_check_rpc(const char *rpc)
{
    return !rpc || is_url(rpc) ? NULL : err_new(ERR_INVALID, "--rpc is `%s`, expected an http or https address", rpc);
}

const char *network_data_dir(struct arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    return state && *state ? arena_fmt(arena, "%s/outlayer/devnet", state)
                           : arena_fmt(arena, "%s/.local/state/outlayer/devnet", home ? home : "/root");
}

static struct err *read_endpoints(const struct network_options *o, struct network *c)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *endpoints = NULL;
    struct slice rpc, credentials = {0};
    const char *path = arena_fmt(&c->arena, "%s/endpoints.json", o->data ? o->data : network_data_dir(&c->arena));
    struct err *e = fs_read(path, ENDPOINTS_MAX, &text);
    if (e && err_code(e) == ERR_NOT_FOUND && !o->rpc) {
        err_free(e);
        return err_new(ERR_NOT_FOUND,
                       "no devnet runs here (%s is missing): start one with `outlayer up` or `outlayer devnet start`, or name "
                       "a node with --rpc",
                       path);
    }
    if (e && o->rpc) {
        err_free(e);
        return NULL;
    }
    TRY(e);
    TRY_DOING(json_doc_parse(buf_slice(&text), &endpoints), "reading %s", path);
    TRY_DOING(json_doc_str(endpoints, "rpc", &rpc), "reading %s", path);
    TRY_DOING(json_doc_str_opt(endpoints, "credentials", &credentials), "reading %s", path);
    c->rpc_url = arena_str(&c->arena, rpc);
    if (credentials.len)
        c->credentials_dir = arena_str(&c->arena, credentials);
    return NULL;
}

struct err *network_open(const struct network_options *o, struct network *c)
{
    const char *network = o->network ? o->network : getenv("OUTLAYER_NETWORK");
    *c = (struct network){.network = network && *network ? network : "devnet", .key_file = o->key_file, .json = o->json};
    if (is_url(c->network)) {
        c->rpc_url = c->network;
        c->network = "custom";
    } else if (!strcmp(c->network, "devnet")) {
        TRY(read_endpoints(o, c));
    } else if (!strcmp(c->network, "testnet") || !strcmp(c->network, "mainnet")) {
        c->rpc_url = arena_fmt(&c->arena, "https://rpc.%s.near.org", c->network);
    } else {
        return err_new(ERR_INVALID, "unknown network `%s`, expected devnet, testnet, mainnet or a node's http address",
                       c->network);
    }
    TRY(network_check_rpc(o->rpc));
    if (o->rpc)
        c->rpc_url = o->rpc;
    return NULL;
}

void network_close(struct network *c)
{
    arena_free(&c->arena);
}

struct err *network_rpc(const struct network *c, struct rpc_client **out)
{
    const struct rpc_config config = {.url = c->rpc_url, .attempts = 3};
    return rpc_client_new(&config, out);
}

static struct err *read_key(struct network *c, const struct account_id *id, struct credentials *out)
{
    if (c->key_file) {
        TRY(credentials_read_file(c->key_file, out));
        out->account_id = *id; /* the file may be of an account that shares the key */
        return NULL;
    }
    struct err *e = credentials_read(c->network, id, out);
    if (!e || err_code(e) != ERR_NOT_FOUND || !c->credentials_dir)
        return e;
    struct err *second =
        credentials_read_file(arena_fmt(&c->arena, "%s/%s/%s.json", c->credentials_dir, c->network, id->text), out);
    if (second && err_code(second) == ERR_NOT_FOUND) {
        err_free(second);
        return e;
    }
    err_free(e);
    return second;
}

struct err *network_signer(struct network *c, const char *account_id, struct signer **out)
{
    AUTO(credentials) struct credentials credentials = {0};
    struct account_id id;
    TRY(account_id_parse(slice_str(account_id), &id));
    TRY_DOING(read_key(c, &id, &credentials), "signing as %s", account_id);
    const struct signer_config config = {.rpc = {.url = c->rpc_url, .attempts = 3}, .account_id = &id, .key = &credentials.key};
    return signer_new(&config, out);
}

json_t *network_value(struct slice bytes)
{
    json_t *value = NULL;
    struct err *e = bytes.len ? json_doc_parse(bytes, &value) : NULL;
    if (!e)
        return value ? value : json_null();
    err_free(e);
    return json_doc_string(bytes);
}

static json_t *execution_json(const struct execution_outcome *x)
{
    char id[HASH_TEXT_MAX];
    json_t *logs = json_array();
    for (size_t i = 0; i < x->log_count; i++)
        json_array_append_new(logs, json_doc_string(x->logs[i]));
    json_t *out = json_pack("{s:s,s:o,s:I,s:o}", "id", hash_text(&x->id, id), "executor_id", json_doc_string(x->executor_id),
                            "gas_burnt", (json_int_t)x->gas_burnt, "logs", logs);
    if (x->status == TX_FAILED)
        json_object_set_new(out, "failure", json_doc_string(x->failure));
    return out;
}

static void show_json(const struct tx_outcome *o)
{
    char hash[HASH_TEXT_MAX], tokens[U128_DIGITS_MAX];
    size_t digits = u128_format(o->tokens_burnt, tokens);
    AUTO(json) json_t *receipts = json_array();
    for (size_t i = 0; i < o->receipt_count; i++)
        json_array_append_new(receipts, execution_json(&o->receipts[i]));
    AUTO(json) json_t *doc =
        json_pack("{s:s,s:b,s:I,s:s%,s:O}", "transaction_hash", hash_text(&o->hash, hash), "success", o->status == TX_SUCCEEDED,
                  "gas_burnt", (json_int_t)o->gas_burnt, "tokens_burnt_yocto", tokens, digits, "receipts", receipts);
    if (o->status == TX_SUCCEEDED)
        json_object_set_new(doc, "value", network_value(o->value));
    if (o->status == TX_FAILED)
        json_object_set_new(doc, "failure", json_doc_string(o->failure));
    cli_print_json(doc);
}

static void show_text(const char *what, const struct tx_outcome *o)
{
    char hash[HASH_TEXT_MAX], burnt[AMOUNT_TEXT_MAX];
    for (size_t i = 0; i < o->receipt_count; i++) {
        for (size_t n = 0; n < o->receipts[i].log_count; n++)
            printf("log from %.*s: %.*s\n", SLICE_FMT(o->receipts[i].executor_id), SLICE_FMT(o->receipts[i].logs[n]));
    }
    if (o->value.len)
        printf("%.*s\n", SLICE_FMT(o->value));
    fprintf(stderr, "%s: %s, %.3f Tgas, %s burnt, transaction %s\n", what, o->status == TX_SUCCEEDED ? "done" : "failed",
            (double)o->gas_burnt / 1e12, amount_text(o->tokens_burnt, burnt), hash_text(&o->hash, hash));
}

struct err *network_show(const struct network *c, const char *what, const struct tx_outcome *outcome)
{
    if (c->json)
        show_json(outcome);
    else
        show_text(what, outcome);
    return tx_outcome_expect(outcome, what);
}

struct err *network_gas_parse(struct slice text, uint64_t *gas)
{
    static const struct {
        const char *name;
        uint64_t size;
    } units[] = {{"Tgas", UINT64_C(1000000000000)}, {"Ggas", UINT64_C(1000000000)}, {"gas", 1}};
    size_t digits = 0;
    u128 number = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    struct slice unit = slice_skip(text, digits);
    while (unit.len && unit.ptr[0] == ' ')
        unit = slice_skip(unit, 1);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (unit.len != strlen(units[i].name) || strncasecmp((const char *)unit.ptr, units[i].name, unit.len))
            continue;
        if (u128_parse(slice_first(text, digits), &number) && u128_mul(number, units[i].size, &number) && number <= INT64_MAX) {
            *gas = (uint64_t)number;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "gas is `%.*s`, expected a whole number with a unit like `100 Tgas`",
                   SLICE_FMT(slice_first(text, 60)));
}
