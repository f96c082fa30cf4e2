/* What the commands that talk to a chain share: which node, whose key, and how an outcome is shown.
 *
 *     --network devnet    the node that `outlayer up` runs here: endpoints.json in $XDG_STATE_HOME/outlayer/devnet (default
 *                         ~/.local/state/outlayer/devnet)
 *     --network testnet   https://rpc.testnet.near.org
 *     --network mainnet   https://rpc.mainnet.near.org
 *     --network URL, --rpc URL   that node
 *
 * Keys are looked for in ~/.near-credentials/<network>/, then, on the devnet, in the folder that `outlayer up` keeps.
 */
#pragma once
#include "cli/options.h"
#include "near/signer.h"

struct chain_options {
    const char *network, *rpc, *data, *key_file;
    bool json;
};

/* The options above as rows of a command's table. */
#define CHAIN_OPTIONS(o)                                                                                   \
    {"--network", CLI_STR, &(o)->network}, {"--rpc", CLI_STR, &(o)->rpc}, {"--data", CLI_STR, &(o)->data}, \
        {"--key-file", CLI_STR, &(o)->key_file},                                                           \
    {                                                                                                      \
        "--json", CLI_FLAG, &(o)->json                                                                     \
    }

#define CHAIN_OPTIONS_HELP                                                                                         \
    "  --network NAME     devnet, testnet, mainnet or a node's address (default: OUTLAYER_NETWORK, else devnet)\n" \
    "  --rpc URL          the node, where it is not the network's usual one\n"                                     \
    "  --data DIR         (devnet) the data directory that `outlayer up` was given\n"                              \
    "  --key-file FILE    the key to sign with (default: the account's in ~/.near-credentials)\n"                  \
    "  --json             print one JSON object\n"

struct chain {
    struct arena arena;
    const char *network; /* "custom" when an address was given for it */
    const char *rpc_url;
    const char *credentials_dir; /* NULL: none besides ~/.near-credentials */
    const char *key_file;
    bool json;
};

/* Settles what the options leave open. ERR_NOT_FOUND: no devnet runs here. */
struct err *chain_open(const struct chain_options *options, struct chain *out);
void chain_close(struct chain *c);

static inline void auto_chain(struct chain *c)
{
    chain_close(c);
}

struct err *chain_rpc(const struct chain *c, struct rpc_client **out);

/* A signer with the account's key. ERR_NOT_FOUND says where keys were looked for. */
struct err *chain_signer(struct chain *c, const char *account_id, struct signer **out);

/* Prints what a transaction did: for people the value, the logs, gas and hash; with --json everything. Its failure is an error. */
struct err *chain_show(const struct chain *c, const char *what, const struct tx_outcome *outcome);

/* `100 Tgas`, `30000 Ggas`, `5 gas`. ERR_INVALID without a unit: a bare number could mean either. */
struct err *chain_gas_parse(struct slice text, uint64_t *gas);

/* Bytes that a contract returned, as JSON: parsed where they are JSON, else a string. A new reference. */
json_t *chain_value(struct slice bytes);
