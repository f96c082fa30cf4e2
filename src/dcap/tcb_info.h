/* TCB info v3: for one platform, which versions of its parts are how good. Freestanding. */
#pragma once
#include "dcap/document.h"

struct tcb_info {
    bool is_tdx; /* id "TDX", else "SGX" */
    uint32_t version;
    uint64_t issued, next_update; /* seconds since 1970, inclusive */
    uint8_t fmspc[PCK_FMSPC_LEN], pce_id[PCK_PCE_ID_LEN];
    uint32_t evaluation_number;
    bool has_module; /* `tdxModule` is there */
    struct tcb_module module;
    uint8_t identity_count;
    struct tcb_module identities[TCB_MODULES_MAX];
    bool has_tdx_components; /* in every level */
    uint8_t level_count;
    struct tcb_level levels[TCB_LEVELS_MAX]; /* newest first, as tcb_sort puts them */
};

/* Advisories are borrowed from the text. False: *fault says what was wrong. */
bool tcb_info_read(struct slice text, struct tcb_info *out, struct document_fault *fault);
