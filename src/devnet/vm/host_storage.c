/* The account's storage. */
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"

static bool read_key(struct vm_run *run, uint64_t len, uint64_t ptr, struct slice *key)
{
    CHECK(host_read_input(run, len, ptr, key));
    if (key->len > VM_MAX_KEY_LEN)
        return host_fail_limit(run, HOST_KEY_LENGTH_EXCEEDED, key->len, VM_MAX_KEY_LEN);
    return true;
}

static bool get(struct vm_run *run, struct slice key, struct slice *value)
{
    return run->externals->storage_get(run->externals->self, key, value);
}

/* What a trie costs: the value that goes, then the nodes on the way to it. */
static bool pay_trie(struct vm_run *run, struct slice key, bool existed, enum vm_cost gone_cost, size_t gone_len)
{
    if (!run->externals->trie_nodes)
        return true;
    if (existed)
        CHECK(host_pay(run, gone_cost, gone_len));
    return host_pay(run, VM_COST_TOUCHING_TRIE_NODE, run->externals->trie_nodes(run->externals->self, key));
}

bool host_fn_storage_write(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice key, value, old = {0};
    CHECK(host_pay(run, VM_COST_STORAGE_WRITE_BASE, 1));
    CHECK(read_key(run, args[0], args[1], &key));
    CHECK(host_read_input(run, args[2], args[3], &value));
    if (value.len > VM_MAX_VALUE_LEN)
        return host_fail_limit(run, HOST_VALUE_LENGTH_EXCEEDED, value.len, VM_MAX_VALUE_LEN);
    CHECK(host_pay(run, VM_COST_STORAGE_WRITE_KEY_BYTE, key.len));
    CHECK(host_pay(run, VM_COST_STORAGE_WRITE_VALUE_BYTE, value.len));
    bool existed = get(run, key, &old);
    CHECK(pay_trie(run, key, existed, VM_COST_STORAGE_WRITE_EVICTED_BYTE, old.len));
    run->externals->storage_set(run->externals->self, key, value);
    *result = existed;
    if (!existed) {
        run->storage_usage += key.len + value.len + VM_STORAGE_RECORD_LEN;
        return true;
    }
    run->storage_usage += value.len - old.len;
    return host_set_register(run, args[4], old);
}

bool host_fn_storage_read(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice key, value;
    CHECK(host_pay(run, VM_COST_STORAGE_READ_BASE, 1));
    CHECK(read_key(run, args[0], args[1], &key));
    CHECK(host_pay(run, VM_COST_STORAGE_READ_KEY_BYTE, key.len));
    *result = get(run, key, &value);
    if (!*result)
        return true;
    CHECK(host_pay(run, VM_COST_STORAGE_READ_VALUE_BYTE, value.len));
    if (value.len > VM_SMALL_READ_MAX_LEN) {
        CHECK(host_pay(run, VM_COST_STORAGE_LARGE_READ_OVERHEAD_BASE, 1));
        CHECK(host_pay(run, VM_COST_STORAGE_LARGE_READ_OVERHEAD_BYTE, value.len));
    }
    return host_set_register(run, args[2], value);
}

bool host_fn_storage_remove(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice key, old = {0};
    CHECK(host_pay(run, VM_COST_STORAGE_REMOVE_BASE, 1));
    CHECK(read_key(run, args[0], args[1], &key));
    CHECK(host_pay(run, VM_COST_STORAGE_REMOVE_KEY_BYTE, key.len));
    *result = get(run, key, &old);
    CHECK(pay_trie(run, key, *result, VM_COST_STORAGE_REMOVE_RET_VALUE_BYTE, old.len));
    if (!*result)
        return true;
    run->storage_usage -= key.len + old.len + VM_STORAGE_RECORD_LEN;
    run->externals->storage_remove(run->externals->self, key);
    return host_set_register(run, args[2], old);
}

bool host_fn_storage_has_key(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice key, value;
    CHECK(host_pay(run, VM_COST_STORAGE_HAS_KEY_BASE, 1));
    CHECK(read_key(run, args[0], args[1], &key));
    CHECK(host_pay(run, VM_COST_STORAGE_HAS_KEY_BYTE, key.len));
    *result = get(run, key, &value);
    return true;
}

static bool deprecated(struct vm_run *run, const char *name)
{
    return host_fail_text(run, HOST_DEPRECATED, slice_str(name));
}

bool host_fn_storage_iter_prefix(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)result;
    return deprecated(run, "storage_iter_prefix");
}

bool host_fn_storage_iter_range(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)result;
    return deprecated(run, "storage_iter_range");
}

bool host_fn_storage_iter_next(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)result;
    return deprecated(run, "storage_iter_next");
}
