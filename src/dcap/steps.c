#include "dcap/steps.h"
#include "dcap/pem.h"

bool dcap_is_signed(const struct dcap_crypto *crypto, const uint8_t *signature, struct slice bytes, const uint8_t *key)
{
    uint8_t digest[DCAP_HASH_LEN];
    crypto->sha256(bytes, digest);
    return crypto->p256_verify(signature, digest, key);
}

enum dcap_code dcap_read_certificate(struct slice der, struct x509_certificate *out)
{
    switch (x509_read(der, out)) {
    case X509_FINE:
        return DCAP_NONE;
    case X509_BAD_ALGORITHM:
        return DCAP_CERT_ALGORITHM;
    case X509_CRITICAL:
        return DCAP_CERT_CRITICAL;
    case X509_SGX_TWICE:
        return DCAP_PCK_TWO_EXTENSIONS;
    default:
        return DCAP_CERT_FORM;
    }
}

bool dcap_hashes_to(const struct dcap_crypto *crypto, struct slice bytes, const uint8_t expected[DCAP_HASH_LEN])
{
    uint8_t hash[DCAP_HASH_LEN];
    crypto->sha256(bytes, hash);
    return __builtin_memcmp(hash, expected, sizeof hash) == 0;
}

enum dcap_code dcap_check_issued(const struct dcap_crypto *crypto, const struct x509_certificate *cert,
                                 const struct dcap_authority *issuer, struct slice revoked)
{
    if (!dcap_hashes_to(crypto, cert->issuer, issuer->name))
        return DCAP_CERT_ISSUER;
    if (!dcap_is_signed(crypto, cert->signature, cert->tbs, issuer->key))
        return DCAP_CERT_SIGNATURE;
    return dcap_revoked_has(revoked, cert->serial) ? DCAP_CERT_REVOKED : DCAP_NONE;
}

enum dcap_code dcap_check_authority(const struct x509_certificate *ca)
{
    bool may = ca->is_ca && (!ca->has_usage || (ca->may_sign_certificates && ca->may_sign_lists));
    if (!may)
        return DCAP_CERT_NOT_CA;
    return dcap_name_has(ca, SLICE("CA")) ? DCAP_NONE : DCAP_CERT_NAME;
}

enum dcap_code dcap_check_root_copy(const struct dcap_crypto *crypto, struct slice pem, struct room *room,
                                    const struct dcap_authority *root)
{
    struct slice der;
    struct x509_certificate copy;
    if (!pem_decode(pem, room, &der))
        return DCAP_CERT_FORM;
    if (dcap_hashes_to(crypto, der, root->certificate))
        return DCAP_NONE;
    enum dcap_code code = dcap_read_certificate(der, &copy);
    if (code)
        return code;
    bool same = dcap_hashes_to(crypto, copy.subject, root->name) && __builtin_memcmp(copy.key, root->key, DCAP_KEY_LEN) == 0;
    return same ? DCAP_NONE : DCAP_CERT_ROOT;
}

bool dcap_name_has(const struct x509_certificate *cert, struct slice phrase)
{
    for (struct slice rest = cert->common_name; rest.len >= phrase.len; rest = slice_skip(rest, 1)) {
        if (slice_starts_with(rest, phrase))
            return true;
    }
    return false;
}

void dcap_authority_set(const struct dcap_crypto *crypto, const struct x509_certificate *cert, struct slice der,
                        struct dcap_authority *out)
{
    __builtin_memcpy(out->key, cert->key, DCAP_KEY_LEN);
    crypto->sha256(cert->subject, out->name);
    crypto->sha256(der, out->certificate);
}

bool dcap_step_ended(struct dcap_report *report, enum dcap_step step, enum dcap_code code)
{
    report->verdicts[step] = code ? DCAP_FAIL : DCAP_PASS;
    report->fault.code = code;
    return !code;
}
