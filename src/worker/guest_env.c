#include "worker/guest_env.h"
#include "base/slice.h"
#include <string.h>

enum { GUEST_ENV_MAX = 32 };

struct env_list {
    struct arena *arena;
    struct task_env *items;
    size_t count;
};

static void add(struct env_list *list, const char *name, struct slice value)
{
    if (!value.ptr || memchr(value.ptr, 0, value.len))
        return;
    list->items[list->count++] = (struct task_env){slice_str(name), arena_copy(list->arena, value)};
}

/* A string or an integer of JSON, as text. */
static void add_value(struct env_list *list, const char *name, const json_t *value)
{
    if (json_is_integer(value))
        add(list, name, slice_str(arena_fmt(list->arena, "%lld", (long long)json_integer_value(value))));
    else
        add(list, name, json_doc_text(value));
}

static void add_u64(struct env_list *list, const char *name, uint64_t value)
{
    add(list, name, slice_str(arena_fmt(list->arena, "%llu", (unsigned long long)value)));
}

/* `owner/name`: the id, split at its first slash. */
static void add_project(struct env_list *list, const json_t *request)
{
    struct slice id = json_doc_text(json_object_get(request, "project_id")), owner, name = slice_cut(id, '/', &owner);
    add_value(list, "OUTLAYER_PROJECT_UUID", json_object_get(request, "project_uuid"));
    if (!id.ptr)
        return;
    add(list, "OUTLAYER_PROJECT_ID", id);
    add(list, "OUTLAYER_PROJECT_OWNER", owner);
    add(list, "OUTLAYER_PROJECT_NAME", name);
}

static void add_context(struct env_list *list, const json_t *context)
{
    static const char *const names[][2] = {
        {"NEAR_SENDER_ID", "sender_id"},
        {"NEAR_PREDECESSOR_ID", "predecessor_id"},
        {"NEAR_SIGNER_PUBLIC_KEY", "signer_public_key"},
        {"NEAR_CONTRACT_ID", "contract_id"},
        {"NEAR_BLOCK_HEIGHT", "block_height"},
        {"NEAR_BLOCK_TIMESTAMP", "block_timestamp"},
        {"NEAR_RECEIPT_ID", "receipt_id"},
        {"NEAR_TRANSACTION_HASH", "transaction_hash"},
        {"NEAR_GAS_BURNT", "gas_burnt"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_value(list, names[i][0], json_object_get(context, names[i][1]));
}

static struct slice or_zero(const json_t *value)
{
    return json_is_string(value) ? json_doc_text(value) : SLICE("0");
}

size_t guest_env_build(const json_t *request, const struct task_limits *limits, const char *network_id, bool asks_chain,
                       struct arena *arena, const struct task_env **out)
{
    struct env_list list = {.arena = arena, .items = ARENA_ARRAY(arena, struct task_env, GUEST_ENV_MAX)};
    add(&list, "OUTLAYER_EXECUTION_TYPE", SLICE("NEAR"));
    add(&list, "NEAR_NETWORK_ID", slice_str(network_id));
    add_context(&list, json_object_get(request, "context"));
    add_value(&list, "NEAR_USER_ACCOUNT_ID", json_object_get(request, "user_account_id"));
    add_value(&list, "NEAR_REQUEST_ID", json_object_get(request, "request_id"));
    add_value(&list, "NEAR_PAYMENT_YOCTO", json_object_get(request, "near_payment_yocto"));
    add(&list, "ATTACHED_USD", or_zero(json_object_get(request, "attached_usd")));
    add(&list, "USD_PAYMENT", SLICE("0"));
    add(&list, "OUTLAYER_CALL_ID", SLICE(""));
    add_u64(&list, "NEAR_MAX_INSTRUCTIONS", limits->max_instructions);
    add_u64(&list, "NEAR_MAX_MEMORY_MB", limits->max_memory_mb);
    add_u64(&list, "NEAR_MAX_EXECUTION_SECONDS", limits->max_seconds);
    add_project(&list, request);
    add_value(&list, "WALLET_ID", json_object_get(request, "wallet_id"));
    if (asks_chain)
        add(&list, "NEAR_RPC_PROXY_AVAILABLE", SLICE("1"));
    *out = list.items;
    return list.count;
}
