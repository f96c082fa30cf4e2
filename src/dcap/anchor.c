#include "dcap/anchor.h"
#include "dcap/steps.h"

bool dcap_anchor_read(const struct dcap_crypto *crypto, struct slice der, struct dcap_anchor *out)
{
    struct x509_certificate root;
    *out = (struct dcap_anchor){0};
    if (x509_read(der, &root) || !root.is_ca || (root.has_usage && !root.may_sign_certificates))
        return false;
    dcap_authority_set(crypto, &root, der, &out->authority);
    out->dated = root.valid;
    out->allows_authorities = root.path_len != 0;
    return true;
}
