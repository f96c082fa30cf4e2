#include "tee/worker_key.h"
#include "codec/json_doc.h"

const char *const tee_worker_methods[TEE_WORKER_METHODS] = {"resolve_execution", "submit_execution_output_and_resolve",
                                                            "resume_topup", "resume_delete_payment_key"};

static bool are_worker_methods(const json_t *names)
{
    if (json_array_size(names) != TEE_WORKER_METHODS)
        return false;
    for (size_t i = 0; i < TEE_WORKER_METHODS; i++) {
        if (!slice_eq_str(json_doc_text(json_array_get(names, i)), tee_worker_methods[i]))
            return false;
    }
    return true;
}

/* *permission is a new reference to what the node says of the key. */
static struct err *look(struct rpc_client *c, struct slice operator_id, struct slice contract_id, const struct public_key *key,
                        json_t **permission)
{
    TRY(rpc_view_permission(c, operator_id, key, permission));
    const json_t *call = json_object_get(*permission, "FunctionCall");
    if (!json_is_object(call))
        return err_new(ERR_DENIED, "the key has full access to %.*s, a worker's key has not", SLICE_FMT(operator_id));
    if (!slice_eq(json_doc_text(json_object_get(call, "receiver_id")), contract_id))
        return err_new(ERR_DENIED, "the key is for another contract than %.*s", SLICE_FMT(contract_id));
    if (!are_worker_methods(json_object_get(call, "method_names")))
        return err_new(ERR_DENIED, "the key may call other methods than a worker's key");
    return NULL;
}

struct err *tee_worker_key_check(struct rpc_client *c, struct slice operator_id, struct slice contract_id,
                                 const struct public_key *key)
{
    AUTO(json) json_t *permission = NULL;
    return look(c, operator_id, contract_id, key, &permission);
}

struct err *tee_worker_key_check_able(struct rpc_client *c, struct slice operator_id, struct slice contract_id,
                                      const struct public_key *key)
{
    AUTO(json) json_t *permission = NULL;
    u128 left = 0;
    char digits[U128_DIGITS_MAX];
    TRY(look(c, operator_id, contract_id, key, &permission));
    const json_t *call = json_object_get(permission, "FunctionCall"), *allowance = json_object_get(call, "allowance");
    if (!allowance || json_is_null(allowance)) /* it spends what the account has */
        return NULL;
    TRY(json_doc_u128(call, "allowance", &left));
    if (left >= TEE_WORKER_ALLOWANCE_MIN)
        return NULL;
    return err_new(ERR_DENIED, "the key's allowance is used up: %.*s yoctoNEAR are left", (int)u128_format(left, digits),
                   digits);
}
