/* FunctionCall: the action, and the same without changes as a view. */
#include "base/log.h"
#include "codec/json_doc.h"
#include "devnet/runtime/exec.h"

/* ---- What the machine asks of the chain ---- */

static bool storage_get(void *self, struct slice key, struct slice *value)
{
    struct exec *e = self;
    struct state_key k;
    state_key_data(&k, &e->receipt->receiver, key);
    return state_get(e->run->state, state_key_slice(&k), value);
}

static void storage_set(void *self, struct slice key, struct slice value)
{
    struct exec *e = self;
    struct state_key k;
    state_key_data(&k, &e->receipt->receiver, key);
    state_set(e->run->state, state_key_slice(&k), value);
}

static void storage_remove(void *self, struct slice key)
{
    struct exec *e = self;
    struct state_key k;
    state_key_data(&k, &e->receipt->receiver, key);
    state_remove(e->run->state, state_key_slice(&k));
}

static void next_data_id(void *self, struct hash *out)
{
    struct exec *e = self;
    *out = derived_id(&e->action_hash, e->run->block.height, e->data_ids++);
}

static void skip_data_ids(void *self, size_t count)
{
    struct exec *e = self;
    e->data_ids += count;
}

/* The trie is not kept, so its depth is assumed: more than a small chain's, about a large one's. A key that was changed earlier in the block
 * is served from the changes and costs nothing. */
static uint64_t trie_nodes(void *self, struct slice key)
{
    enum { TRIE_DEPTH = 12 };
    struct exec *e = self;
    struct state_key k;
    state_key_data(&k, &e->receipt->receiver, key);
    return state_is_changed(e->run->state, state_key_slice(&k)) ? 0 : TRIE_DEPTH;
}

static bool yield_resume(void *self, const struct hash *data_id, struct slice payload)
{
    (void)payload; /* travels in the outcome's list of resumes */
    struct exec *e = self;
    const struct account_id *id = &e->receipt->receiver;
    struct receipt waiting;
    if (state_yield_status(e->run->state, id, data_id) == YIELD_NONE && !state_yield(e->run->state, id, data_id, &waiting))
        return false;
    state_yield_status_set(e->run->state, id, data_id, YIELD_RESUMED);
    return true;
}

static bool yield_find(void *self, const struct hash *yield_id, struct hash *data_id)
{
    struct exec *e = self;
    return state_yield_find(e->run->state, &e->receipt->receiver, yield_id, data_id);
}

static struct vm_externals externals_of(struct exec *e)
{
    return (struct vm_externals){
        .self = e,
        .storage_get = storage_get,
        .storage_set = storage_set,
        .storage_remove = storage_remove,
        .next_data_id = next_data_id,
        .skip_data_ids = skip_data_ids,
        .yield_resume = yield_resume,
        .yield_find = yield_find,
        .trie_nodes = trie_nodes,
    };
}

static struct vm_context context_of(const struct exec *e, const struct action *a)
{
    const struct receipt *r = e->receipt;
    const struct block_context *block = &e->run->block;
    bool last = e->index + 1 == r->action_count;
    struct vm_context context = {
        .current_account = r->receiver,
        .signer = r->signer,
        .predecessor = r->predecessor,
        .refund_to = r->refund_to.len ? r->refund_to : r->predecessor,
        .signer_public_key = r->signer_public_key,
        .method = a->call.method,
        .input = a->call.args,
        .block_height = block->height,
        .block_timestamp_ns = block->timestamp_ns,
        .epoch_height = block->epoch_height,
        .account_balance = e->account.amount,
        .account_locked = e->account.locked,
        .global = e->account.is_global ? &e->account.global : NULL,
        .storage_usage = e->account.storage_usage,
        .attached_deposit = a->call.deposit,
        .prepaid_gas = a->call.gas,
        .chain_id = e->run->runtime->chain_id,
        .promise_results = e->results,
        .promise_result_count = r->input_count,
    };
    struct hash seed = derived_random_seed(&e->action_hash, &block->random_value);
    __builtin_memcpy(context.random_seed, seed.bytes, HASH_LEN);
    if (last && r->output_count) {
        struct account_id *receivers = ARENA_ARRAY(e->run->arena, struct account_id, r->output_count);
        for (size_t i = 0; i < r->output_count; i++)
            receivers[i] = r->outputs[i].receiver;
        context.output_data_receivers = receivers;
        context.output_data_receiver_count = r->output_count;
    }
    return context;
}

/* ---- What the call did ---- */

/* {"Variant":payload}, with a text payload put in quotes. */
static void fail_call(struct exec *e, const char *variant, const char *payload, bool is_json)
{
    AUTO(buf) struct buf json = {0};
    buf_append_fmt(&json, "{\"%s\":", variant);
    if (is_json)
        buf_append_str(&json, payload);
    else {
        AUTO(json) json_t *text = json_doc_string(slice_str(payload));
        json_doc_write(text, &json);
    }
    buf_append_byte(&json, '}');
    e->failure = failure_of(FAIL_FUNCTION_CALL, FAIL_JSON(arena_copy(e->run->arena, buf_slice(&json))));
}

static void fail_without_code(struct exec *e)
{
    fail_call(e, "CompilationError",
              arena_fmt(e->run->arena, "{\"CodeDoesNotExist\":{\"account_id\":\"%s\"}}", e->receipt->receiver.text), true);
}

static void take_fault(struct exec *e, const struct vm_outcome *o)
{
    switch (o->fault) {
    case VM_OK:
        break;
    case VM_COMPILATION_ERROR:
        fail_call(e, "CompilationError", o->fault_text, true);
        break;
    case VM_METHOD_RESOLVE_ERROR:
        fail_call(e, "MethodResolveError", o->fault_text, false);
        break;
    case VM_LINK_ERROR:
    case VM_WASM_TRAP:
    case VM_HOST_ERROR:
        fail_call(e, "ExecutionError", o->fault_text, false);
        break;
    }
}

static void take_profile(struct exec *e, const struct vm_profile_entry *entry)
{
    for (size_t i = 0; i < e->profile_count; i++) {
        struct outcome_cost *cost = &e->profile[i];
        if (slice_eq_str(cost->category, entry->category) && slice_eq_str(cost->name, entry->name)) {
            cost->gas += entry->gas;
            return;
        }
    }
    e->profile = runtime_grow(e->run->arena, e->profile, e->profile_count, sizeof *e->profile);
    e->profile[e->profile_count++] = (struct outcome_cost){
        .category = arena_copy(e->run->arena, slice_str(entry->category)),
        .name = arena_copy(e->run->arena, slice_str(entry->name)),
        .gas = entry->gas,
    };
}

static void take_measures(struct exec *e, const struct vm_outcome *o)
{
    e->gas_burnt += o->gas_burnt;
    e->gas_used += o->gas_used;
    e->call_gas_burnt += o->gas_burnt;
    for (size_t i = 0; i < o->log_count; i++) {
        e->logs = runtime_grow(e->run->arena, e->logs, e->log_count, sizeof *e->logs);
        e->logs[e->log_count++] = o->logs[i];
    }
    for (size_t i = 0; i < o->profile_count; i++)
        take_profile(e, &o->profile[i]);
}

/* Tells receipt `from` to deliver its value to `to` under `data_id`. */
static void add_output(struct exec *e, struct receipt *from, const struct hash *data_id, const struct account_id *to)
{
    struct data_receiver *outputs = runtime_grow(e->run->arena, (void *)from->outputs, from->output_count, sizeof *outputs);
    outputs[from->output_count++] = (struct data_receiver){*data_id, *to};
    from->outputs = outputs;
}

/* The yield exists from now on: its status can be asked for by later actions, and its time runs. */
static void register_yield(struct exec *e, const struct hash *data_id)
{
    const struct account_id *id = &e->receipt->receiver;
    state_yield_status_set(e->run->state, id, data_id, YIELD_WAITING);
    state_timeout_push(e->run->state, &(struct yield_timeout){
                                          .account = *id,
                                          .data_id = *data_id,
                                          .expires_at = e->run->block.height + e->run->runtime->yield_timeout_blocks,
                                      });
}

/* Receipt `index` of the call. `first` is where the call's receipts start in e->made; the data ids of the call are drawn again, in
 * the same order as the machine drew them. */
static void take_receipt(struct exec *e, const struct vm_receipt *v, size_t first, uint64_t *drawn)
{
    struct receipt *r = exec_make(e, v->is_yield ? RECEIPT_YIELD : RECEIPT_ACTION, &v->receiver);
    r->refund_to = v->refund_to;
    r->actions = v->actions;
    r->action_count = v->action_count;
    r->input_count = v->is_yield ? 1 : v->depends_on_count;
    struct hash *inputs = ARENA_ARRAY(e->run->arena, struct hash, r->input_count);
    for (size_t i = 0; i < r->input_count; i++)
        inputs[i] = derived_id(&e->action_hash, e->run->block.height, (*drawn)++);
    if (v->is_yield) {
        inputs[0] = v->yield_data_id;
        register_yield(e, &inputs[0]);
        if (v->has_yield_id)
            state_yield_name(e->run->state, &v->receiver, &v->yield_id, &inputs[0]);
    }
    r->inputs = inputs;
    for (size_t i = 0; i < v->depends_on_count; i++)
        add_output(e, &e->made[first + v->depends_on[i]], &inputs[i], &v->receiver);
}

static void take_resume(struct exec *e, const struct vm_resume *v)
{
    struct receipt *r = exec_make(e, RECEIPT_RESUME, &e->receipt->receiver);
    r->data_id = v->data_id;
    r->has_data = true;
    r->data = v->payload;
    state_yield_status_set(e->run->state, &e->receipt->receiver, &v->data_id, YIELD_RESUMED);
}

static void take_success(struct exec *e, const struct vm_outcome *o)
{
    u128 deposits = 0;
    for (size_t i = 0; i < o->receipt_count; i++) {
        const struct vm_receipt *v = &o->receipts[i];
        if (!verify_actions(v->actions, v->action_count, &v->receiver, &e->failure))
            return;
        deposits += actions_deposit(v->actions, v->action_count);
    }
    /* What left in deposits beyond what the balance lost was the subsidy. */
    e->minted += deposits - (e->account.amount - o->balance);
    e->account.amount = o->balance;
    e->account.storage_usage = o->storage_usage;
    size_t first = e->made_count;
    uint64_t drawn = 0;
    for (size_t i = 0; i < o->receipt_count; i++)
        take_receipt(e, &o->receipts[i], first, &drawn);
    for (size_t i = 0; i < o->resume_count; i++)
        take_resume(e, &o->resumes[i]);
    e->returned = o->return_kind;
    e->value = o->return_value;
    e->value_receipt = first + o->return_receipt;
}

void exec_call(struct exec *e, const struct action *a)
{
    struct slice code;
    struct hash code_hash;
    e->account.amount += a->call.deposit;
    if (!code_cache_get(e->run->runtime->codes, e->run->state, &e->receipt->receiver, &e->account, &code_hash, &code)) {
        fail_without_code(e);
        return;
    }
    struct vm_context context = context_of(e, a);
    struct vm_externals externals = externals_of(e);
    struct vm_outcome outcome = {0};
    struct err *fault = vm_call(e->run->runtime->vm, &code_hash, code, &context, &externals, e->run->arena, &outcome);
    code_cache_release(e->run->runtime->codes, code);
    if (fault) {
        /* The machine's own fault must not stop the chain: the receipt fails, and the log says why. */
        log_error("contract call ended in a fault of the machine", LOG_ERR(fault),
                  LOG_SLICE("account_id", account_id_slice(&e->receipt->receiver)), LOG_SLICE("method", a->call.method));
        fail_call(e, "ExecutionError", err_text(fault), false);
        err_free(fault);
        return;
    }
    take_measures(e, &outcome);
    if (outcome.fault == VM_OK)
        take_success(e, &outcome);
    else
        take_fault(e, &outcome);
}

/* ---- Views ---- */

struct err *runtime_view(const struct runtime *runtime, const struct block_context *block, const struct hash *state_root,
                         struct state *state, const struct account_id *id, struct slice method, struct slice args,
                         struct vm_outcome *out)
{
    struct block_run run = {.runtime = runtime, .block = *block, .state = state, .arena = state->arena};
    struct receipt receipt = {.receiver = *id, .predecessor = *id, .signer = *id};
    struct exec e = {.run = &run, .receipt = &receipt};
    struct action a = {.kind = ACTION_FUNCTION_CALL, .call = {.method = method, .args = args}};
    struct slice code;
    struct hash code_hash;
    *out = (struct vm_outcome){0};
    if (!state_account(state, id, &e.account))
        return err_new(ERR_NOT_FOUND, "account %s does not exist", id->text);
    if (!code_cache_get(runtime->codes, state, id, &e.account, &code_hash, &code)) {
        out->fault = VM_COMPILATION_ERROR;
        out->fault_text = arena_fmt(state->arena, "{\"CodeDoesNotExist\":{\"account_id\":\"%s\"}}", id->text);
        out->fault_variant = "CodeDoesNotExist";
        out->fault_debug = arena_fmt(state->arena, "CompilationError(CodeDoesNotExist { account_id: \"%s\" })", id->text);
        return NULL;
    }
    struct vm_context context = context_of(&e, &a);
    context.is_view = true;
    static const struct hash zero;
    struct hash seed = hash_sha256_parts((struct slice[]){hash_slice(&zero), hash_slice(state_root)}, 2);
    __builtin_memcpy(context.random_seed, seed.bytes, HASH_LEN);
    struct vm_externals externals = externals_of(&e);
    struct err *fault = vm_call(runtime->vm, &code_hash, code, &context, &externals, state->arena, out);
    code_cache_release(runtime->codes, code);
    return fault;
}
