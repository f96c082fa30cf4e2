/* QE identity v2: which quoting enclaves are Intel's, and how good. Freestanding. */
#pragma once
#include "dcap/document.h"

struct qe_identity {
    bool is_tdx; /* id "TD_QE", else "QE" */
    uint32_t version;
    struct time_window valid; /* issueDate, nextUpdate */
    uint32_t evaluation_number;
    uint8_t misc_select[4], misc_select_mask[4]; /* bytes in the order of a report */
    uint8_t attributes[16], attributes_mask[16], signer[32];
    uint16_t prod_id;
    struct tcb_svn_levels levels;
};

extern const struct document_object qe_identity_document;

/* Advisories are borrowed from the text. False: *fault says what was wrong. */
bool qe_identity_read(struct slice text, struct qe_identity *out, struct document_fault *fault);
