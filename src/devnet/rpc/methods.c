/* The one table of methods. */
#include "devnet/rpc/request.h"

static const struct {
    const char *name;
    rpc_method *run;
} methods[] = {
    {"query", rpc_query},
    {"EXPERIMENTAL_view_account", rpc_query_strictly},
    {"EXPERIMENTAL_view_code", rpc_query_strictly},
    {"EXPERIMENTAL_view_state", rpc_query_strictly},
    {"EXPERIMENTAL_view_access_key", rpc_query_strictly},
    {"EXPERIMENTAL_view_access_key_list", rpc_query_strictly},
    {"EXPERIMENTAL_view_gas_key_nonces", rpc_query_strictly},
    {"EXPERIMENTAL_call_function", rpc_query_strictly},
    {"block", rpc_block},
    {"chunk", rpc_chunk},
    {"gas_price", rpc_gas_price},
    {"changes", rpc_changes},
    {"EXPERIMENTAL_changes", rpc_changes},
    {"block_effects", rpc_changes_in_block},
    {"EXPERIMENTAL_changes_in_block", rpc_changes_in_block},
    {"EXPERIMENTAL_congestion_level", rpc_congestion_level},
    {"send_tx", rpc_send_tx},
    {"broadcast_tx_commit", rpc_broadcast_tx_commit},
    {"broadcast_tx_async", rpc_broadcast_tx_async},
    {"tx", rpc_tx},
    {"EXPERIMENTAL_tx_status", rpc_tx_with_receipts},
    {"EXPERIMENTAL_receipt", rpc_receipt},
    {"EXPERIMENTAL_receipt_to_tx", rpc_receipt_to_tx},
    {"status", rpc_status},
    {"health", rpc_health},
    {"network_info", rpc_network_info},
    {"validators", rpc_validators},
    {"EXPERIMENTAL_validators_ordered", rpc_validators_ordered},
    {"maintenance_windows", rpc_maintenance_windows},
    {"EXPERIMENTAL_maintenance_windows", rpc_maintenance_windows},
    {"client_config", rpc_client_config},
    {"genesis_config", rpc_genesis_config},
    {"EXPERIMENTAL_genesis_config", rpc_genesis_config},
    {"EXPERIMENTAL_protocol_config", rpc_protocol_config},
    {"sandbox_patch_state", rpc_patch_state},
    {"sandbox_fast_forward", rpc_fast_forward},
};

/* Methods of a node that this chain has nothing to answer with. */
static const struct {
    const char *name, *why;
} refused[] = {
    {"light_client_proof", "this chain has one producer and no light clients"},
    {"EXPERIMENTAL_light_client_proof", "this chain has one producer and no light clients"},
    {"EXPERIMENTAL_light_client_block_proof", "this chain has one producer and no light clients"},
    {"next_light_client_block", "this chain has one producer and no light clients"},
    {"EXPERIMENTAL_split_storage_info", "this chain has no split storage"},
};

static bool method_not_found(struct rpc_request *r, const char *why)
{
    json_t *info = json_pack("{s:o}", "method_name", json_doc_string(slice_str(r->method)));
    rpc_fault(r, "METHOD_NOT_FOUND", info, "%.200s%s%s", r->method, why ? ": " : "", why ? why : "");
    r->fault = RPC_METHOD_NOT_FOUND;
    return false;
}

bool rpc_dispatch(struct rpc_request *r)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (slice_eq_str(slice_str(r->method), methods[i].name))
            return methods[i].run(r);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (slice_eq_str(slice_str(r->method), refused[i].name))
            return method_not_found(r, refused[i].why);
    }
    return method_not_found(r, NULL);
}
