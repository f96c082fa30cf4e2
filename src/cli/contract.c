#include "cli/contract.h"
#include "base/fs.h"
#include "cli/network.h"
#include "cli/print.h"
#include "near/amount.h"
#include <stdio.h>
#include <string.h>

enum { WASM_MAX = 4 * 1024 * 1024 };

static const char help[] =
    "Contracts of a chain.\n"
    "\n"
    "Usage:\n"
    "  outlayer contract deploy ACCOUNT FILE.wasm         put code on an account, and call --init METHOD in the same "
    "transaction\n"
    "  outlayer contract call CONTRACT METHOD [ARGS]      send a transaction; ARGS is JSON, default {}\n"
    "  outlayer contract view CONTRACT METHOD [ARGS]      ask without a transaction\n"
    "\n"
    "Options:\n"
    "  --as ID            (call) who signs and pays\n"
    "  --deposit AMOUNT   (call, deploy) money attached, default `0 NEAR`\n"
    "  --gas GAS          (call, deploy) gas attached, default `100 Tgas`\n"
    "  --init METHOD      (deploy) method to call, with --args JSON\n" NETWORK_OPTIONS_HELP "\n"
    "Examples:\n"
    "  outlayer contract deploy app.test.near app.wasm --init new --args '{\"owner_id\":\"alice.test.near\"}'\n"
    "  outlayer contract call app.test.near ask '{\"script\":\"1+1\"}' --as alice.test.near --deposit '0.1 NEAR' --gas '200 "
    "Tgas'\n"
    "  outlayer contract view app.test.near answer --json\n";

struct request {
    struct network_options options;
    struct network network;
    const char *as, *deposit_text, *gas_text, *init, *init_args;
    const char *contract, *second, *args;
    u128 deposit;
    uint64_t gas;
};

static struct err *run_deploy(struct request *r)
{
    AUTO(buf) struct buf code = {0};
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    TRY(fs_read(r->second, WASM_MAX, &code));
    if (!slice_starts_with(buf_slice(&code), slice_from("\0asm", 4)))
        return err_new(ERR_INVALID, "%s is not a WebAssembly file", r->second);
    TRY(network_signer(&r->network, r->contract, &signer));
    const struct action actions[] = {
        {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = buf_slice(&code)}},
        {.kind = ACTION_FUNCTION_CALL,
         .call = {.method = slice_str(r->init), .args = slice_str(r->args), .gas = r->gas, .deposit = r->deposit}},
    };
    TRY(signer_send(signer, slice_str(r->contract), actions, r->init ? 2 : 1, TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    return network_show(&r->network, "deploying", &outcome);
}

static struct err *run_call(struct request *r)
{
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    TRY(network_signer(&r->network, r->as, &signer));
    TRY(signer_call(signer, slice_str(r->contract), r->second, slice_str(r->args), r->gas, r->deposit,
                    TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    return network_show(&r->network, "call", &outcome);
}

static struct err *run_view(struct request *r)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf value = {0};
    TRY(network_rpc(&r->network, &rpc));
    TRY(rpc_view_call(rpc, slice_str(r->contract), r->second, slice_str(r->args), &value));
    if (r->network.json) {
        AUTO(json) json_t *doc = json_pack("{s:o}", "value", network_value(buf_slice(&value)));
        cli_print_json(doc);
        return NULL;
    }
    puts(buf_str(&value));
    return NULL;
}

static const struct verb {
    const char *name, *usage;
    struct err *(*run)(struct request *r);
} verbs[] = {
    {"deploy", "outlayer contract deploy ACCOUNT FILE.wasm", run_deploy},
    {"call", "outlayer contract call CONTRACT METHOD [ARGS] --as ID", run_call},
    {"view", "outlayer contract view CONTRACT METHOD [ARGS]", run_view},
};

static struct err *read_values(struct request *r, const struct verb *verb)
{
    AUTO(json) json_t *args = NULL;
    struct account_id id;
    TRY(account_id_parse(slice_str(r->contract), &id));
    if (verb->run == run_call && !r->as)
        return err_new(ERR_INVALID, "--as is missing: say who signs and pays, as in `%s`", verb->usage);
    if (r->init_args && !r->init)
        return err_new(ERR_INVALID, "--args belongs to --init; the arguments of a call follow its method");
    TRY_DOING(amount_parse(slice_str(r->deposit_text ? r->deposit_text : "0 NEAR"), &r->deposit), "--deposit");
    TRY_DOING(network_gas_parse(slice_str(r->gas_text ? r->gas_text : "100 Tgas"), &r->gas), "--gas");
    return err_doing(json_doc_parse(slice_str(r->args), &args), "arguments `%.60s`", r->args);
}

static struct err *read_request(int argc, char **argv, struct request *r, const struct verb **verb)
{
    const struct cli_option options[] = {
        {"--as", CLI_STR, &r->as},
        {"--deposit", CLI_STR, &r->deposit_text},
        {"--gas", CLI_STR, &r->gas_text},
        {"--init", CLI_STR, &r->init},
        {"--args", CLI_STR, &r->init_args},
        NETWORK_OPTIONS(&r->options),
        {0},
    };
    TRY(cli_options_read(options, &argc, argv));
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (!strcmp(argv[1], verbs[i].name))
            *verb = &verbs[i];
    }
    if (!*verb)
        return err_new(ERR_INVALID, "say what to do: deploy, call or view (`outlayer contract --help`)");
    bool deploys = (*verb)->run == run_deploy;
    if (argc < 4 || argc > (deploys ? 4 : 5))
        return err_new(ERR_INVALID, "`contract %s` takes other arguments: %s", argv[1], (*verb)->usage);
    r->contract = argv[2];
    r->second = argv[3];
    r->args = argc > 4 ? argv[4] : r->init_args ? r->init_args : "{}";
    return read_values(r, *verb);
}

int cli_contract(int argc, char **argv)
{
    struct request r = {0};
    const struct verb *verb = NULL;
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    struct err *e = read_request(argc, argv, &r, &verb);
    if (!e)
        e = network_open(&r.options, &r.network);
    int status = e ? cli_exit(e) : cli_exit_failed(verb->run(&r));
    network_close(&r.network);
    return status;
}
