#include "codec/attestation_record.h"
#include "codec/borsh.h"

static void write_hash(struct buf *out, const uint8_t *hash)
{
    buf_append(out, slice_from(hash, ATTESTATION_HASH_LEN));
}

void attestation_record_write(const struct attestation_record *r, struct buf *out)
{
    buf_append(out, SLICE(ATTESTATION_TAG));
    borsh_write_string(out, r->chain);
    borsh_write_string(out, r->contract);
    borsh_write_u8(out, (uint8_t)r->subject);
    if (r->subject == ATTESTATION_REQUEST)
        borsh_write_u64(out, r->request_id);
    else
        borsh_write_string(out, r->call_id);
    write_hash(out, r->code);
    write_hash(out, r->input);
    write_hash(out, r->output);
    borsh_write_string(out, r->outcome);
    borsh_write_u64(out, r->max_instructions);
    borsh_write_u64(out, r->max_memory_mb);
    borsh_write_u64(out, r->max_seconds);
    borsh_write_u64(out, r->instructions);
    borsh_write_u64(out, r->time_ms);
    borsh_write_string(out, r->caller);
    borsh_write_string(out, r->project);
    borsh_write_string(out, r->secrets);
    borsh_write_u64(out, r->block_height);
    borsh_write_u64(out, r->time_s);
    write_hash(out, r->worker_key);
}

static struct slice read_text(struct borsh_reader *b)
{
    struct slice text = borsh_read_string(b);
    b->failed = b->failed || text.len > ATTESTATION_TEXT_MAX;
    return text;
}

static void read_hash(struct borsh_reader *b, uint8_t *out)
{
    struct slice bytes = borsh_read_bytes(b, ATTESTATION_HASH_LEN);
    if (bytes.len)
        __builtin_memcpy(out, bytes.ptr, ATTESTATION_HASH_LEN);
}

static void read_subject(struct borsh_reader *b, struct attestation_record *r)
{
    uint8_t subject = borsh_read_u8(b);
    r->subject = (enum attestation_subject)subject;
    if (subject == ATTESTATION_REQUEST)
        r->request_id = borsh_read_u64(b);
    else if (subject == ATTESTATION_CALL)
        r->call_id = read_text(b);
    else
        b->failed = true;
}

bool attestation_record_read(struct slice bytes, struct attestation_record *out)
{
    struct borsh_reader b = borsh_reader_of(bytes);
    *out = (struct attestation_record){0};
    if (bytes.len > ATTESTATION_RECORD_MAX || !slice_eq(borsh_read_bytes(&b, ATTESTATION_TAG_LEN), SLICE(ATTESTATION_TAG)))
        return false;
    out->chain = read_text(&b);
    out->contract = read_text(&b);
    read_subject(&b, out);
    read_hash(&b, out->code);
    read_hash(&b, out->input);
    read_hash(&b, out->output);
    out->outcome = read_text(&b);
    out->max_instructions = borsh_read_u64(&b);
    out->max_memory_mb = borsh_read_u64(&b);
    out->max_seconds = borsh_read_u64(&b);
    out->instructions = borsh_read_u64(&b);
    out->time_ms = borsh_read_u64(&b);
    out->caller = read_text(&b);
    out->project = read_text(&b);
    out->secrets = read_text(&b);
    out->block_height = borsh_read_u64(&b);
    out->time_s = borsh_read_u64(&b);
    read_hash(&b, out->worker_key);
    return borsh_done(&b);
}
