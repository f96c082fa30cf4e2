/* What a block changed: StateChangeWithCauseView and StateChangeKindView. */
#include "devnet/rpc/view.h"

static json_t *cause_view(const struct chain_change *c)
{
    static const struct {
        const char *type, *by;
    } causes[CAUSE_COUNT] = {
        [CAUSE_TRANSACTION] = {"transaction_processing", "tx_hash"},
        [CAUSE_RECEIPT] = {"receipt_processing", "receipt_hash"},
        [CAUSE_REWARD] = {"action_receipt_gas_reward", "receipt_hash"},
        [CAUSE_MIGRATION] = {"migration", NULL},
    };
    json_t *cause = json_pack("{s:s}", "type", causes[c->cause].type);
    if (causes[c->cause].by)
        json_object_set_new(cause, causes[c->cause].by, view_hash(&c->by));
    return cause;
}

static void set_value(json_t *change, const struct chain_change *c)
{
    switch (c->kind) {
    case CHAIN_CHANGE_ACCOUNT: {
        AUTO(json) json_t *account = view_account(&c->account);
        json_object_update(change, account);
        break;
    }
    case CHAIN_CHANGE_KEY:
        json_object_set_new(change, "access_key", view_access_key(&c->access_key));
        break;
    case CHAIN_CHANGE_GAS_KEY_NONCE:
        json_object_set_new(change, "index", json_integer(c->nonce_index));
        json_object_set_new(change, "nonce", json_doc_number(c->nonce));
        break;
    case CHAIN_CHANGE_CODE:
        json_object_set_new(change, "code_base64", view_base64(c->value));
        break;
    case CHAIN_CHANGE_DATA:
        json_object_set_new(change, "value_base64", view_base64(c->value));
        break;
    }
}

/* That a gas key's nonces go is not told: their key's deletion says it. */
bool view_change_is_told(const struct chain_change *c)
{
    return c->kind != CHAIN_CHANGE_GAS_KEY_NONCE || !c->removed;
}

json_t *view_change(const struct chain_change *c)
{
    static const struct {
        const char *update, *deletion;
    } types[] = {
        [CHAIN_CHANGE_ACCOUNT] = {"account_update", "account_deletion"},
        [CHAIN_CHANGE_KEY] = {"access_key_update", "access_key_deletion"},
        [CHAIN_CHANGE_CODE] = {"contract_code_update", "contract_code_deletion"},
        [CHAIN_CHANGE_DATA] = {"data_update", "data_deletion"},
        [CHAIN_CHANGE_GAS_KEY_NONCE] = {"gas_key_nonce_update", NULL},
    };
    json_t *change = json_pack("{s:o}", "account_id", view_account_id(&c->account_id));
    if (c->kind == CHAIN_CHANGE_KEY || c->kind == CHAIN_CHANGE_GAS_KEY_NONCE)
        json_object_set_new(change, "public_key", view_public_key(&c->public_key));
    if (c->kind == CHAIN_CHANGE_DATA)
        json_object_set_new(change, "key_base64", view_base64(c->data_key));
    if (!c->removed)
        set_value(change, c);
    return json_pack("{s:o,s:s,s:o}", "cause", cause_view(c), "type",
                     c->removed ? types[c->kind].deletion : types[c->kind].update, "change", change);
}

json_t *view_changes(const struct chain_change *changes, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (view_change_is_told(&changes[i]))
            json_array_append_new(list, view_change(&changes[i]));
    return list;
}

json_t *view_touched(const struct chain_change *changes, size_t count)
{
    static const char *const types[] = {
        [CHAIN_CHANGE_ACCOUNT] = "account_touched",          [CHAIN_CHANGE_KEY] = "access_key_touched",
        [CHAIN_CHANGE_CODE] = "contract_code_touched",       [CHAIN_CHANGE_DATA] = "data_touched",
        [CHAIN_CHANGE_GAS_KEY_NONCE] = "access_key_touched",
    };
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct chain_change *c = &changes[i], *before = i ? c - 1 : NULL;
        bool is_same = before && types[before->kind] == types[c->kind] && account_id_eq(&before->account_id, &c->account_id);
        if (!is_same)
            json_array_append_new(
                list, json_pack("{s:s,s:o}", "type", types[c->kind], "account_id", view_account_id(&c->account_id)));
    }
    return list;
}
