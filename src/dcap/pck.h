/* The SGX extension of a PCK certificate (OID 1.2.840.113741.1.13.1): which platform it is and what it runs. Freestanding.
 * Source: Intel SGX PCK Certificate and CRL Profile Specification 1.5, section 1.3.5. */
#pragma once
#include "base/slice.h"

enum { PCK_COMPONENTS = 16, PCK_FMSPC_LEN = 6, PCK_PCE_ID_LEN = 2, PCK_PPID_LEN = 16 };

struct pck {
    uint8_t components[PCK_COMPONENTS]; /* SVNs 1 to 16 */
    uint16_t pce_svn;
    const uint8_t *cpu_svn; /* 16 bytes, as all below borrowed */
    const uint8_t *ppid, *pce_id, *fmspc;
};

enum pck_fault {
    PCK_FINE,
    PCK_BAD_FORM,      /* not the extension's structure; a member is missing or there twice */
    PCK_BAD_FMSPC,     /* FMSPC is not 6 bytes */
    PCK_BAD_CPU_SVN,   /* CPUSVN is not 16 bytes */
    PCK_BAD_PCE_SVN,   /* not a number from 0 to 65535 */
    PCK_BAD_COMPONENT, /* not a number from 0 to 255 */
};

/* `value` is the extension's value. */
enum pck_fault pck_read(struct slice value, struct pck *out);
