#include "cli/account.h"
#include "cli/network.h"
#include "cli/print.h"
#include "near/amount.h"
#include "near/credentials.h"
#include <stdio.h>
#include <string.h>

static const char help[] =
    "Accounts of a chain.\n"
    "\n"
    "Usage:\n"
    "  outlayer account create ID     make an account; its key is made too and kept in ~/.near-credentials\n"
    "  outlayer account show ID       print balance, storage and contract\n"
    "  outlayer account send TO AMOUNT --as ID   send money\n"
    "\n"
    "Options:\n"
    "  --as ID            who signs and pays (create: default the account's parent)\n"
    "  --balance AMOUNT   (create) what it starts with, default `1 NEAR`\n" NETWORK_OPTIONS_HELP "\n"
    "Examples:\n"
    "  outlayer account create alice.test.near --balance '10 NEAR'\n"
    "  outlayer account show alice.test.near --json\n"
    "  outlayer account send bob.test.near '0.5 NEAR' --as alice.test.near\n";

struct request {
    struct network_options options;
    struct network network;
    const char *as, *balance;
    const char *first, *second; /* what follows the verb */
    u128 amount;                /* yocto: the new account's, or what is sent */
};

/* `alice.test.near` → `test.near`; NULL for a top-level account. */
static const char *parent_of(const char *id)
{
    const char *dot = strchr(id, '.');
    return dot ? dot + 1 : NULL;
}

static struct err *run_create(struct request *r)
{
    AUTO(credentials) struct credentials fresh = {0};
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    struct account_id id;
    TRY(account_id_parse(slice_str(r->first), &id));
    const char *payer = r->as ? r->as : parent_of(id.text);
    if (!payer)
        return err_new(ERR_INVALID, "%s has no parent account, so say who pays with --as", id.text);
    TRY(network_signer(&r->network, payer, &signer));
    TRY(credentials_read_or_generate(r->network.network, &id, &entropy_system, &fresh));
    const struct action actions[] = {
        {.kind = ACTION_CREATE_ACCOUNT},
        {.kind = ACTION_TRANSFER, .transfer = {.deposit = r->amount}},
        {.kind = ACTION_ADD_KEY,
         .add_key = {.public_key = secret_key_public(&fresh.key), .access_key = {.permission = PERMISSION_FULL_ACCESS}}},
    };
    TRY(signer_send(signer, account_id_slice(&id), actions, 3, TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    return network_show(&r->network, "creating the account", &outcome);
}

static struct err *run_show(struct request *r)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    struct rpc_account account;
    static const struct hash no_code = {0};
    char code[HASH_TEXT_MAX], digits[U128_DIGITS_MAX], amount[AMOUNT_TEXT_MAX];
    TRY(network_rpc(&r->network, &rpc));
    TRY(rpc_view_account(rpc, slice_str(r->first), &account));
    bool has_code = !hash_eq(&account.code_hash, &no_code);
    hash_text(&account.code_hash, code);
    if (!r->network.json) {
        printf("account   %s\nbalance   %s\nstorage   %llu bytes\ncontract  %s\n", r->first,
               amount_text(account.amount, amount), (unsigned long long)account.storage_usage, has_code ? code : "none");
        return NULL;
    }
    AUTO(json) json_t *doc =
        json_pack("{s:s,s:s%,s:I,s:s?}", "account_id", r->first, "amount_yocto", digits, u128_format(account.amount, digits),
                  "storage_usage", (json_int_t)account.storage_usage, "code_hash", has_code ? code : NULL);
    cli_print_json(doc);
    return NULL;
}

static struct err *run_send(struct request *r)
{
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    const struct action transfer = {.kind = ACTION_TRANSFER, .transfer = {.deposit = r->amount}};
    TRY(network_signer(&r->network, r->as, &signer));
    TRY(signer_send(signer, slice_str(r->first), &transfer, 1, TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    return network_show(&r->network, "sending", &outcome);
}

static const struct verb {
    const char *name;
    int arguments;
    struct err *(*run)(struct request *r);
} verbs[] = {{"create", 1, run_create}, {"show", 1, run_show}, {"send", 2, run_send}};

static struct err *read_request(int argc, char **argv, struct request *r, const struct verb **verb)
{
    const struct cli_option options[] = {
        {"--as", CLI_STR, &r->as}, {"--balance", CLI_STR, &r->balance}, NETWORK_OPTIONS(&r->options), {0}};
    TRY(cli_options_read(options, &argc, argv));
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (!strcmp(argv[1], verbs[i].name))
            *verb = &verbs[i];
    }
    if (!*verb)
        return err_new(ERR_INVALID, "say what to do: create, show or send (`outlayer account --help`)");
    if (argc != 2 + (*verb)->arguments)
        return err_new(ERR_INVALID, "`account %s` takes %d argument%s, not %d (`outlayer account --help`)", argv[1],
                       (*verb)->arguments, (*verb)->arguments == 1 ? "" : "s", argc - 2);
    r->first = argv[2];
    r->second = argc > 3 ? argv[3] : NULL;
    struct account_id id;
    TRY(account_id_parse(slice_str(r->first), &id));
    TRY_DOING(amount_parse(slice_str(r->balance ? r->balance : "1 NEAR"), &r->amount), "--balance");
    if ((*verb)->run == run_send && !r->as)
        return err_new(ERR_INVALID, "--as is missing: say who pays, as in `outlayer account send TO AMOUNT --as ID`");
    return r->second ? amount_parse(slice_str(r->second), &r->amount) : NULL;
}

int cli_account(int argc, char **argv)
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
