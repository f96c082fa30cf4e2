#include "dcap/pck.h"
#include "dcap/der.h"

#define OID_SGX SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01")
#define OID_TCB SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x02")

enum { PPID = 1, TCB = 2, PCE_ID = 3, FMSPC = 4, MEMBER_MAX = 31, PCE_SVN = 17, CPU_SVN = 18, CPU_SVN_LEN = 16 };

/* Reads the value, whole, of the member with this number. */
typedef enum pck_fault (*member_reader)(uint32_t number, struct slice value, struct pck *out);

/* The number that follows `prefix` in an object identifier; 0 when it is not of that form. */
static uint32_t child_of(struct slice oid, struct slice prefix)
{
    bool fits = oid.len == prefix.len + 1 && slice_starts_with(oid, prefix);
    return fits && oid.ptr[prefix.len] <= MEMBER_MAX ? oid.ptr[prefix.len] : 0;
}

/* A list of SEQUENCE{OID, value}, each there once, among them those with a bit in `needed`. */
static enum pck_fault read_members(struct slice list, struct slice prefix, uint32_t needed, member_reader read, struct pck *out)
{
    enum { OID = 1, VALUE, MEMBER };
    static const struct der_step form[] = {
        {DER_SEQUENCE, DER_ENTER}, {DER_OID, OID}, {DER_ANY, VALUE | DER_WHOLE}, {0, DER_LEAVE}};
    struct slice member[MEMBER];
    uint32_t seen = 0;
    while (list.len) {
        uint32_t number = der_read(form, &list, member) ? child_of(member[OID], prefix) : 0;
        if (number == 0 || seen >> number & 1)
            return PCK_BAD_FORM;
        seen |= 1u << number;
        enum pck_fault fault = read(number, member[VALUE], out);
        if (fault)
            return fault;
    }
    return (seen & needed) == needed ? PCK_FINE : PCK_BAD_FORM;
}

static enum pck_fault read_octets(struct slice value, size_t len, const uint8_t **out, enum pck_fault fault)
{
    struct slice octets = der_take(&value, DER_OCTET_STRING);
    *out = octets.ptr;
    return octets.ptr && octets.len == len ? PCK_FINE : fault;
}

static enum pck_fault read_tcb_member(uint32_t number, struct slice value, struct pck *out)
{
    uint32_t svn;
    if (number == CPU_SVN)
        return read_octets(value, CPU_SVN_LEN, &out->cpu_svn, PCK_BAD_CPU_SVN);
    if (number > CPU_SVN)
        return PCK_BAD_FORM;
    bool is_pce = number == PCE_SVN;
    if (!der_small(der_take(&value, DER_INTEGER), is_pce ? UINT16_MAX : UINT8_MAX, &svn))
        return is_pce ? PCK_BAD_PCE_SVN : PCK_BAD_COMPONENT;
    if (is_pce)
        out->pce_svn = (uint16_t)svn;
    else
        out->components[number - 1] = (uint8_t)svn;
    return PCK_FINE;
}

static enum pck_fault read_member(uint32_t number, struct slice value, struct pck *out)
{
    switch (number) {
    case PPID:
        return read_octets(value, PCK_PPID_LEN, &out->ppid, PCK_BAD_FORM);
    case TCB:
        return read_members(der_take(&value, DER_SEQUENCE), OID_TCB, (2u << CPU_SVN) - 2, read_tcb_member, out);
    case PCE_ID:
        return read_octets(value, PCK_PCE_ID_LEN, &out->pce_id, PCK_BAD_FORM);
    case FMSPC:
        return read_octets(value, PCK_FMSPC_LEN, &out->fmspc, PCK_BAD_FMSPC);
    default: /* SGX type, platform instance, configuration: nothing is decided by them */
        return PCK_FINE;
    }
}

enum pck_fault pck_read(struct slice value, struct pck *out)
{
    struct slice list = der_take(&value, DER_SEQUENCE);
    *out = (struct pck){0};
    if (value.len)
        return PCK_BAD_FORM;
    return read_members(list, OID_SGX, 1u << PPID | 1u << TCB | 1u << PCE_ID | 1u << FMSPC, read_member, out);
}
