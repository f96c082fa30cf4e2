#include "kit/attestation.h"
#include "codec/base58.h"
#include "kit/call.h"
#include "kit/hash.h"

/* get_worker_key takes a third of it. */
#define ASK_GAS (3 * TGAS)

static bool same(const uint8_t *a, const uint8_t *b)
{
    return __builtin_memcmp(a, b, ATTESTATION_HASH_LEN) == 0;
}

/* Its own key signed it; whose that is remains to be asked. */
static bool read_signed(struct slice record, struct slice signature, struct attestation_record *out)
{
    return attestation_record_read(record, out) && signature.len == ED25519_SIGNATURE_LEN &&
           ed25519_verify(signature.ptr, record, out->worker_key);
}

bool attestation_verify(struct slice record, struct slice signature, const uint8_t key[ATTESTATION_KEY_LEN],
                        struct attestation_record *out)
{
    return read_signed(record, signature, out) && same(out->worker_key, key);
}

/* The register contract's question: {"public_key":"ed25519:…"}. */
static struct slice question_of(const uint8_t *key)
{
    struct buf *out = buf_new();
    buf_append_str(out, "{\"public_key\":\"ed25519:");
    out->len +=
        base58_encode(slice_from(key, ATTESTATION_KEY_LEN), (char *)buf_reserve(out, BASE58_ENCODED_MAX(ATTESTATION_KEY_LEN)));
    buf_append_str(out, "\"}");
    return buf_slice(out);
}

promise attestation_ask(struct slice register_id, struct slice record, struct slice signature, struct slice callback,
                        struct slice mine, const struct promise_cost *cost)
{
    struct attestation_record r;
    struct buf *kept = buf_new();
    require_text(read_signed(record, signature, &r), "The record is not one that its worker's key signed");
    borsh_write_string(kept, record);
    buf_append(kept, mine);
    promise asked = promise_call(register_id, SLICE("get_worker_key"), question_of(r.worker_key), COST(.gas = ASK_GAS));
    return promise_then(asked, call_current(), callback, buf_slice(kept), cost);
}

/* The one member of the register contract's answer that counts here. */
struct worker {
    bool measurements_approved;
};
static const struct field worker_fields[] = {FIELD(struct worker, measurements_approved)};
static const struct schema worker_schema = STRUCT("Worker", struct worker, worker_fields);

static enum attestation_key key_state(void)
{
    struct slice answer = promise_result(0);
    struct worker w = {0};
    if (!answer.ptr)
        return ATTESTATION_KEY_UNANSWERED;
    if (slice_eq(answer, SLICE("null")))
        return ATTESTATION_KEY_UNKNOWN;
    struct json_reader r = json_reader_of(answer);
    schema_read_json_head(&worker_schema, &r, &w);
    if (r.fault)
        return ATTESTATION_KEY_UNANSWERED;
    return w.measurements_approved ? ATTESTATION_KEY_GOOD : ATTESTATION_KEY_RETIRED;
}

enum attestation_key attestation_answer(struct attestation_record *out, struct slice *mine)
{
    struct borsh_reader input = borsh_reader_of(call_input());
    struct slice record = borsh_read_string(&input);
    require_text(attestation_record_read(record, out), "The arguments are not those of attestation_ask");
    *mine = input.rest;
    return key_state();
}

bool attestation_completed(const struct attestation_record *r, const uint8_t code[ATTESTATION_HASH_LEN],
                           const uint8_t output[ATTESTATION_HASH_LEN])
{
    return slice_eq(r->outcome, SLICE("completed")) && same(r->code, code) && same(r->output, output);
}
