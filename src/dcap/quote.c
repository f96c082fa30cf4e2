#include "dcap/quote.h"

static const uint8_t intel_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                         0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* The first fault stays; after it every read gives NULL or zero. */
struct cursor {
    struct slice rest;
    enum quote_fault fault;
};

static void set_fault(struct cursor *c, enum quote_fault fault)
{
    if (c->fault == QUOTE_FINE)
        c->fault = fault;
}

static const uint8_t *take(struct cursor *c, size_t len)
{
    const uint8_t *at = c->rest.ptr;
    if (c->fault || c->rest.len < len) {
        set_fault(c, QUOTE_SHORT);
        return NULL;
    }
    c->rest = slice_skip(c->rest, len);
    return at;
}

static uint16_t take_u16(struct cursor *c)
{
    const uint8_t *at = take(c, 2);
    return at ? quote_u16(at) : 0;
}

static uint32_t take_u32(struct cursor *c)
{
    const uint8_t *at = take(c, 4);
    return at ? quote_u32(at) : 0;
}

static struct slice take_section(struct cursor *c, size_t len)
{
    if (len > QUOTE_SECTION_MAX)
        set_fault(c, QUOTE_TOO_LONG);
    const uint8_t *at = take(c, len);
    return slice_from(at, at ? len : 0);
}

/* Goes on inside of a section; whoever leaves it must have read it all. */
static struct cursor enter(struct cursor *c, size_t len)
{
    struct slice section = take_section(c, len);
    return (struct cursor){section, c->fault};
}

static void leave(struct cursor *c, const struct cursor *inner)
{
    set_fault(c, inner->fault);
    if (inner->rest.len)
        set_fault(c, QUOTE_LEFTOVER);
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

/* The type and size in front of a body of v5. */
static void read_body_kind(struct cursor *c, struct quote *q)
{
    uint16_t kind = take_u16(c);
    uint32_t size = take_u32(c);
    bool fits = (kind == QUOTE_BODY_TD_10 && size == sizeof(struct td_report)) ||
                (kind == QUOTE_BODY_TD_15 && size == sizeof(struct td_report_15));
    q->kind = (enum quote_body)kind;
    if (!fits)
        set_fault(c, QUOTE_BAD_BODY);
}

static void read_body(struct cursor *c, struct quote *q)
{
    q->kind = q->tee_type == QUOTE_TEE_SGX ? QUOTE_BODY_SGX : QUOTE_BODY_TD_10;
    if (q->version == 5)
        read_body_kind(c, q);
    if (q->kind == QUOTE_BODY_SGX) {
        q->enclave = (const struct sgx_report *)take(c, sizeof(struct sgx_report));
    } else if (q->kind == QUOTE_BODY_TD_15) {
        q->td_15 = (const struct td_report_15 *)take(c, sizeof(struct td_report_15));
        q->td = q->td_15 ? &q->td_15->base : NULL;
    } else {
        q->td = (const struct td_report *)take(c, sizeof(struct td_report));
    }
}

static void read_certification(struct cursor *c, struct quote *q)
{
    q->qe = (const struct sgx_report *)take(c, sizeof(struct sgx_report));
    q->qe_signature = take(c, QUOTE_SIGNATURE_LEN);
    q->qe_auth_data = take_section(c, take_u16(c));
    q->data_type = take_u16(c);
    q->data = take_section(c, take_u32(c));
}

static void read_signature(struct cursor *c, struct quote *q)
{
    q->signature = take(c, QUOTE_SIGNATURE_LEN);
    q->key = take(c, QUOTE_KEY_LEN);
    if (q->version == 3) {
        read_certification(c, q);
        return;
    }
    if (take_u16(c) != QUOTE_DATA_QE_REPORT)
        set_fault(c, QUOTE_BAD_DATA);
    struct cursor outer = enter(c, take_u32(c));
    read_certification(&outer, q);
    leave(c, &outer);
}

enum quote_fault quote_read(struct slice bytes, struct quote *out)
{
    struct cursor c = {bytes, QUOTE_FINE};
    *out = (struct quote){.header = (const struct quote_header *)take(&c, sizeof(struct quote_header))};
    if (c.fault)
        return c.fault;
    out->version = quote_u16(out->header->version);
    out->tee_type = quote_u32(out->header->tee_type);
    set_fault(&c, check_header(out));
    read_body(&c, out);
    out->signed_part = slice_first(bytes, bytes.len - c.rest.len);
    struct cursor section = enter(&c, take_u32(&c));
    read_signature(&section, out);
    leave(&c, &section);
    return c.fault;
}
