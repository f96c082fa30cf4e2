#include "tee/attestation/v1.h"
#include "codec/borsh.h"
#include "codec/json_canonical.h"
#include <string.h>

struct hash attestation_v1_hash(const struct attestation_v1 *a)
{
    AUTO(buf) struct buf row = {0};
    buf_append(&row, a->task_type);
    borsh_write_u64(&row, (uint64_t)a->task_id);
    buf_append(&row, a->repo);
    buf_append(&row, a->commit);
    buf_append(&row, a->build_target);
    buf_append(&row, a->wasm_hash);
    buf_append(&row, a->input_hash);
    buf_append(&row, a->output_hash);
    if (a->has_block_height)
        borsh_write_u64(&row, a->block_height);
    if (a->timestamp >= ATTESTATION_V1_FROM) {
        buf_append(&row, a->caller);
        buf_append(&row, a->project);
        buf_append(&row, a->secrets);
        borsh_write_u64(&row, (uint64_t)a->timestamp);
        buf_append(&row, a->attached_usd);
    }
    return hash_sha256(buf_slice(&row));
}

void attestation_v1_report_data(const struct attestation_v1 *a, uint8_t out[REPORT_DATA_LEN])
{
    struct hash h = attestation_v1_hash(a);
    memset(out, 0, REPORT_DATA_LEN);
    memcpy(out, h.bytes, HASH_LEN);
}

static struct err *read_integer(const json_t *record, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(record, name);
    if (!json_is_integer(value))
        return err_new(ERR_INVALID, "member `%s` is no whole number", name);
    *out = json_integer_value(value);
    return NULL;
}

struct err *attestation_v1_read(const json_t *record, struct attestation_v1 *out)
{
    const struct {
        const char *name;
        struct slice *text;
    } texts[] = {
        {"repo_url", &out->repo},       {"commit_hash", &out->commit},    {"build_target", &out->build_target},
        {"wasm_hash", &out->wasm_hash}, {"input_hash", &out->input_hash}, {"caller_account_id", &out->caller},
        {"project_id", &out->project},  {"secrets_ref", &out->secrets},   {"attached_usd", &out->attached_usd},
    };
    const json_t *height = json_object_get(record, "block_height");
    *out = (struct attestation_v1){0};
    TRY(json_doc_str(record, "task_type", &out->task_type));
    TRY(json_doc_str(record, "output_hash", &out->output_hash));
    TRY(read_integer(record, "task_id", &out->task_id));
    TRY(read_integer(record, "timestamp", &out->timestamp));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(json_doc_str_opt(record, texts[i].name, texts[i].text));
    out->has_block_height = height && !json_is_null(height);
    return json_doc_u64_opt(record, "block_height", &out->block_height);
}

struct err *attestation_v1_output_hash(struct slice json, struct hash *out)
{
    AUTO(buf) struct buf text = {0};
    if (!json_write_canonical(&text, json))
        return err_new(ERR_INVALID, "the output is no JSON value whose numbers fit into a double");
    *out = hash_sha256(buf_slice(&text));
    return NULL;
}

struct hash attestation_v1_failed_hash(bool on_chain)
{
    return hash_sha256(on_chain ? SLICE("[EXECUTION-FAILED]") : SLICE(""));
}
