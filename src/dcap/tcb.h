/* How new a platform, a TDX module or a quoting enclave is: levels of Intel's documents, and what follows from them. Freestanding.
 * Source: Intel PCS API version 4 (TCB info v3, enclave identity v2); levels are matched and merged by Intel's rules. */
#pragma once
#include "dcap/pck.h"
#include "dcap/quote.h"
#include "dcap/time.h"

/* By severity. */
enum tcb_status {
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_STATUS_COUNT
};

/* "UpToDate", "SWHardeningNeeded"…, each ended by a NUL. */
extern const char tcb_status_names[];
struct slice tcb_status_name(enum tcb_status status);
/* False for a text that is none of the names. */
bool tcb_status_of(struct slice name, enum tcb_status *out);

/* What a level says. */
struct tcb_verdict {
    uint64_t date;           /* tcbDate, seconds since 1970 */
    struct slice advisories; /* as in JSON, between the brackets: "INTEL-SA-00837","INTEL-SA-00960" */
    uint8_t status;          /* enum tcb_status */
};

struct tcb_level {
    struct tcb_verdict is;
    uint8_t sgx[PCK_COMPONENTS], tdx[PCK_COMPONENTS];
    bool has_tdx;
    uint16_t pce_svn;
};

/* Of a TDX module or a quoting enclave. */
struct tcb_svn_level {
    struct tcb_verdict is;
    uint16_t svn;
};

/* More than any document of Intel's has. */
enum { TCB_LEVELS_MAX = 40, TCB_SVN_LEVELS_MAX = 12, TCB_MODULES_MAX = 6, TCB_ADVISORIES_MAX = 64, TCB_ADVISORY_LEN_MAX = 32 };

struct tcb_svn_levels {
    uint8_t count;
    struct tcb_svn_level of[TCB_SVN_LEVELS_MAX]; /* as signed, newest first */
};

/* `tdxModule`, or one of `tdxModuleIdentities`. */
struct tcb_module {
    uint8_t version; /* nn of TDX_nn, 0 for `tdxModule` */
    uint8_t signer[48], attributes[8], attributes_mask[8];
    struct tcb_svn_levels levels;
};

/* The newest level that the platform reaches; NULL: none. `tee_tcb_svn` is NULL for SGX; its components are compared from `start` on. */
const struct tcb_level *tcb_match(const struct tcb_level *levels, size_t count, const struct pck *pck,
                                  const uint8_t *tee_tcb_svn, size_t start);
/* Intel's `start`: with a module of its own version, that module's identity judges components 0 and 1. */
size_t tcb_start_of(const uint8_t tee_tcb_svn[16]);

/* The newest level at or below `svn`; NULL: none. */
const struct tcb_svn_level *tcb_match_svn(const struct tcb_svn_levels *levels, uint16_t svn);

/* Newest first: by SGX components, PCESVN, TDX components, each descending; equal ones stay in their order. */
void tcb_sort(struct tcb_level *levels, size_t count);

/* The platform's status, made worse by that of its module or quoting enclave. */
enum tcb_status tcb_merge(enum tcb_status platform, enum tcb_status component);

/* Gives one advisory after the other; false past the last. `list` starts as a verdict's. */
bool tcb_next_advisory(struct slice *list, struct slice *advisory);
