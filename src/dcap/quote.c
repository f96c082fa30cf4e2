#include "dcap/quote.h"

static const uint8_t intel_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                         0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* What stands in front of a body of v5, and of certification data. */
struct section_head {
    uint8_t type[2], len[4];
};
_Static_assert(sizeof(struct section_head) == 6, "layout");

struct signature {
    uint8_t signature[QUOTE_SIGNATURE_LEN], key[QUOTE_KEY_LEN];
};

struct certification {
    struct sgx_report qe;
    uint8_t signature[QUOTE_SIGNATURE_LEN], auth_len[2];
};
_Static_assert(sizeof(struct certification) == 450, "layout");

static enum quote_fault take(struct slice *rest, size_t len, struct slice *out)
{
    if (len > QUOTE_SECTION_MAX)
        return QUOTE_TOO_LONG;
    if (rest->len < len)
        return QUOTE_SHORT;
    *out = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    return QUOTE_FINE;
}

static enum quote_fault check_header(const struct quote *q)
{
    if (q->version < 3 || q->version > 5)
        return QUOTE_BAD_VERSION;
    if (quote_u16(q->header->key_type) != QUOTE_KEY_P256)
        return QUOTE_BAD_KEY_TYPE;
    if (q->tee_type != QUOTE_TEE_SGX && q->tee_type != QUOTE_TEE_TDX)
        return QUOTE_BAD_TEE;
    if (q->tee_type == QUOTE_TEE_SGX && q->version != 3)
        return QUOTE_SGX_VERSION;
    if (q->tee_type == QUOTE_TEE_TDX && q->version == 3)
        return QUOTE_TDX_VERSION;
    return __builtin_memcmp(q->header->qe_vendor, intel_vendor, sizeof intel_vendor) ? QUOTE_BAD_VENDOR : QUOTE_FINE;
}

/* Type and length of a body: v5 says both in front of it. */
static enum quote_fault take_body_kind(struct slice *rest, struct quote *q, size_t *len)
{
    struct slice bytes;
    q->kind = q->tee_type == QUOTE_TEE_SGX ? QUOTE_BODY_SGX : QUOTE_BODY_TD_10;
    *len = q->tee_type == QUOTE_TEE_SGX ? sizeof(struct sgx_report) : sizeof(struct td_report);
    if (q->version != 5)
        return QUOTE_FINE;
    enum quote_fault fault = take(rest, sizeof(struct section_head), &bytes);
    if (fault)
        return fault;
    const struct section_head *head = (const struct section_head *)bytes.ptr;
    q->kind = (enum quote_body)quote_u16(head->type);
    *len = q->kind == QUOTE_BODY_TD_15 ? sizeof(struct td_report_15) : sizeof(struct td_report);
    bool fits = (q->kind == QUOTE_BODY_TD_10 || q->kind == QUOTE_BODY_TD_15) && quote_u32(head->len) == *len;
    return fits ? QUOTE_FINE : QUOTE_BAD_BODY;
}

static enum quote_fault take_body(struct slice *rest, struct quote *q)
{
    struct slice body;
    size_t len;
    enum quote_fault fault = take_body_kind(rest, q, &len);
    if (!fault)
        fault = take(rest, len, &body);
    if (fault)
        return fault;
    if (q->kind == QUOTE_BODY_SGX)
        q->enclave = (const struct sgx_report *)body.ptr;
    else
        q->td = (const struct td_report *)body.ptr;
    if (q->kind == QUOTE_BODY_TD_15)
        q->td_15 = (const struct td_report_15 *)body.ptr;
    return QUOTE_FINE;
}

/* Certification data of that type, up to its end. */
static enum quote_fault take_data(struct slice *rest, uint16_t *type, struct slice *data)
{
    struct slice bytes;
    enum quote_fault fault = take(rest, sizeof(struct section_head), &bytes);
    if (fault)
        return fault;
    const struct section_head *head = (const struct section_head *)bytes.ptr;
    *type = quote_u16(head->type);
    return take(rest, quote_u32(head->len), data);
}

static enum quote_fault read_certification(struct slice rest, struct quote *q)
{
    struct slice bytes;
    enum quote_fault fault = take(&rest, sizeof(struct certification), &bytes);
    if (fault)
        return fault;
    const struct certification *c = (const struct certification *)bytes.ptr;
    q->qe = &c->qe;
    q->qe_signature = c->signature;
    fault = take(&rest, quote_u16(c->auth_len), &q->qe_auth_data);
    if (!fault)
        fault = take_data(&rest, &q->data_type, &q->data);
    return fault || !rest.len ? fault : QUOTE_LEFTOVER;
}

static enum quote_fault read_signature(struct slice rest, struct quote *q)
{
    struct slice bytes;
    uint16_t type;
    enum quote_fault fault = take(&rest, sizeof(struct signature), &bytes);
    if (fault)
        return fault;
    const struct signature *s = (const struct signature *)bytes.ptr;
    q->signature = s->signature;
    q->key = s->key;
    if (q->version == 3)
        return read_certification(rest, q);
    fault = take_data(&rest, &type, &bytes);
    if (fault)
        return fault;
    if (type != QUOTE_DATA_QE_REPORT)
        return QUOTE_BAD_DATA;
    fault = read_certification(bytes, q);
    return fault || !rest.len ? fault : QUOTE_LEFTOVER;
}

enum quote_fault quote_read(struct slice bytes, struct quote *out)
{
    struct slice rest = bytes, part;
    *out = (struct quote){0};
    enum quote_fault fault = take(&rest, sizeof(struct quote_header), &part);
    if (fault)
        return fault;
    out->header = (const struct quote_header *)part.ptr;
    out->version = quote_u16(out->header->version);
    out->tee_type = quote_u32(out->header->tee_type);
    fault = check_header(out);
    if (!fault)
        fault = take_body(&rest, out);
    if (fault)
        return fault;
    out->signed_part = slice_first(bytes, bytes.len - rest.len);
    const uint8_t *len = rest.ptr;
    fault = take(&rest, sizeof(uint32_t), &part);
    if (!fault)
        fault = take(&rest, quote_u32(len), &part);
    return fault ? fault : read_signature(part, out);
}
