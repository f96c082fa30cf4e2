/* Pieces of the procedure that compile.c and verify.c share; not for others. */
#pragma once
#include "dcap/verify.h"

/* `signature` (r ‖ s) over `bytes` by `key` (x ‖ y). */
bool dcap_is_signed(const struct dcap_crypto *crypto, const uint8_t *signature, struct slice bytes, const uint8_t *key);

bool dcap_hashes_to(const struct dcap_crypto *crypto, struct slice bytes, const uint8_t expected[DCAP_HASH_LEN]);

/* What the fault is about is set by the caller of these. */
enum dcap_code dcap_read_certificate(struct slice der, struct x509_certificate *out);
/* Issuer, signature, revocation; not the dates. */
enum dcap_code dcap_check_issued(const struct dcap_crypto *crypto, const struct x509_certificate *cert,
                                 const struct dcap_authority *issuer, struct slice revoked);
/* May issue PCK certificates and their list. */
enum dcap_code dcap_check_authority(const struct x509_certificate *ca);
/* The PEM certificate is the trusted root: the same bytes, or another certificate of its name and key. */
enum dcap_code dcap_check_root_copy(const struct dcap_crypto *crypto, struct slice pem, struct room *room,
                                    const struct dcap_authority *root);
bool dcap_name_has(const struct x509_certificate *cert, struct slice phrase);
void dcap_authority_set(const struct dcap_crypto *crypto, const struct x509_certificate *cert, struct slice der,
                        struct dcap_authority *out);

/* Notes the step's end; says whether it passed. */
bool dcap_step_ended(struct dcap_report *report, enum dcap_step step, enum dcap_code code);
