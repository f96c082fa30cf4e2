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

struct network_options {
    const char *network, *rpc, *data, *key_file;
    bool json;
};

/* The options above as rows of a command's table. */
#define NETWORK_OPTIONS(o)                                                                                 \
    {"--network", CLI_STR, &(o)->network}, {"--rpc", CLI_STR, &(o)->rpc}, {"--data", CLI_STR, &(o)->data}, \
        {"--key-file", CLI_STR, &(o)->key_file},                                                           \
    {                                                                                                      \
        "--json", CLI_FLAG, &(o)->json                                                                     \
    }

#define NETWORK_OPTIONS_HELP                                                                                       \
    "  --network NAME     devnet, testnet, mainnet or a node's address (default: OUTLAYER_NETWORK, else devnet)\n" \
    "  --rpc URL          the node, where it is not the network's usual one\n"                                     \
    "  --data DIR         (devnet) the data directory that `outlayer up` was given\n"                              \
    "  --key-file FILE    the key to sign with (default: the account's in ~/.near-credentials)\n"                  \
    "  --json             print one JSON object\n"

struct network {
    struct arena arena;
    const char *network; /* "custom" when an address was given for it */
    const char *rpc_url;
    const char *credentials_dir; /* NULL: none besides ~/.near-credentials */
    const char *key_file;
    bool json;
};

/* Settles what the options leave open. ERR_NOT_FOUND: no devnet runs here. */
struct err *network_open(const struct network_options *options, struct network *out);
void network_close(struct network *c);

static inline void auto_network(struct network *c)
{
    network_close(c);
}

/* ERR_INVALID: the value of --rpc is no http or https address. NULL is fine: the option was not given. */
struct err *network_check_rpc(const char *rpc);

/* Where `outlayer up` and `outlayer devnet` keep their chain unless they are told otherwise. */
const char *network_data_dir(struct arena *arena);

struct err *network_rpc(const struct network *c, struct rpc_client **out);

/* A signer with the account's key. ERR_NOT_FOUND says where keys were looked for. */
struct err *network_signer(struct network *c, const char *account_id, struct signer **out);

/* Prints what a transaction did: for people the value, the logs, gas and hash; with --json everything. Its failure is an error. */
struct err *network_show(const struct network *c, const char *what, const struct tx_outcome *outcome);

/* `100 Tgas`, `30000 Ggas`, `5 gas`. ERR_INVALID without a unit: a bare number could mean either. */
struct err *network_gas_parse(struct slice text, uint64_t *gas);

/* Bytes that a contract returned, as JSON: parsed where they are JSON, else a string. A new reference. */
json_t *network_value(struct slice bytes);
