#include "devnet/runtime/outcome.h"
#include "codec/borsh.h"

/* Form 1 had the code hashes of local contracts only. */
enum { OUTCOME_FORM_1 = 1, OUTCOME_FORM = 2 };

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

static void write_contracts(struct buf *out, const struct outcome *o)
{
    borsh_write_u32(out, (uint32_t)o->contract_count);
    for (size_t i = 0; i < o->contract_count; i++) {
        const struct contract_ref *c = &o->contracts[i];
        borsh_write_u8(out, (uint8_t)c->kind);
        if (c->kind == CONTRACT_LOCAL)
            buf_append(out, hash_slice(&c->code_hash));
        else if (c->kind == CONTRACT_GLOBAL)
            global_id_write(out, &c->global);
    }
}

static void read_contract(struct borsh_reader *r, uint8_t form, struct contract_ref *out)
{
    static const struct hash none;
    uint8_t kind = form == OUTCOME_FORM_1 ? CONTRACT_LOCAL : borsh_read_u8(r);
    if (kind > CONTRACT_GLOBAL)
        r->failed = true;
    else if (kind == CONTRACT_GLOBAL)
        global_id_read(r, &out->global);
    struct slice hash = kind == CONTRACT_LOCAL ? borsh_read_bytes(r, HASH_LEN) : (struct slice){0};
    if (r->failed)
        return;
    if (hash.ptr)
        __builtin_memcpy(out->code_hash.bytes, hash.ptr, HASH_LEN);
    out->kind = kind == CONTRACT_LOCAL && hash_eq(&out->code_hash, &none) ? CONTRACT_NONE : kind;
}

static void read_contracts(struct borsh_reader *r, uint8_t form, struct arena *arena, struct outcome *out)
{
    out->contract_count = borsh_read_count(r, 1);
    struct contract_ref *contracts = ARENA_ARRAY(arena, struct contract_ref, out->contract_count);
    for (size_t i = 0; i < out->contract_count && !r->failed; i++)
        read_contract(r, form, &contracts[i]);
    out->contracts = contracts;
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
    write_contracts(out, o);
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

static void read_details(struct borsh_reader *r, uint8_t form, struct arena *arena, struct outcome *out)
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
    read_contracts(r, form, arena, out);
}

struct err *outcome_read(struct slice bytes, struct arena *arena, struct outcome *out)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    *out = (struct outcome){0};
    uint8_t form = borsh_read_u8(&r);
    if (form != OUTCOME_FORM && form != OUTCOME_FORM_1)
        r.failed = true;
    struct slice id = borsh_read_bytes(&r, HASH_LEN);
    if (!r.failed)
        __builtin_memcpy(out->id.bytes, id.ptr, HASH_LEN);
    struct slice executor = borsh_read_string(&r);
    if (!r.failed)
        TRY_DOING(account_id_parse(executor, &out->executor), "reading an outcome");
    read_status(&r, out);
    read_details(&r, form, arena, out);
    if (!borsh_done(&r))
        return err_new(ERR_INVALID, "outcome of %zu bytes does not decode", bytes.len);
    return NULL;
}
