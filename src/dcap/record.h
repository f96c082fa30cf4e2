/* Collateral that was verified, compiled to what the check of a quote needs. Made once (dcap_compile), kept, and used for every quote of that
 * platform: three signatures instead of nine. Freestanding.
 *
 * A record proves nothing by itself: whoever keeps one must keep it as safe as the root itself. It does not say that its dates still hold; every check of
 * a quote asks that anew. */
#pragma once
#include "base/buf.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"
#include "dcap/x509.h"

enum { DCAP_HASH_LEN = 32, DCAP_KEY_LEN = 64, DCAP_REVOKED_MAX = 2048 };

/* Certificates hold to the end of their window, lists before it. */
enum dcap_dated { DATED_ROOT, DATED_TCB_SIGNER, DATED_QE_SIGNER, DATED_CA, DATED_ROOT_CRL, DATED_PCK_CRL, DATED_COUNT };

/* A certificate authority: its key, and SHA-256 of its Name and of its whole certificate. */
struct dcap_authority {
    uint8_t key[DCAP_KEY_LEN], name[DCAP_HASH_LEN], certificate[DCAP_HASH_LEN];
};

struct dcap_record {
    struct dcap_authority root, ca;
    struct time_window dated[DATED_COUNT];
    struct slice root_revoked, pck_revoked; /* serial numbers, X509_SERIAL_MAX bytes each, zeros in front */
    struct tcb_info tcb;
    struct qe_identity qe;
};

/* When the record begins and ceases to hold: from `from` to before `until`. */
struct time_window dcap_record_window(const struct dcap_record *r);

/* A list made by this has the serial number. */
bool dcap_revoked_has(struct slice revoked, struct slice serial);

/* Bytes to keep, and back. False: not such bytes. Slices of the result are borrowed from them. */
void dcap_record_write(const struct dcap_record *r, struct buf *out);
bool dcap_record_read(struct slice bytes, struct dcap_record *out);
