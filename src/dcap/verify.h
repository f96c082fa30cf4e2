/* Verification of a quote down to a root, by Intel's rules: everything that is signed is verified, everything that has a date holds at the time
 * asked about, and the platform's level is found. Freestanding: no memory but what is handed in, no cryptography but the caller's.
 *
 * Two ways over the same code:
 *
 *     dcap_verify                       a quote with its collateral, in one go: nine signatures
 *     dcap_compile, dcap_check_quote    collateral to a record once; then quote after quote against the record, three signatures each
 *
 * The result is the report: good when every step passed. What TCB status is good enough is the caller's own question (report.status,
 * report.advisories); only Revoked is always a fault.
 *
 * Source: Intel TDX DCAP Quote Verification Library API, section 4; where verifiers differ, Intel's rule or the stricter one. docs/verification.md lists
 * the differences. */
#pragma once
#include "dcap/anchor.h"
#include "dcap/collateral.h"
#include "dcap/record.h"
#include "dcap/report.h"

/* What the program brings: a contract the host's functions, a service OpenSSL's, a browser its own. */
struct dcap_crypto {
    void (*sha256)(struct slice bytes, uint8_t hash[32]);
    /* ECDSA on P-256: r ‖ s, the digest, x ‖ y. False too for a key that is no point, and for r or s out of range. Both halves of s are good. */
    bool (*p256_verify)(const uint8_t signature[64], const uint8_t digest[32], const uint8_t key[64]);
};

/* Verifies the collateral under `root`, which the caller trusts, and compiles it. Dates are not asked. Steps ROOT to PCK_CRL of *report get their
 * verdicts; true when all passed. Slices of *out are borrowed from the collateral and from `room`, which needs
 * DCAP_ROOM_LEN(bytes of the collateral), less what reading it took. */
bool dcap_compile(const struct dcap_crypto *crypto, const struct dcap_anchor *root, const struct dcap_collateral *collateral,
                  struct room *room, struct dcap_record *out, struct dcap_report *report);

/* Step DATES: everything that the record stands on holds at `now`, seconds since 1970. */
bool dcap_check_dates(const struct dcap_record *record, uint64_t now, struct dcap_report *report);

/* Reads a quote and its PCK certificate without verifying anything: to find out whose collateral it needs (report->pck.fmspc, if report->pck_code is
 * DCAP_NONE). False: report->fault says why. dcap_check_quote with the same report then goes on from there. Zeroes *report first. */
bool dcap_open_quote(struct slice quote, struct slice pck_chain, struct room *room, struct dcap_report *report);

/* Step DATES and all after it; *report is zeroed, or from dcap_compile or dcap_open_quote. `pck_chain` (PEM) is used in place of the quote's if it is not empty. `room` needs the length of the chain. The
 * report borrows from quote, record and room. */
bool dcap_check_quote(const struct dcap_crypto *crypto, const struct dcap_record *record, struct slice quote,
                      struct slice pck_chain, uint64_t now, struct room *room, struct dcap_report *report);

/* All of it, under a root certificate in DER. `record` is memory for the compiled collateral. */
bool dcap_verify(const struct dcap_crypto *crypto, struct slice root, struct slice quote,
                 const struct dcap_collateral *collateral, uint64_t now, struct room *room, struct dcap_record *record,
                 struct dcap_report *report);
