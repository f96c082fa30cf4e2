/* status, health, network_info, validators, configurations: what a node says of itself. */
#include "base/clock.h"
#include "devnet/rpc/request.h"
#include "devnet/vm/fees.h"
#include <ctype.h>
#include <stdio.h>
#include <time.h>

static const char version[] = "2.13.0"; /* the node whose answers these are */

enum { EPOCH_LENGTH = 500 }; /* of a local network by default; no epoch ever ends here */

static json_t *time_text(uint64_t ns)
{
    char day[32], text[64];
    time_t seconds = (time_t)(ns / NS_PER_SEC);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%09lluZ", day, (unsigned long long)(ns % NS_PER_SEC));
    return json_string(text);
}

static json_t *validator_key(const struct chain *c)
{
    struct public_key key = chain_validator_key(c);
    return view_public_key(&key);
}

static json_t *sync_info(const struct chain_block *head, const struct chain_block *genesis)
{
    static const struct hash epoch;
    return json_pack("{s:o,s:I,s:o,s:o,s:b,s:o,s:I,s:o,s:o,s:i}", "latest_block_hash", view_hash(&head->hash),
                     "latest_block_height", (json_int_t)head->height, "latest_state_root", view_hash(&head->state_root),
                     "latest_block_time", time_text(head->timestamp_ns), "syncing", false, "earliest_block_hash",
                     view_hash(&genesis->hash), "earliest_block_height", (json_int_t)genesis->height, "earliest_block_time",
                     time_text(genesis->timestamp_ns), "epoch_id", view_hash(&epoch), "epoch_start_height", 1);
}

bool rpc_status(struct rpc_request *r)
{
    struct chain_block head, genesis;
    char address[64];
    const struct chain *c = r->chain;
    NEED(rpc_chain_ok(r, chain_head(r->chain, &head), &head));
    NEED(rpc_chain_ok(r, chain_block_by_height(r->chain, 0, &genesis), &genesis));
    snprintf(address, sizeof address, "%s:%u", r->server->config.address, rpc_server_port(r->server));
    r->result =
        json_pack("{s:{s:s,s:s,s:s,s:s},s:s,s:i,s:i,s:s,s:[{s:s}],s:o,s:s,s:o,s:o,s:n,s:I,s:o}", "version", "version", version,
                  "build", "outlayer-devnet", "commit", "", "rustc_version", "", "chain_id", chain_id(c), "protocol_version",
                  CHAIN_PROTOCOL_VERSION, "latest_protocol_version", CHAIN_PROTOCOL_VERSION, "rpc_addr", address, "validators",
                  "account_id", chain_validator_id(c), "sync_info", sync_info(&head, &genesis), "validator_account_id",
                  chain_validator_id(c), "validator_public_key", validator_key(c), "node_public_key", validator_key(c),
                  "node_key", "uptime_sec", (json_int_t)(chain_uptime_ms(c) / 1000), "genesis_hash", view_hash(&genesis.hash));
    return true;
}

bool rpc_health(struct rpc_request *r)
{
    r->result = json_null();
    return true;
}

bool rpc_network_info(struct rpc_request *r)
{
    r->result = json_pack("{s:[],s:i,s:i,s:i,s:i,s:[]}", "active_peers", "num_active_peers", 0, "peer_max_count", 0,
                          "sent_bytes_per_sec", 0, "received_bytes_per_sec", 0, "known_producers");
    return true;
}

static json_t *current_validator(const struct chain *c, const struct chain_block *head)
{
    json_int_t blocks = (json_int_t)head->ordinal - 1; /* genesis was not produced */
    json_t *v = json_pack("{s:s,s:o,s:b,s:s,s:[i]}", "account_id", chain_validator_id(c), "public_key", validator_key(c),
                          "is_slashed", false, "stake", "0", "shards", 0);
    static const char *const counts[] = {"num_produced_blocks", "num_expected_blocks",       "num_produced_chunks",
                                         "num_expected_chunks", "num_produced_endorsements", "num_expected_endorsements"};
    static const char *const by_shard[] = {"num_produced_chunks_per_shard", "num_expected_chunks_per_shard",
                                           "num_produced_endorsements_per_shard", "num_expected_endorsements_per_shard"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(v, counts[i], json_integer(blocks));
    for (size_t i = 0; i < sizeof by_shard / sizeof *by_shard; i++)
        json_object_set_new(v, by_shard[i], json_pack("[I]", blocks));
    json_object_set_new(v, "shards_endorsed", json_pack("[i]", 0));
    return v;
}

/* One epoch that never ends: whichever block is named, it is the present one. */
bool rpc_validators(struct rpc_request *r)
{
    struct chain_block named, head;
    const json_t *block_id = json_is_array(r->params) ? json_array_get(r->params, 0) : rpc_param(r, "block_id");
    struct hash epoch = {0}, none = {0};
    if (rpc_param(r, "epoch_id"))
        NEED(rpc_param_hash(r, "epoch_id", &epoch));
    if (!hash_eq(&epoch, &none))
        return rpc_fault(r, "UNKNOWN_EPOCH", NULL, "the only epoch of this chain is 11111111111111111111111111111111");
    NEED(rpc_block_of(r, block_id, &named));
    NEED(rpc_chain_ok(r, chain_head(r->chain, &head), &head));
    json_t *next = json_pack("{s:s,s:o,s:s,s:[i]}", "account_id", chain_validator_id(r->chain), "public_key",
                             validator_key(r->chain), "stake", "0", "shards", 0);
    r->result =
        json_pack("{s:[o],s:[o],s:[],s:[],s:[],s:[],s:i,s:i,s:{}}", "current_validators", current_validator(r->chain, &head),
                  "next_validators", next, "current_fishermen", "next_fishermen", "current_proposals", "prev_epoch_kickout",
                  "epoch_start_height", 1, "epoch_height", 1, "validator_reward_paid_prev_epoch");
    return true;
}

/* In the order in which they produce: the one. */
bool rpc_validators_ordered(struct rpc_request *r)
{
    struct chain_block named;
    const json_t *block_id = json_is_array(r->params) ? json_array_get(r->params, 0) : rpc_param(r, "block_id");
    NEED(rpc_block_of(r, block_id, &named));
    r->result = json_pack("[{s:s,s:s,s:o,s:s}]", "validator_stake_struct_version", "V1", "account_id",
                          chain_validator_id(r->chain), "public_key", validator_key(r->chain), "stake", "0");
    return true;
}

/* Stretches of blocks in which a validator has no duty: the one has it in each. */
bool rpc_maintenance_windows(struct rpc_request *r)
{
    struct account_id account;
    NEED(rpc_param_account(r, "account_id", &account));
    r->result = json_array();
    return true;
}

bool rpc_client_config(struct rpc_request *r)
{
    json_t *delay = json_pack("{s:I,s:I}", "secs", (json_int_t)(chain_tick_ms(r->chain) / 1000), "nanos",
                              (json_int_t)(chain_tick_ms(r->chain) % 1000 * NS_PER_MS));
    r->result =
        json_pack("{s:s,s:o,s:o,s:i,s:i,s:i,s:b,s:b,s:b,s:o}", "chain_id", chain_id(r->chain), "max_block_production_delay",
                  delay, "min_block_production_delay", json_pack("{s:i,s:i}", "secs", 0, "nanos", 0), "epoch_length",
                  EPOCH_LENGTH, "min_num_peers", 0, "num_block_producer_seats", 1, "archive", true, "skip_sync_wait", true,
                  "save_trie_changes", true, "tracked_shards_config", json_string("AllShards"));
    return true;
}

/* What has no meaning with one validator and no epochs has the value of the main network. */
static json_t *chain_config_view(const struct chain *c, const struct chain_block *genesis)
{
    json_t *v = json_pack("{s:i,s:o,s:s,s:i,s:i,s:b,s:I,s:o,s:o,s:I,s:s,s:i,s:i}", "protocol_version", CHAIN_PROTOCOL_VERSION,
                          "genesis_time", time_text(genesis->timestamp_ns), "chain_id", chain_id(c), "genesis_height", 0,
                          "num_block_producer_seats", 1, "dynamic_resharding", false, "gas_limit", (json_int_t)CHAIN_GAS_LIMIT,
                          "min_gas_price", view_u128(CHAIN_MIN_GAS_PRICE), "max_gas_price", view_u128(CHAIN_MAX_GAS_PRICE),
                          "transaction_validity_period", (json_int_t)chain_validity_blocks(c), "protocol_treasury_account",
                          "near", "block_producer_kickout_threshold", 0, "chunk_producer_kickout_threshold", 0);
    json_t *more = json_pack("{s:I,s:[i,i],s:[i,i],s:[i,i],s:[i,i],s:[i,i],s:[i,i],s:I,s:s,s:i,s:i,s:[i,i],s:i,s:b,s:i}",
                             "epoch_length", (json_int_t)EPOCH_LENGTH, "protocol_upgrade_stake_threshold", 4, 5,
                             "online_min_threshold", 9, 10, "online_max_threshold", 99, 100, "gas_price_adjustment_rate", 1,
                             100, "protocol_reward_rate", 0, 1, "max_inflation_rate", 0, 1, "num_blocks_per_year",
                             (json_int_t)31536000, "fishermen_threshold", "0", "minimum_stake_divisor", 10,
                             "max_kickout_stake_perc", 0, "minimum_stake_ratio", 1, 6250, "minimum_validators_per_shard", 1,
                             "shuffle_shard_assignment_for_chunk_producers", false, "target_validator_mandates_per_shard", 1);
    json_object_update_new(v, more);
    json_object_set_new(v, "avg_hidden_validator_seats_per_shard", json_pack("[i]", 0));
    json_object_set_new(v, "num_block_producer_seats_per_shard", json_pack("[i]", 1));
    json_object_set_new(v, "shard_layout", json_pack("{s:{s:i,s:i}}", "V0", "num_shards", 1, "version", 0));
    return v;
}

static bool genesis_of(struct rpc_request *r, struct chain_block *out)
{
    struct err *e = chain_block_by_height(r->chain, 0, out);
    return e ? rpc_internal(r, e) : true;
}

bool rpc_genesis_config(struct rpc_request *r)
{
    struct chain_block genesis;
    NEED(genesis_of(r, &genesis));
    r->result = chain_config_view(r->chain, &genesis);
    json_object_set_new(r->result, "total_supply", view_u128(genesis.total_supply));
    return true;
}

static json_t *fee_view(enum vm_action_cost cost)
{
    const struct vm_action_fee *fee = &vm_action_fees[cost];
    return json_pack("{s:I,s:I,s:I}", "send_sir", (json_int_t)fee->send_sir, "send_not_sir", (json_int_t)fee->send_not_sir,
                     "execution", (json_int_t)fee->exec);
}

static json_t *action_costs(void)
{
    static const struct {
        const char *name;
        enum vm_action_cost cost;
    } costs[] = {
        {"create_account_cost", VM_ACTION_CREATE_ACCOUNT},
        {"deploy_contract_cost", VM_ACTION_DEPLOY_CONTRACT_BASE},
        {"deploy_contract_cost_per_byte", VM_ACTION_DEPLOY_CONTRACT_BYTE},
        {"function_call_cost", VM_ACTION_FUNCTION_CALL_BASE},
        {"function_call_cost_per_byte", VM_ACTION_FUNCTION_CALL_BYTE},
        {"transfer_cost", VM_ACTION_TRANSFER},
        {"stake_cost", VM_ACTION_STAKE},
        {"delete_key_cost", VM_ACTION_DELETE_KEY},
        {"delete_account_cost", VM_ACTION_DELETE_ACCOUNT},
    };
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        json_object_set_new(out, costs[i].name, fee_view(costs[i].cost));
    json_object_set_new(out, "add_key_cost",
                        json_pack("{s:o,s:o,s:o}", "full_access_cost", fee_view(VM_ACTION_ADD_FULL_ACCESS_KEY),
                                  "function_call_cost", fee_view(VM_ACTION_ADD_FUNCTION_CALL_KEY_BASE),
                                  "function_call_cost_per_byte", fee_view(VM_ACTION_ADD_FUNCTION_CALL_KEY_BYTE)));
    return out;
}

/* The table's names in lower case: `storage_write_base`. */
static json_t *host_costs(void)
{
    json_t *out = json_object();
    for (size_t i = 0; i < VM_COST_COUNT; i++) {
        char name[64] = {0};
        for (size_t j = 0; vm_costs[i].name[j] && j < sizeof name - 1; j++)
            name[j] = (char)tolower((unsigned char)vm_costs[i].name[j]);
        json_object_set_new(out, name, json_integer((json_int_t)vm_costs[i].gas));
    }
    return out;
}

static json_t *wasm_config(void)
{
    json_t *limits =
        json_pack("{s:I,s:i,s:i,s:i,s:i,s:i}", "max_gas_burnt", (json_int_t)VM_MAX_GAS_BURNT, "max_contract_size",
                  VM_MAX_CONTRACT_LEN, "max_length_storage_key", VM_MAX_KEY_LEN, "max_length_storage_value", VM_MAX_VALUE_LEN,
                  "max_length_returned_data", VM_MAX_RETURN_LEN, "max_total_log_length", VM_MAX_LOG_LEN);
    return json_pack("{s:o,s:i,s:i,s:o}", "ext_costs", host_costs(), "regular_op_cost", VM_INSTRUCTION_GAS, "grow_mem_cost", 1,
                     "limit_config", limits);
}

/* NEAR protocol 85, runtime parameters: what a byte of state costs and how state is counted. */
static json_t *runtime_config(void)
{
    json_t *costs =
        json_pack("{s:o,s:{s:o,s:o},s:o,s:{s:i,s:i},s:[i,i],s:[i,i]}", "action_receipt_creation_config",
                  fee_view(VM_ACTION_NEW_ACTION_RECEIPT), "data_receipt_creation_config", "base_cost",
                  fee_view(VM_ACTION_NEW_DATA_RECEIPT_BASE), "cost_per_byte", fee_view(VM_ACTION_NEW_DATA_RECEIPT_BYTE),
                  "action_creation_config", action_costs(), "storage_usage_config", "num_bytes_account", 100,
                  "num_extra_bytes_record", 40, "burnt_gas_reward", 3, 10, "pessimistic_gas_price_inflation_ratio", 1, 1);
    return json_pack("{s:s,s:o,s:o,s:{s:i,s:s}}", "storage_amount_per_byte", "10000000000000000000", "transaction_costs", costs,
                     "wasm_config", wasm_config(), "account_creation_config", "min_allowed_top_level_account_length", 65,
                     "registrar_account_id", "registrar");
}

bool rpc_protocol_config(struct rpc_request *r)
{
    struct chain_block at, genesis;
    NEED(rpc_param_block(r, &at));
    NEED(genesis_of(r, &genesis));
    r->result = chain_config_view(r->chain, &genesis);
    json_object_set_new(r->result, "runtime_config", runtime_config());
    return true;
}
