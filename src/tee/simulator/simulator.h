/* A TDX platform made of numbers: for development, where there is no TDX machine, and for the tests of whoever verifies quotes.
 *
 * From a seed it makes a P-256 root and all that hangs on it, byte for byte in Intel's formats: the PCK certificate authorities, the TCB signing certificate, a PCK
 * leaf with the SGX extension, the two CRLs, TCB info v3, QE identity v2, and a quote (TDX v4 and v5, SGX v3) with the measurements and the report data that the
 * caller chooses. Equal configurations give equal bytes. A defect breaks one thing and signs everything around it properly, so that a verifier that misses it
 * accepts the quote.
 *
 * Nothing made here is evidence of anything: every certificate says O=OutLayer simulator, and a verifier accepts it only when it was told to trust this root.
 *
 * Sources: Intel TDX DCAP Quoting Library API, appendix 3 (quote formats); Intel SGX PCK Certificate and CRL Profile Specification 1.5; Intel PCS API version 4 (TCB
 * info, QE identity).
 */
#pragma once
#include "base/buf.h"
#include "tee/measurements.h"

enum { SIMULATOR_SEED_LEN = 32, SIMULATOR_VALID_DAYS = 30 };

/* When its certificates hold: seconds since 1970. */
#define SIMULATOR_CERTS_FROM  UINT64_C(1704067200) /* 2024-01-01 */
#define SIMULATOR_CERTS_UNTIL UINT64_C(2524607999) /* 2049-12-31T23:59:59Z */

/* What O= of every certificate of a simulator says. */
#define SIMULATOR_ORGANIZATION "OutLayer simulator"

enum simulator_kind {
    SIMULATOR_TDX_V4, /* TD report 1.0 */
    SIMULATOR_TDX_V5, /* TD report 1.5 */
    SIMULATOR_SGX_V3,
};

struct simulator_config {
    uint8_t seed[SIMULATOR_SEED_LEN];
    uint64_t
        now; /* seconds since 1970: documents and CRLs were issued a day before and hold for SIMULATOR_VALID_DAYS from then */
    enum simulator_kind kind;
    struct measurements measurements;
    uint8_t mr_config_id[MEASUREMENT_LEN];
    uint8_t report_data[REPORT_DATA_LEN];
    unsigned defect;            /* index into the table of defects; 0: none */
    unsigned evaluation_number; /* tcbEvaluationDataNumber of the documents; 0: 17 */
};

/* The zero value is empty; free with simulator_output_free. */
struct simulator_output {
    struct buf quote;
    struct buf collateral;            /* one JSON object, members as in QuoteCollateralV3 */
    struct buf root;                  /* DER of the root certificate */
    struct buf pck_chain;             /* PEM: leaf, certificate authority, root */
    struct buf tcb_info, qe_identity; /* the signed texts, as in the collateral */
};

void simulator_make(const struct simulator_config *config, struct simulator_output *out);
void simulator_output_free(struct simulator_output *out);

static inline void auto_simulator_output(struct simulator_output *out)
{
    simulator_output_free(out);
}

/* Puts other report data into a TDX quote that simulator_make made from this seed, and signs it again: as if it had been made with it, for one signature instead of a dozen. */
void simulator_quote_again(const uint8_t seed[SIMULATOR_SEED_LEN], const uint8_t report_data[REPORT_DATA_LEN],
                           struct buf *quote);

/* DER of the root certificate alone: what a verifier is told to trust. It depends on the seed only. */
void simulator_root(const uint8_t seed[SIMULATOR_SEED_LEN], struct buf *out);

/* The table of defects, 0 ("none") first. `name` is what a command line takes, `what` one clause. */
struct simulator_defect {
    const char *name, *what;
    bool harmless; /* unusual, and to be accepted */
    bool one_kind; /* it exists in quotes of `kind` only, which are then made whatever the configuration says */
    enum simulator_kind kind;
};
size_t simulator_defect_count(void);
struct simulator_defect simulator_defect_at(size_t index);
/* False when there is none of that name. */
bool simulator_defect_find(const char *name, unsigned *index);
