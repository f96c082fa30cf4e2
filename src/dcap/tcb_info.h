/* TCB info v3: for one platform, which versions of its parts are how good. Freestanding. */
#pragma once
#include "dcap/document.h"

struct tcb_info {
    bool is_tdx;     /* id "TDX", else "SGX" */
    bool has_module; /* `tdxModule` is there */
    uint8_t identity_count, level_count;
    uint32_t version;
    struct time_window valid; /* issueDate, nextUpdate */
    uint8_t fmspc[PCK_FMSPC_LEN], pce_id[PCK_PCE_ID_LEN];
    uint32_t evaluation_number;
    struct tcb_module module, identities[TCB_MODULES_MAX];
    struct tcb_level levels[TCB_LEVELS_MAX]; /* newest first, as tcb_sort puts them */
};
extern const struct document_object tcb_info_document;

/* Advisories are borrowed from the text. False: *fault says what was wrong. */
bool tcb_info_read(struct slice text, struct tcb_info *out, struct document_fault *fault);
