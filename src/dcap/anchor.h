/* A trusted root: what of its certificate is asked. Whoever trusts one certificate for many verifications reads it once. Freestanding. */
#pragma once
#include "dcap/record.h"

struct dcap_crypto;

struct dcap_anchor {
    struct dcap_authority authority;
    struct time_window dated; /* inclusive; `until` is 0 when the certificate was none of an authority */
    bool allows_authorities;  /* its path length is not 0 */
};

/* Intel's root certificate, and the same read: "Intel SGX Root CA", valid until 2049. */
extern const struct slice dcap_intel_root;
extern const struct dcap_anchor dcap_intel_anchor;

/* Of a certificate in DER. False, and zeros, when it is not one of an authority. */
bool dcap_anchor_read(const struct dcap_crypto *crypto, struct slice der, struct dcap_anchor *out);
