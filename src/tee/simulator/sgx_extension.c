/* The SGX extension of a PCK certificate: SEQUENCE of SEQUENCE {OID 1.2.840.113741.1.13.1.x, value}. */
#include "codec/der_write.h"
#include "tee/simulator/plan.h"
#include <string.h>

/* The object identifiers below the extension's own: one or two more numbers. */
static const uint8_t oid_base[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

enum { PPID = 1, TCB, PCE_ID, FMSPC, SGX_TYPE, INSTANCE_ID, CONFIGURATION, TCB_PCE_SVN = 17, TCB_CPU_SVN };

static void write_oid(struct buf *out, uint8_t member, uint8_t submember)
{
    uint8_t oid[sizeof oid_base + 2];
    memcpy(oid, oid_base, sizeof oid_base);
    oid[sizeof oid_base] = member;
    oid[sizeof oid_base + 1] = submember;
    der_write(out, DER_WRITE_OID, slice_from(oid, sizeof oid_base + 1 + (submember != 0)));
}

static void write_member(struct buf *out, uint8_t member, uint8_t submember, uint8_t tag, struct slice content)
{
    size_t start = der_open(out);
    write_oid(out, member, submember);
    der_write(out, tag, content);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

static void write_number(struct buf *out, uint8_t member, uint8_t submember, uint64_t value)
{
    size_t start = der_open(out);
    write_oid(out, member, submember);
    der_write_uint(out, value);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

static void write_tcb(struct buf *out, const struct sim_pck *pck)
{
    size_t start = der_open(out);
    write_oid(out, TCB, 0);
    size_t list = der_open(out);
    for (uint8_t i = 0; i < 16; i++)
        write_number(out, TCB, (uint8_t)(i + 1), pck->components[i]);
    if (pck->negative_pce_svn)
        write_member(out, TCB, TCB_PCE_SVN, DER_WRITE_INTEGER, SLICE("\xff"));
    else
        write_number(out, TCB, TCB_PCE_SVN, pck->pce_svn);
    write_member(out, TCB, TCB_CPU_SVN, DER_WRITE_OCTET_STRING, slice_from(pck->cpu_svn, pck->cpu_svn_len));
    der_close(out, DER_WRITE_SEQUENCE, list);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

static void write_configuration(struct buf *out)
{
    size_t start = der_open(out);
    write_oid(out, CONFIGURATION, 0);
    size_t list = der_open(out);
    for (uint8_t i = 1; i <= 3; i++) /* dynamic platform, cached keys, SMT */
        write_member(out, CONFIGURATION, i, DER_WRITE_BOOLEAN, SLICE("\xff"));
    der_close(out, DER_WRITE_SEQUENCE, list);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

void sim_write_sgx_extension(const struct sim_pck *pck, const uint8_t ppid[16], const uint8_t instance_id[16], struct buf *out)
{
    size_t start = der_open(out);
    write_member(out, PPID, 0, DER_WRITE_OCTET_STRING, slice_from(ppid, 16));
    write_tcb(out, pck);
    write_member(out, PCE_ID, 0, DER_WRITE_OCTET_STRING, slice_from(pck->pce_id, sizeof pck->pce_id));
    write_member(out, FMSPC, 0, DER_WRITE_OCTET_STRING, slice_from(pck->fmspc, pck->fmspc_len));
    write_member(out, SGX_TYPE, 0, DER_WRITE_ENUMERATED, SLICE("\x01"));
    write_member(out, INSTANCE_ID, 0, DER_WRITE_OCTET_STRING, slice_from(instance_id, 16));
    write_configuration(out);
    der_close(out, DER_WRITE_SEQUENCE, start);
}
