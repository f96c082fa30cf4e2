#include "devnet/runtime/receipt.h"
#include "codec/borsh.h"

const struct account_id account_id_system = {6, "system"};

/* Tags of ReceiptEnum; version 2 carries refund_to. */
enum { TAG_DATA = 1, TAG_RESUME = 3, TAG_GLOBAL = 4, TAG_ACTION_V2 = 5, TAG_YIELD_V2 = 6 };

static void write_account(struct buf *out, const struct account_id *id)
{
    borsh_write_string(out, account_id_slice(id));
}

static void read_account(struct borsh_reader *r, struct account_id *out)
{
    struct slice text = borsh_read_string(r);
    struct err *e = r->failed ? NULL : account_id_parse(text, out);
    if (e) {
        err_free(e);
        r->failed = true;
    }
}

static void write_actions(struct buf *out, const struct receipt *r)
{
    write_account(out, &r->signer);
    borsh_write_u8(out, r->refund_to.len != 0);
    if (r->refund_to.len)
        write_account(out, &r->refund_to);
    public_key_write(out, &r->signer_public_key);
    borsh_write_u128(out, r->gas_price);
    borsh_write_u32(out, (uint32_t)r->output_count);
    for (size_t i = 0; i < r->output_count; i++) {
        buf_append(out, hash_slice(&r->outputs[i].data_id));
        write_account(out, &r->outputs[i].receiver);
    }
    borsh_write_u32(out, (uint32_t)r->input_count);
    for (size_t i = 0; i < r->input_count; i++)
        buf_append(out, hash_slice(&r->inputs[i]));
    borsh_write_u32(out, (uint32_t)r->action_count);
    for (size_t i = 0; i < r->action_count; i++)
        action_write(out, &r->actions[i]);
}

static void read_hash(struct borsh_reader *r, struct hash *out)
{
    struct slice bytes = borsh_read_bytes(r, HASH_LEN);
    if (!r->failed)
        __builtin_memcpy(out->bytes, bytes.ptr, HASH_LEN);
}

static void read_actions(struct borsh_reader *r, struct arena *arena, struct receipt *out)
{
    read_account(r, &out->signer);
    if (borsh_read_bool(r))
        read_account(r, &out->refund_to);
    if (!public_key_read(r, &out->signer_public_key))
        r->failed = true;
    out->gas_price = borsh_read_u128(r);
    out->output_count = borsh_read_count(r, HASH_LEN + 4);
    struct data_receiver *outputs = ARENA_ARRAY(arena, struct data_receiver, out->output_count);
    for (size_t i = 0; i < out->output_count; i++) {
        read_hash(r, &outputs[i].data_id);
        read_account(r, &outputs[i].receiver);
    }
    out->input_count = borsh_read_count(r, HASH_LEN);
    struct hash *inputs = ARENA_ARRAY(arena, struct hash, out->input_count);
    for (size_t i = 0; i < out->input_count; i++)
        read_hash(r, &inputs[i]);
    out->action_count = borsh_read_count(r, 1);
    struct action *actions = ARENA_ARRAY(arena, struct action, out->action_count);
    for (size_t i = 0; i < out->action_count && !r->failed; i++)
        r->failed |= !action_read(r, arena, &actions[i]);
    out->outputs = outputs;
    out->inputs = inputs;
    out->actions = actions;
}

static void write_data(struct buf *out, const struct receipt *r)
{
    buf_append(out, hash_slice(&r->data_id));
    borsh_write_u8(out, r->has_data);
    if (r->has_data)
        borsh_write_string(out, r->data);
}

static void read_data(struct borsh_reader *r, struct receipt *out)
{
    read_hash(r, &out->data_id);
    out->has_data = borsh_read_bool(r);
    if (out->has_data)
        out->data = borsh_read_string(r);
}

/* This chain has one shard, number 0: the receipt goes there and nowhere else. */
static void write_global(struct buf *out, const struct receipt *r)
{
    global_id_write(out, &r->global);
    borsh_write_u64(out, 0);
    borsh_write_u32(out, 0);
    borsh_write_string(out, r->code);
}

static void read_global(struct borsh_reader *r, struct receipt *out)
{
    global_id_read(r, &out->global);
    r->failed |= borsh_read_u64(r) != 0 || borsh_read_u32(r) != 0;
    out->code = borsh_read_string(r);
}

void receipt_write(struct buf *out, const struct receipt *r)
{
    static const uint8_t tags[] = {
        [RECEIPT_ACTION] = TAG_ACTION_V2, [RECEIPT_DATA] = TAG_DATA,     [RECEIPT_YIELD] = TAG_YIELD_V2,
        [RECEIPT_RESUME] = TAG_RESUME,    [RECEIPT_GLOBAL] = TAG_GLOBAL,
    };
    write_account(out, &r->predecessor);
    write_account(out, &r->receiver);
    buf_append(out, hash_slice(&r->id));
    borsh_write_u8(out, tags[r->kind]);
    if (receipt_has_actions(r))
        write_actions(out, r);
    else if (r->kind == RECEIPT_GLOBAL)
        write_global(out, r);
    else
        write_data(out, r);
}

struct err *receipt_read(struct slice bytes, struct arena *arena, struct receipt *out)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    *out = (struct receipt){0};
    read_account(&r, &out->predecessor);
    read_account(&r, &out->receiver);
    read_hash(&r, &out->id);
    switch (borsh_read_u8(&r)) {
    case TAG_ACTION_V2:
        out->kind = RECEIPT_ACTION;
        read_actions(&r, arena, out);
        break;
    case TAG_YIELD_V2:
        out->kind = RECEIPT_YIELD;
        read_actions(&r, arena, out);
        break;
    case TAG_DATA:
        out->kind = RECEIPT_DATA;
        read_data(&r, out);
        break;
    case TAG_RESUME:
        out->kind = RECEIPT_RESUME;
        read_data(&r, out);
        break;
    case TAG_GLOBAL:
        out->kind = RECEIPT_GLOBAL;
        read_global(&r, out);
        break;
    default:
        r.failed = true;
    }
    if (!borsh_done(&r))
        return err_new(ERR_INVALID, "receipt of %zu bytes does not decode", bytes.len);
    return NULL;
}

struct hash derived_id(const struct hash *base, uint64_t height, uint64_t salt)
{
    uint8_t tail[16];
    for (int i = 0; i < 8; i++) {
        tail[i] = (uint8_t)(height >> 8 * i);
        tail[8 + i] = (uint8_t)(salt >> 8 * i);
    }
    return hash_sha256_parts((const struct slice[]){hash_slice(base), slice_from(tail, sizeof tail)}, 2);
}

struct hash derived_action_hash(const struct hash *receipt_id, uint64_t height, size_t index)
{
    return derived_id(receipt_id, height, UINT64_MAX - index);
}

struct hash derived_random_seed(const struct hash *action_hash, const struct hash *random_value)
{
    return hash_sha256_parts((struct slice[]){hash_slice(action_hash), hash_slice(random_value)}, 2);
}
