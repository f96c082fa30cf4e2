#include "tee/attestation/v2.h"
#include "codec/base64.h"
#include "codec/borsh.h"
#include "codec/hex.h"
#include <string.h>

_Static_assert(sizeof ATTESTATION_BATCH_TAG - 1 == REPORT_DATA_LEN - HASH_LEN,
               "the tag fills the second half of the report data");

void attestation_v2_free(struct attestation_v2 *a)
{
    buf_free(&a->record);
    buf_free(&a->quote);
}

void attestation_v2_sign(const struct attestation_record *r, const uint8_t secret[ED25519_SECRET_LEN],
                         struct attestation_v2 *out)
{
    attestation_record_write(r, &out->record);
    ed25519_sign(secret, buf_slice(&out->record), out->signature);
}

bool attestation_v2_check(const struct attestation_v2 *a, struct attestation_record *r)
{
    return attestation_record_read(buf_slice(&a->record), r) &&
           ed25519_verify(r->worker_key, buf_slice(&a->record), a->signature);
}

void attestation_batch_report_data(const struct hash *root, uint64_t count, uint8_t out[REPORT_DATA_LEN])
{
    AUTO(buf) struct buf number = {0};
    borsh_write_u64(&number, count);
    const struct slice parts[] = {SLICE(ATTESTATION_BATCH_TAG), buf_slice(&number), hash_slice(root)};
    struct hash h = hash_sha256_parts(parts, 3);
    memcpy(out, h.bytes, HASH_LEN);
    memcpy(out + HASH_LEN, ATTESTATION_BATCH_TAG, REPORT_DATA_LEN - HASH_LEN);
}

bool attestation_v2_report_data(const struct attestation_v2 *a, uint8_t out[REPORT_DATA_LEN])
{
    struct hash leaf = merkle_leaf(buf_slice(&a->record)), root;
    if (!a->has_batch || !merkle_follow(&leaf, &a->path, &root))
        return false;
    attestation_batch_report_data(&root, a->path.count, out);
    return true;
}

static void write_batch(const struct attestation_v2 *a, struct buf *out)
{
    AUTO(buf) struct buf quote = {0};
    base64_append(&quote, buf_slice(&a->quote));
    buf_append_fmt(out, "{\"index\":%llu,\"count\":%llu,\"path\":[", (unsigned long long)a->path.index,
                   (unsigned long long)a->path.count);
    for (size_t i = 0; i < a->path.step_count; i++) {
        buf_append_str(out, i ? ",\"" : "\"");
        hex_append(out, hash_slice(&a->path.steps[i]));
        buf_append_str(out, "\"");
    }
    buf_append_fmt(out, "],\"quote\":\"%s\"}", buf_str(&quote));
}

void attestation_v2_write(const struct attestation_v2 *a, struct buf *out)
{
    AUTO(buf) struct buf record = {0};
    base64_append(&record, buf_slice(&a->record));
    buf_append_fmt(out, "{\"version\":2,\"record\":\"%s\",\"signature\":\"", buf_str(&record));
    hex_append(out, slice_from(a->signature, sizeof a->signature));
    buf_append_str(out, "\",\"batch\":");
    if (a->has_batch)
        write_batch(a, out);
    else
        buf_append_str(out, "null");
    buf_append_str(out, "}");
}

static struct err *read_base64(const json_t *doc, const char *name, size_t max_len, struct buf *out)
{
    struct slice text;
    TRY(json_doc_str(doc, name, &text));
    if (text.len > BASE64_ENCODED_LEN(max_len) || !base64_decode(text, out, NULL))
        return err_new(ERR_INVALID, "member `%s` is not base64 of at most %zu bytes", name, max_len);
    return NULL;
}

static struct err *read_path(const json_t *batch, struct merkle_path *out)
{
    const json_t *steps = json_object_get(batch, "path");
    TRY(json_doc_u64(batch, "index", &out->index));
    TRY(json_doc_u64(batch, "count", &out->count));
    if (!json_is_array(steps) || json_array_size(steps) > MERKLE_PATH_MAX)
        return err_new(ERR_INVALID, "member `path` is no list of at most %d hashes", MERKLE_PATH_MAX);
    out->step_count = json_array_size(steps);
    for (size_t i = 0; i < out->step_count; i++) {
        if (!hash_parse_hex(json_doc_text(json_array_get(steps, i)), &out->steps[i]))
            return err_new(ERR_INVALID, "item %zu of `path` is no SHA-256 in hex", i);
    }
    return NULL;
}

struct err *attestation_v2_read(const json_t *doc, struct attestation_v2 *out)
{
    uint64_t version = 0;
    struct slice signature;
    const json_t *batch = json_object_get(doc, "batch");
    TRY(json_doc_u64(doc, "version", &version));
    if (version != 2)
        return err_new(ERR_INVALID, "an attestation of version %llu, expected 2", (unsigned long long)version);
    TRY(read_base64(doc, "record", ATTESTATION_RECORD_MAX, &out->record));
    TRY(json_doc_str(doc, "signature", &signature));
    if (!hex_decode(signature, out->signature, sizeof out->signature, NULL))
        return err_new(ERR_INVALID, "member `signature` is not %d hex digits", 2 * ED25519_SIGNATURE_LEN);
    out->has_batch = json_is_object(batch);
    if (!out->has_batch)
        return batch && !json_is_null(batch) ? err_new(ERR_INVALID, "member `batch` is neither an object nor null") : NULL;
    TRY(read_path(batch, &out->path));
    return read_base64(batch, "quote", ATTESTATION_QUOTE_MAX, &out->quote);
}
