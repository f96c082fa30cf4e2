#include "dcap/pck.h"
#include "dcap/der.h"

#define OID_SGX SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01")

enum { PPID = 1, TCB = 2, PCE_ID = 3, FMSPC = 4, MEMBER_MAX = 31, PCE_SVN = 17, CPU_SVN = 18, CPU_SVN_LEN = 16 };

/* The number that follows `prefix` in an object identifier; 0 when it is not of that form. */
static uint32_t child_of(struct slice oid, struct slice prefix)
{
    bool fits = oid.len == prefix.len + 1 && slice_starts_with(oid, prefix);
    return fits && oid.ptr[prefix.len] <= MEMBER_MAX ? oid.ptr[prefix.len] : 0;
}

/* Takes the next SEQUENCE{OID, value}: its number, with *pair before the value. 0 with d->failed when it is none, or was there before. */
static uint32_t take_member(struct der *d, struct slice prefix, struct der *pair, uint32_t *seen)
{
    *pair = der_enter(d, DER_SEQUENCE);
    uint32_t number = child_of(der_take(pair, DER_OID), prefix);
    if (pair->failed || number == 0 || *seen >> number & 1)
        d->failed = true;
    *seen |= 1u << number;
    return number;
}

static const uint8_t *take_octets(struct der *pair, size_t len)
{
    struct slice value = der_take(pair, DER_OCTET_STRING);
    return pair->failed || value.len != len ? NULL : value.ptr;
}

static enum pck_fault read_tcb_member(struct der *pair, uint32_t number, struct pck *out)
{
    if (number == CPU_SVN) {
        out->cpu_svn = take_octets(pair, CPU_SVN_LEN);
        return out->cpu_svn ? PCK_FINE : PCK_BAD_CPU_SVN;
    }
    if (number == PCE_SVN) {
        out->pce_svn = (uint16_t)der_take_small(pair, DER_INTEGER, UINT16_MAX);
        return pair->failed ? PCK_BAD_PCE_SVN : PCK_FINE;
    }
    if (number > CPU_SVN)
        return PCK_BAD_FORM;
    out->components[number - 1] = (uint8_t)der_take_small(pair, DER_INTEGER, UINT8_MAX);
    return pair->failed ? PCK_BAD_COMPONENT : PCK_FINE;
}

static enum pck_fault read_tcb(struct der *pair, struct pck *out)
{
    struct der list = der_enter(pair, DER_SEQUENCE), member;
    struct slice prefix = SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x02");
    uint32_t seen = 0, all = (2u << CPU_SVN) - 2;
    while (list.rest.len && !list.failed) {
        uint32_t number = take_member(&list, prefix, &member, &seen);
        enum pck_fault fault = list.failed ? PCK_BAD_FORM : read_tcb_member(&member, number, out);
        if (fault)
            return fault;
        der_leave(&list, &member);
    }
    der_leave(pair, &list);
    return pair->failed || seen != all ? PCK_BAD_FORM : PCK_FINE;
}

static enum pck_fault read_member(struct der *pair, uint32_t number, struct pck *out)
{
    switch (number) {
    case PPID:
        out->ppid = take_octets(pair, PCK_PPID_LEN);
        return out->ppid ? PCK_FINE : PCK_BAD_FORM;
    case TCB:
        return read_tcb(pair, out);
    case PCE_ID:
        out->pce_id = take_octets(pair, PCK_PCE_ID_LEN);
        return out->pce_id ? PCK_FINE : PCK_BAD_FORM;
    case FMSPC:
        out->fmspc = take_octets(pair, PCK_FMSPC_LEN);
        return out->fmspc ? PCK_FINE : PCK_BAD_FMSPC;
    default: /* SGX type, platform instance, configuration: nothing is decided by them */
        der_take_any(pair);
        return PCK_FINE;
    }
}

enum pck_fault pck_read(struct slice value, struct pck *out)
{
    struct der d = der_of(value), list = der_enter(&d, DER_SEQUENCE), member;
    uint32_t seen = 0, needed = 1u << PPID | 1u << TCB | 1u << PCE_ID | 1u << FMSPC;
    *out = (struct pck){0};
    while (list.rest.len && !list.failed) {
        uint32_t number = take_member(&list, OID_SGX, &member, &seen);
        enum pck_fault fault = list.failed ? PCK_BAD_FORM : read_member(&member, number, out);
        if (fault)
            return fault;
        der_leave(&list, &member);
    }
    der_leave(&d, &list);
    return der_done(&d) && (seen & needed) == needed ? PCK_FINE : PCK_BAD_FORM;
}
