#include "devnet/vm/scenario.h"
#include "base/fs.h"
#include "base/mem.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario_store.h"
#include "wasm/cursor.h"
#include <string.h>

enum { MAX_FILE_LEN = 64 << 20 };

struct scenario_yield {
    struct hash data_id;
    bool has_id;
    struct hash id;
};

struct scenario {
    struct vm *vm;
    struct slice wasm;
    struct hash code_hash;
    struct account_id account;
    struct scenario_store store;
    uint64_t storage_usage, data_count;
    size_t step;                   /* receipts, actions and resumes of the calls so far */
    struct scenario_yield *yields; /* made so far */
    size_t yield_count, yield_room;
};

/* Externals of a call. */

static bool storage_get(void *self, struct slice key, struct slice *value)
{
    return scenario_store_get(&((struct scenario *)self)->store, key, value);
}

static void storage_set(void *self, struct slice key, struct slice value)
{
    scenario_store_set(&((struct scenario *)self)->store, key, value);
}

static void storage_remove(void *self, struct slice key)
{
    scenario_store_remove(&((struct scenario *)self)->store, key);
}

static void next_data_id(void *self, struct hash *out)
{
    struct scenario *s = self;
    uint8_t counter[8];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(s->data_count >> 8 * i);
    s->data_count++;
    *out = hash_sha256(slice_from(counter, sizeof counter));
    if (s->yield_count == s->yield_room) {
        s->yield_room = s->yield_room ? s->yield_room * 2 : 8;
        s->yields = mem_realloc(s->yields, s->yield_room * sizeof *s->yields);
    }
    s->yields[s->yield_count++] = (struct scenario_yield){.data_id = *out};
}

static bool yield_resume(void *self, const struct hash *data_id, struct slice payload)
{
    (void)payload;
    const struct scenario *s = self;
    for (size_t i = 0; i < s->yield_count; i++) {
        if (hash_eq(&s->yields[i].data_id, data_id))
            return true;
    }
    return false;
}

/* No callback ever runs here: an id stays in use. */
static bool yield_find(void *self, const struct hash *yield_id, struct hash *data_id)
{
    const struct scenario *s = self;
    for (size_t i = 0; i < s->yield_count; i++) {
        if (s->yields[i].has_id && hash_eq(&s->yields[i].id, yield_id)) {
            *data_id = s->yields[i].data_id;
            return true;
        }
    }
    return false;
}

static void name_yield(struct scenario *s, const struct vm_receipt *r)
{
    for (size_t i = 0; i < s->yield_count; i++) {
        if (!hash_eq(&s->yields[i].data_id, &r->yield_data_id))
            continue;
        s->yields[i].has_id = true;
        s->yields[i].id = r->yield_id;
    }
}

/* Reading a call. */

static struct err *read_bytes(const json_t *value, const char *name, struct arena *arena, struct slice *out)
{
    AUTO(buf) struct buf bytes = {0};
    *out = (struct slice){NULL, 0};
    if (!value || json_is_null(value))
        return NULL;
    struct slice text = json_doc_text(value);
    if (!json_is_string(value)) {
        char *json = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        *out = arena_copy(arena, slice_str(json));
        free(json);
        return NULL;
    }
    if (!slice_starts_with(text, SLICE("hex:"))) {
        *out = arena_copy(arena, text);
        return NULL;
    }
    if (!hex_decode_append(slice_skip(text, 4), &bytes, NULL))
        return err_new(ERR_INVALID, "%s: digits behind hex: are wrong", name);
    *out = arena_copy(arena, buf_slice(&bytes));
    return NULL;
}

static struct err *read_account(const json_t *call, const char *name, const char *otherwise, struct account_id *out)
{
    struct slice text = slice_str(otherwise);
    TRY(json_doc_str_opt(call, name, &text));
    TRY_DOING(account_id_parse(text, out), "%s", name);
    return NULL;
}

/* A number or its decimal digits. */
static struct err *read_u64(const json_t *call, const char *name, uint64_t otherwise, uint64_t *out)
{
    *out = otherwise;
    const json_t *value = json_object_get(call, name);
    if (!json_is_string(value))
        return json_doc_u64_opt(call, name, out);
    u128 wide;
    if (!u128_parse(json_doc_text(value), &wide) || wide > UINT64_MAX)
        return err_new(ERR_INVALID, "%s is not a number below 2^64", name);
    *out = (uint64_t)wide;
    return NULL;
}

static struct err *read_yocto(const json_t *call, const char *name, u128 otherwise, u128 *out)
{
    struct slice text = {NULL, 0};
    *out = otherwise;
    TRY(json_doc_str_opt(call, name, &text));
    if (text.ptr && !u128_parse(text, out))
        return err_new(ERR_INVALID, "%s is not a decimal string below 2^128", name);
    return NULL;
}

static struct err *read_signer_key(const json_t *call, struct arena *arena, struct public_key *out)
{
    struct slice bytes;
    TRY(read_bytes(json_object_get(call, "signer_pk"), "signer_pk", arena, &bytes));
    if (bytes.len == 0)
        return NULL; /* 32 zero bytes of ed25519 */
    struct borsh_reader r = borsh_reader_of(bytes);
    if (!public_key_read(&r, out) || !borsh_done(&r))
        return err_new(ERR_INVALID, "signer_pk is not a key in borsh");
    return NULL;
}

static struct err *read_results(const json_t *call, struct arena *arena, struct vm_context *c)
{
    const json_t *list = json_object_get(call, "promise_results");
    size_t count = json_array_size(list);
    struct vm_promise_result *results = ARENA_ARRAY(arena, struct vm_promise_result, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        results[i].ok = !json_is_null(item);
        TRY(read_bytes(item, "promise_results", arena, &results[i].value));
    }
    c->promise_results = results;
    c->promise_result_count = count;
    return NULL;
}

#define DEFAULT_BALANCE ((u128)100000000000000 * 1000000000000) /* 100 NEAR */

static struct err *read_call(const struct scenario *s, const json_t *call, struct arena *arena, struct vm_context *c)
{
    *c = (struct vm_context){
        .current_account = s->account,
        .epoch_height = 10,
        .storage_usage = s->storage_usage,
        .chain_id = "test",
    };
    memset(c->random_seed, 7, sizeof c->random_seed);
    TRY(json_doc_str(call, "method", &c->method));
    TRY(read_bytes(json_object_get(call, "input"), "input", arena, &c->input));
    TRY(read_account(call, "signer", "alice.near", &c->signer));
    TRY(read_account(call, "predecessor", c->signer.text, &c->predecessor));
    c->refund_to = c->predecessor;
    TRY(read_signer_key(call, arena, &c->signer_public_key));
    TRY(read_yocto(call, "deposit", 0, &c->attached_deposit));
    TRY(read_yocto(call, "balance", DEFAULT_BALANCE, &c->account_balance));
    if (!u128_add(c->account_balance, c->attached_deposit, &c->account_balance))
        return err_new(ERR_INVALID, "balance and deposit together are 2^128 or more");
    TRY(read_u64(call, "gas", UINT64_C(300000000000000), &c->prepaid_gas));
    TRY(read_u64(call, "height", 1000, &c->block_height));
    TRY(read_u64(call, "timestamp", UINT64_C(1790000000000000000), &c->block_timestamp_ns));
    TRY(json_doc_bool_opt(call, "view", &c->is_view));
    if (json_is_string(json_object_get(call, "chain_id")))
        c->chain_id = json_string_value(json_object_get(call, "chain_id"));
    c->view_gas = c->prepaid_gas;
    return read_results(call, arena, c);
}

/* Writing an outcome. */

static json_t *bytes_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    if (wasm_is_utf8(bytes))
        return json_stringn((const char *)bytes.ptr, bytes.len);
    buf_append_str(&text, "hex:");
    hex_append(&text, bytes);
    return json_stringn((const char *)text.ptr, text.len);
}

static json_t *profile_value(const struct vm_outcome *o, const char *category)
{
    json_t *costs = json_object();
    for (size_t i = 0; i < o->profile_count; i++) {
        char name[64] = {0};
        if (strcmp(o->profile[i].category, category) != 0)
            continue;
        for (size_t k = 0; o->profile[i].name[k] && k < sizeof name - 1; k++) {
            char letter = o->profile[i].name[k];
            name[k] = letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
        }
        json_object_set_new(costs, name, json_integer((json_int_t)o->profile[i].gas));
    }
    return costs;
}

static json_t *return_value(const struct scenario *s, const struct vm_outcome *o)
{
    if (o->return_kind == VM_RETURN_VALUE)
        return bytes_value(o->return_value);
    if (o->return_kind == VM_RETURN_NONE)
        return json_null();
    size_t number = s->step + o->receipts[o->return_receipt].step;
    return json_pack("{s:I}", "receipt", (json_int_t)number);
}

static json_t *action_value(const struct action *a)
{
    static const char *const names[] = {
        [ACTION_CREATE_ACCOUNT] = "CreateAccount",
        [ACTION_DEPLOY_CONTRACT] = "DeployContract",
        [ACTION_FUNCTION_CALL] = "FunctionCall",
        [ACTION_TRANSFER] = "Transfer",
        [ACTION_STAKE] = "Stake",
        [ACTION_ADD_KEY] = "AddKey",
        [ACTION_DELETE_KEY] = "DeleteKey",
        [ACTION_DELETE_ACCOUNT] = "DeleteAccount",
        [ACTION_DELEGATE] = "Delegate",
        [ACTION_DEPLOY_GLOBAL] = "DeployGlobalContract",
        [ACTION_USE_GLOBAL] = "UseGlobalContract",
        [ACTION_STATE_INIT] = "DeterministicStateInit",
        [ACTION_TRANSFER_TO_GAS_KEY] = "TransferToGasKey",
        [ACTION_WITHDRAW_FROM_GAS_KEY] = "WithdrawFromGasKey",
    };
    json_t *value = json_pack("{s:s}", "action", names[a->kind]);
    char digits[U128_DIGITS_MAX];
    if (a->kind == ACTION_FUNCTION_CALL) {
        json_object_set_new(value, "method", bytes_value(a->call.method));
        json_object_set_new(value, "args", bytes_value(a->call.args));
        json_object_set_new(value, "gas", json_integer((json_int_t)a->call.gas));
        json_object_set_new(value, "deposit", json_stringn(digits, u128_format(a->call.deposit, digits)));
    } else if (a->kind == ACTION_TRANSFER) {
        json_object_set_new(value, "deposit", json_stringn(digits, u128_format(a->transfer.deposit, digits)));
    }
    return value;
}

static json_t *receipts_value(const struct vm_outcome *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->receipt_count; i++) {
        const struct vm_receipt *r = &o->receipts[i];
        json_t *actions = json_array(), *after = json_array();
        for (size_t k = 0; k < r->action_count; k++)
            json_array_append_new(actions, action_value(&r->actions[k]));
        for (size_t k = 0; k < r->depends_on_count; k++)
            json_array_append_new(after, json_integer((json_int_t)r->depends_on[k]));
        json_array_append_new(list, json_pack("{s:s, s:b, s:o, s:o}", "receiver", r->receiver.text, "is_yield", r->is_yield,
                                              "after", after, "actions", actions));
    }
    return list;
}

static json_t *outcome_value(const struct scenario *s, const struct vm_context *c, const struct vm_outcome *o)
{
    char digits[U128_DIGITS_MAX];
    json_t *logs = json_array();
    for (size_t i = 0; i < o->log_count; i++)
        json_array_append_new(logs, json_doc_string(o->logs[i]));
    json_t *value = json_object();
    json_object_set_new(value, "method", json_doc_string(c->method));
    json_object_set_new(value, "burnt", json_integer((json_int_t)o->gas_burnt));
    json_object_set_new(value, "used", json_integer((json_int_t)(o->gas_used - o->gas_distributed)));
    json_object_set_new(value, "wasm", json_integer((json_int_t)o->wasm_gas));
    json_object_set_new(value, "host", profile_value(o, "WASM_HOST_COST"));
    json_object_set_new(value, "actions", profile_value(o, "ACTION_COST"));
    json_object_set_new(value, "logs", logs);
    json_object_set_new(value, "return", return_value(s, o));
    json_object_set_new(value, "aborted", o->fault == VM_OK ? json_null() : json_doc_string(slice_str(o->fault_debug)));
    json_object_set_new(value, "usage_delta", json_integer((json_int_t)(o->storage_usage - c->storage_usage)));
    json_object_set_new(value, "balance", json_stringn(digits, u128_format(o->balance, digits)));
    json_object_set_new(value, "receipts", receipts_value(o));
    return value;
}

/* Running. */

static void end_call(struct scenario *s, bool keeps, const struct vm_outcome *o, uint64_t data_count, size_t yield_count)
{
    if (keeps) {
        scenario_store_keep(&s->store);
        s->storage_usage = o->storage_usage;
        s->step += o->steps;
        for (size_t i = 0; i < o->receipt_count; i++) {
            if (o->receipts[i].has_yield_id)
                name_yield(s, &o->receipts[i]);
        }
        return;
    }
    scenario_store_drop(&s->store);
    s->data_count = data_count;
    s->yield_count = yield_count;
}

struct err *scenario_call(struct scenario *s, const json_t *call, bool keeps, json_t **value)
{
    AUTO(arena) struct arena arena = {0};
    struct vm_context context;
    struct vm_outcome outcome;
    const struct vm_externals externals = {
        .self = s,
        .storage_get = storage_get,
        .storage_set = storage_set,
        .storage_remove = storage_remove,
        .next_data_id = next_data_id,
        .yield_resume = yield_resume,
        .yield_find = yield_find,
    };
    uint64_t data_count = s->data_count;
    size_t yield_count = s->yield_count;
    TRY(read_call(s, call, &arena, &context));
    struct err *error = vm_call(s->vm, &s->code_hash, s->wasm, &context, &externals, &arena, &outcome);
    if (error) {
        *value = json_pack("{s:o, s:s}", "method", json_doc_string(context.method), "runner_error", err_text(error));
        err_free(error);
        outcome.fault = VM_HOST_ERROR;
    } else {
        *value = outcome_value(s, &context, &outcome);
    }
    end_call(s, keeps && outcome.fault == VM_OK && !context.is_view, &outcome, data_count, yield_count);
    return NULL;
}

enum { ACCOUNT_RECORD_LEN = 100 };

struct scenario *scenario_new(struct vm *vm, const struct account_id *account, struct slice wasm)
{
    struct scenario *s = mem_alloc(sizeof *s);
    *s = (struct scenario){.vm = vm,
                           .wasm = wasm,
                           .code_hash = hash_sha256(wasm),
                           .account = *account,
                           .storage_usage = ACCOUNT_RECORD_LEN + wasm.len};
    return s;
}

void scenario_free(struct scenario *s)
{
    if (!s)
        return;
    scenario_store_free(&s->store);
    mem_free(s->yields);
    mem_free(s);
}

/* Files */

/* A file that the scenario names lies beside it. */
static char *path_beside(const char *path, struct slice name, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    return arena_fmt(arena, "%.*s%.*s", slash ? (int)(slash - path + 1) : 0, path, SLICE_FMT(name));
}

/* A scenario's file, and the code that it names. */
struct script {
    json_t *doc;
    struct buf wasm;
    struct account_id account;
    struct slice dump; /* NULL: none */
};

static struct err *read_script(const char *path, struct arena *arena, struct script *out)
{
    AUTO(buf) struct buf text = {0};
    struct slice wasm;
    uint64_t protocol = 85;
    TRY(fs_read(path, MAX_FILE_LEN, &text));
    TRY(json_doc_parse(buf_slice(&text), &out->doc));
    TRY(json_doc_str(out->doc, "wasm", &wasm));
    TRY(read_account(out->doc, "account", "contract.near", &out->account));
    TRY(json_doc_u64_opt(out->doc, "protocol", &protocol));
    if (protocol != 85)
        return err_new(ERR_INVALID, "protocol %llu: this machine knows only 85", (unsigned long long)protocol);
    if (!json_is_array(json_object_get(out->doc, "calls")))
        return err_new(ERR_INVALID, "calls: a list is missing");
    TRY(json_doc_str_opt(out->doc, "dump", &out->dump));
    return fs_read(path_beside(path, wasm, arena), MAX_FILE_LEN, &out->wasm);
}

static struct err *dump_storage(const struct scenario *s, const char *path)
{
    AUTO(buf) struct buf out = {0};
    buf_append_str(&out, "[");
    for (size_t i = 0; i < s->store.count; i++) {
        buf_append_str(&out, i ? ",\n  [\n    \"" : "\n  [\n    \"");
        hex_append(&out, s->store.pairs[i].key);
        buf_append_str(&out, "\",\n    \"");
        hex_append(&out, s->store.pairs[i].value);
        buf_append_str(&out, "\"\n  ]");
    }
    buf_append_str(&out, s->store.count ? "\n]" : "]");
    return fs_write_atomic(path, buf_slice(&out), 0644);
}

static struct err *run_all(struct scenario *s, const json_t *calls, scenario_sink *sink, void *self)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        AUTO(json) json_t *outcome = NULL;
        TRY_DOING(scenario_call(s, call, true, &outcome), "call %zu", i);
        sink(self, outcome);
    }
    return NULL;
}

struct err *scenario_run(struct vm *vm, const char *path, scenario_sink *sink, void *self)
{
    AUTO(arena) struct arena arena = {0};
    struct script script = {0};
    struct scenario *s = NULL;
    struct err *error = read_script(path, &arena, &script);
    if (!error) {
        s = scenario_new(vm, &script.account, buf_slice(&script.wasm));
        error = run_all(s, json_object_get(script.doc, "calls"), sink, self);
    }
    if (!error && script.dump.ptr)
        error = dump_storage(s, path_beside(path, script.dump, &arena));
    scenario_free(s);
    json_decref(script.doc);
    buf_free(&script.wasm);
    return err_doing(error, "scenario %s", path);
}
