/* Verification of quotes in services and tools: src/dcap with OpenSSL's cryptography and memory of its own. */
#pragma once
#include "base/buf.h"
#include "dcap/verify.h"

extern const struct dcap_crypto quote_check_crypto;

/* A verification and what it found. The zero value is empty; free with quote_check_free. `report` and `record` borrow from this and from the quote. */
struct quote_check {
    struct dcap_report report;
    struct dcap_record record; /* the compiled collateral, as far as report says that it was verified */
    struct dcap_collateral collateral;
    struct buf memory;
};

/* Verifies `quote` with the collateral's JSON under a root (DER) at `now`, seconds since 1970. True when every step passed: report.status says how new
 * the platform is. A collateral that cannot be read is a fault of the report like any other. */
bool quote_check_run(struct quote_check *c, struct slice root, struct slice quote, struct slice collateral_json, uint64_t now);
/* The collateral alone: reads, verifies and compiles it, and asks the dates. */
bool quote_check_collateral(struct quote_check *c, struct slice root, struct slice collateral_json, uint64_t now);

void quote_check_free(struct quote_check *c);

static inline void auto_quote_check(struct quote_check *c)
{
    quote_check_free(c);
}
