#include "cli/tamper.h"
#include "codec/attestation_record.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include <string.h>

const char *tamper_field_name(enum tamper_field field)
{
    static const char *const names[TAMPER_FIELDS] = {"input", "output", "code", "caller", "time"};
    return names[field];
}

/* Writes the record with the bit flipped. */
static void write_flipped(const struct attestation_record *record, enum tamper_field field, struct buf *out)
{
    struct attestation_record r = *record;
    char caller[ATTESTATION_TEXT_MAX] = "";
    memcpy(caller, r.caller.ptr, r.caller.len);
    caller[0] ^= 1;
    switch (field) {
    case TAMPER_INPUT:
        r.input[7] ^= 0x10;
        break;
    case TAMPER_OUTPUT:
        r.output[0] ^= 1;
        break;
    case TAMPER_CODE:
        r.code[31] ^= 1;
        break;
    case TAMPER_CALLER:
        r.caller = slice_from(caller, r.caller.len);
        break;
    case TAMPER_TIME:
        r.time_s ^= 1 << 20;
        break;
    case TAMPER_FIELDS:
        break;
    }
    attestation_record_write(&r, out);
}

json_t *tamper_attestation(const json_t *attestation, enum tamper_field field)
{
    AUTO(buf) struct buf bytes = {0}, flipped = {0}, text = {0};
    struct attestation_record r;
    struct slice record = json_doc_text(json_object_get(json_object_get(attestation, "attestation_v2"), "record"));
    if (!record.ptr || !base64_decode(record, &bytes, NULL) || !attestation_record_read(buf_slice(&bytes), &r))
        return NULL;
    json_t *copy = json_deep_copy(attestation);
    write_flipped(&r, field, &flipped);
    base64_append(&text, buf_slice(&flipped));
    json_object_set_new(json_object_get(copy, "attestation_v2"), "record", json_doc_string(buf_slice(&text)));
    return copy;
}
