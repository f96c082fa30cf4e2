#include "devnet/runtime/outcome.h"
#include "codec/borsh.h"

enum { OUTCOME_FORM = 1 };

static void write_hashes(struct buf *out, const struct hash *hashes, size_t count)
{
    borsh_write_u32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buf_append(out, hash_slice(&hashes[i]));
}

static const struct hash *read_hashes(struct borsh_reader *r, struct arena *arena, size_t *count)
{
    *count = borsh_read_count(r, HASH_LEN);
    struct hash *hashes = ARENA_ARRAY(arena, struct hash, *count);
    if (*count && !r->failed)
        __builtin_memcpy(hashes, borsh_read_bytes(r, *count * HASH_LEN).ptr, *count * HASH_LEN);
    return hashes;
}

void outcome_write(struct buf *out, const struct outcome *o)
{
    borsh_write_u8(out, OUTCOME_FORM);
    buf_append(out, hash_slice(&o->id));
    borsh_write_string(out, account_id_slice(&o->executor));
    borsh_write_u8(out, (uint8_t)o->status);
    switch (o->status) {
    case OUTCOME_SUCCESS_VALUE:
        borsh_write_string(out, o->value);
        break;
    case OUTCOME_SUCCESS_RECEIPT:
        buf_append(out, hash_slice(&o->receipt_id));
        break;
    case OUTCOME_FAILURE:
        borsh_write_string(out, o->failure);
        break;
    }
    borsh_write_u32(out, (uint32_t)o->log_count);
    for (size_t i = 0; i < o->log_count; i++)
        borsh_write_string(out, o->logs[i]);
    write_hashes(out, o->receipt_ids, o->receipt_id_count);
    borsh_write_u64(out, o->gas_burnt);
    borsh_write_u128(out, o->tokens_burnt);
    borsh_write_u8(out, o->is_transaction);
    borsh_write_u32(out, (uint32_t)o->profile_count);
    for (size_t i = 0; i < o->profile_count; i++) {
        borsh_write_string(out, o->profile[i].category);
        borsh_write_string(out, o->profile[i].name);
        borsh_write_u64(out, o->profile[i].gas);
    }
    write_hashes(out, o->contracts, o->contract_count);
}

static void read_status(struct borsh_reader *r, struct outcome *out)
{
    uint8_t status = borsh_read_u8(r);
    if (status > OUTCOME_FAILURE) {
        r->failed = true;
        return;
    }
    out->status = (enum outcome_status)status;
    if (out->status == OUTCOME_SUCCESS_VALUE)
        out->value = borsh_read_string(r);
    else if (out->status == OUTCOME_FAILURE)
        out->failure = borsh_read_string(r);
    else {
        struct slice id = borsh_read_bytes(r, HASH_LEN);
        if (!r->failed)
            __builtin_memcpy(out->receipt_id.bytes, id.ptr, HASH_LEN);
    }
}

static void read_details(struct borsh_reader *r, struct arena *arena, struct outcome *out)
{
    out->log_count = borsh_read_count(r, 4);
    struct slice *logs = ARENA_ARRAY(arena, struct slice, out->log_count);
    for (size_t i = 0; i < out->log_count; i++)
        logs[i] = borsh_read_string(r);
    out->logs = logs;
    out->receipt_ids = read_hashes(r, arena, &out->receipt_id_count);
    out->gas_burnt = borsh_read_u64(r);
    out->tokens_burnt = borsh_read_u128(r);
    out->is_transaction = borsh_read_bool(r);
    out->profile_count = borsh_read_count(r, 16);
    struct outcome_cost *profile = ARENA_ARRAY(arena, struct outcome_cost, out->profile_count);
    for (size_t i = 0; i < out->profile_count; i++) {
        profile[i].category = borsh_read_string(r);
        profile[i].name = borsh_read_string(r);
        profile[i].gas = borsh_read_u64(r);
    }
    out->profile = profile;
    out->contracts = read_hashes(r, arena, &out->contract_count);
}

struct err *outcome_read(struct slice bytes, struct arena *arena, struct outcome *out)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    *out = (struct outcome){0};
    if (borsh_read_u8(&r) != OUTCOME_FORM)
        r.failed = true;
    struct slice id = borsh_read_bytes(&r, HASH_LEN);
    if (!r.failed)
        __builtin_memcpy(out->id.bytes, id.ptr, HASH_LEN);
    struct slice executor = borsh_read_string(&r);
    if (!r.failed)
        TRY_DOING(account_id_parse(executor, &out->executor), "reading an outcome");
    read_status(&r, out);
    read_details(&r, arena, out);
    if (!borsh_done(&r))
        return err_new(ERR_INVALID, "outcome of %zu bytes does not decode", bytes.len);
    return NULL;
}
