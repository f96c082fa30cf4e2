#include "dcap/collateral.h"
#include "codec/hex.h"
#include "dcap/document.h"

enum {
    CRL_CHAIN,
    ROOT_CRL,
    PCK_CRL,
    TCB_CHAIN,
    TCB_INFO,
    TCB_SIGNATURE,
    QE_CHAIN,
    QE_IDENTITY,
    QE_SIGNATURE,
    PCK_CHAIN,
    MEMBERS
};
static const char *const names[] = {
    "pck_crl_issuer_chain",     "root_ca_crl", "pck_crl",
    "tcb_info_issuer_chain",    "tcb_info",    "tcb_info_signature",
    "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
    "pck_certificate_chain",
};
static const struct document_members members = {names, MEMBERS, 0};

static bool fail(struct dcap_fault *fault, enum dcap_code code, struct slice what, size_t at)
{
    *fault = (struct dcap_fault){.code = code, .what = what, .number = at};
    return false;
}

/* The next value if it is a string: its content from the text itself or, unescaped, from `room`. A value that is none counts as missing. */
static struct slice read_text(struct json_reader *r, struct room *room)
{
    if (json_peek(r) != JSON_KIND_STRING) {
        json_skip(r);
        return (struct slice){0};
    }
    struct buf rest = {room->at, 0, room->left}; /* what it appends is never longer than what is read, so it never grows */
    struct slice text = json_read_string(r, &rest);
    if (text.len && text.ptr == room->at)
        room_take(room, text.len);
    return text;
}

static bool read_hex(struct slice *value, const char *name, struct room *room, struct dcap_fault *fault)
{
    size_t len = value->len / 2;
    uint8_t *bytes = room_take(room, len);
    if (!bytes)
        return fail(fault, DCAP_ROOM, slice_str(name), 0);
    if (!hex_decode(*value, bytes, len, NULL))
        return fail(fault, DCAP_COLLATERAL_HEX, slice_str(name), 0);
    *value = slice_from(bytes, len);
    return true;
}

static bool read_signature(struct slice *value, const char *name, struct room *room, struct dcap_fault *fault)
{
    if (value->len != 2 * DCAP_DOCUMENT_SIGNATURE_LEN)
        return fail(fault, DCAP_COLLATERAL_HEX, slice_str(name), 0);
    return read_hex(value, name, room, fault);
}

static bool read_members(struct slice json, struct room *room, struct slice *values, struct dcap_fault *fault)
{
    struct json_reader r = json_reader_of(json);
    struct document_fault why;
    uint32_t seen = 0;
    json_begin_object(&r, SLICE("an object"));
    for (int member; (member = document_next(&r, &members, &seen)) != DOCUMENT_END;)
        values[member] = read_text(&r, room);
    return document_end(&r, &why) || fail(fault, DCAP_COLLATERAL_JSON, why.what, why.at);
}

bool dcap_collateral_read(struct slice json, struct room *room, struct dcap_collateral *out, struct dcap_fault *fault)
{
    struct slice values[MEMBERS] = {{0}};
    if (room->left < json.len)
        return fail(fault, DCAP_ROOM, (struct slice){0}, 0);
    if (!read_members(json, room, values, fault))
        return false;
    for (size_t i = 0; i < PCK_CHAIN; i++) {
        if (!values[i].ptr)
            return fail(fault, DCAP_COLLATERAL_MEMBER, slice_str(names[i]), 0);
    }
    if (!read_hex(&values[ROOT_CRL], names[ROOT_CRL], room, fault) ||
        !read_hex(&values[PCK_CRL], names[PCK_CRL], room, fault) ||
        !read_signature(&values[TCB_SIGNATURE], names[TCB_SIGNATURE], room, fault) ||
        !read_signature(&values[QE_SIGNATURE], names[QE_SIGNATURE], room, fault))
        return false;
    *out = (struct dcap_collateral){
        .tcb_info = {values[TCB_INFO], values[TCB_SIGNATURE].ptr, values[TCB_CHAIN]},
        .qe_identity = {values[QE_IDENTITY], values[QE_SIGNATURE].ptr, values[QE_CHAIN]},
        .pck_crl_chain = values[CRL_CHAIN],
        .root_crl = values[ROOT_CRL],
        .pck_crl = values[PCK_CRL],
        .pck_chain = values[PCK_CHAIN],
    };
    return true;
}
