/* X.509 certificates and revocation lists of Intel's profile (SGX PCK Certificate and CRL Profile Specification 1.5; RFC 5280): version 3 (lists: 2),
 * ecdsa-with-SHA256 in both places, keys on P-256 as uncompressed points, positive serial numbers of at most 20 bytes, no unknown critical
 * extension, none twice. Whatever is not so is not read. Freestanding; everything is borrowed from the bytes. */
#pragma once
#include "dcap/der.h"
#include "dcap/time.h"

enum { X509_SERIAL_MAX = 20, X509_NO_PATH_LEN = -1 };

enum x509_fault {
    X509_FINE,
    X509_BAD_FORM,      /* not DER of that shape */
    X509_BAD_ALGORITHM, /* not ecdsa-with-SHA256, or not a key on P-256 */
    X509_CRITICAL,      /* a critical extension that nobody here knows */
    X509_SGX_TWICE,     /* more than one SGX extension */
    X509_OTHER_TWICE,   /* more than one of another known extension */
};

struct x509_certificate {
    struct slice tbs; /* what is signed */
    struct slice serial;
    struct slice issuer, subject; /* Name, whole */
    struct slice common_name;     /* of the subject; empty: none */
    struct time_window valid;
    const uint8_t *key;    /* x ‖ y, 64 bytes */
    uint8_t signature[64]; /* r ‖ s */
    bool is_ca;
    int path_len; /* authorities allowed below; X509_NO_PATH_LEN: any number */
    bool has_usage, may_sign_certificates, may_sign_lists;
    struct slice sgx; /* value of the SGX extension; empty: none */
};

struct x509_list {
    struct slice tbs;
    struct slice issuer;
    struct time_window valid; /* thisUpdate, nextUpdate; the list holds before that */
    uint8_t signature[64];
    struct slice entries; /* checked; x509_list_next reads them */
    size_t count;
};

enum x509_fault x509_read(struct slice der, struct x509_certificate *out);
enum x509_fault x509_list_read(struct slice der, struct x509_list *out);

/* Gives one revoked serial number after the other; false past the last. `entries` starts as the list's. */
bool x509_list_next(struct slice *entries, struct slice *serial);
