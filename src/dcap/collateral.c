#include "dcap/collateral.h"
#include "codec/hex.h"
#include "dcap/document.h"

#define TEXT(key, m)       {.name = (key), .at = offsetof(struct dcap_collateral, m), .form = DOCUMENT_TEXT}
#define HEX(key, m, bytes) {.name = (key), .at = offsetof(struct dcap_collateral, m), .form = DOCUMENT_HEX, .len = (bytes)}

enum { ANY_LEN = 0 };

static const struct document_member members[] = {
    TEXT("pck_crl_issuer_chain", pck_crl_chain),
    HEX("root_ca_crl", root_crl, ANY_LEN),
    HEX("pck_crl", pck_crl, ANY_LEN),
    TEXT("tcb_info_issuer_chain", tcb_info.chain),
    TEXT("tcb_info", tcb_info.text),
    HEX("tcb_info_signature", tcb_info.signature, DCAP_DOCUMENT_SIGNATURE_LEN),
    TEXT("qe_identity_issuer_chain", qe_identity.chain),
    TEXT("qe_identity", qe_identity.text),
    HEX("qe_identity_signature", qe_identity.signature, DCAP_DOCUMENT_SIGNATURE_LEN),
    TEXT("pck_certificate_chain", pck_chain), /* the only one that need not be there */
};
enum { NEEDED = sizeof members / sizeof *members - 1 };
static const struct document_object object = DOCUMENT_TABLE(struct dcap_collateral, members, 0);

static struct slice *value_of(const struct document_member *m, struct dcap_collateral *c)
{
    return (struct slice *)(void *)((uint8_t *)c + m->at);
}

static bool fail(struct dcap_fault *fault, enum dcap_code code, struct slice what, size_t at)
{
    fault->code = code;
    fault->what = what;
    fault->number = at;
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

static bool decode_hex(const struct document_member *m, struct slice *value, struct room *room, struct dcap_fault *fault)
{
    size_t len = m->len ? m->len : value->len / 2;
    uint8_t *bytes = room_take(room, len);
    if (!bytes)
        return fail(fault, DCAP_ROOM, slice_str(m->name), 0);
    if (!hex_decode(*value, bytes, len, NULL))
        return fail(fault, DCAP_COLLATERAL_HEX, slice_str(m->name), 0);
    *value = slice_from(bytes, len);
    return true;
}

static bool read_members(struct slice json, struct room *room, struct dcap_collateral *out, struct dcap_fault *fault)
{
    struct json_reader r = json_reader_of(json);
    struct document_fault why;
    uint32_t seen = 0;
    json_begin_object(&r, SLICE("an object"));
    for (const struct document_member *m; (m = document_next(&r, &object, &seen));)
        *value_of(m, out) = read_text(&r, room);
    return document_end(&r, &why) || fail(fault, DCAP_COLLATERAL_JSON, why.what, why.at);
}

bool dcap_collateral_read(struct slice json, struct room *room, struct dcap_collateral *out, struct dcap_fault *fault)
{
    *out = (struct dcap_collateral){0};
    if (room->left < json.len)
        return fail(fault, DCAP_ROOM, (struct slice){0}, 0);
    if (!read_members(json, room, out, fault))
        return false;
    for (size_t i = 0; i < NEEDED; i++) {
        if (!value_of(&members[i], out)->ptr)
            return fail(fault, DCAP_COLLATERAL_MEMBER, slice_str(members[i].name), 0);
    }
    for (size_t i = 0; i < NEEDED; i++) {
        if (members[i].form == DOCUMENT_HEX && !decode_hex(&members[i], value_of(&members[i], out), room, fault))
            return false;
    }
    return true;
}
