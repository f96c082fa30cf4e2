/* Collateral to a record: every certificate, list and document is verified up to the root. */
#include "dcap/pem.h"
#include "dcap/steps.h"

struct compile {
    const struct dcap_crypto *crypto;
    const struct dcap_anchor *root;
    const struct dcap_collateral *from;
    struct room *room;
    struct dcap_record *out;
    struct dcap_fault *fault;
    const uint8_t *tcb_key, *qe_key; /* of the documents' signers */
};

static enum dcap_code check_root(struct compile *c)
{
    c->out->dated[DATED_ROOT] = c->root->dated;
    c->out->root = c->root->authority;
    return c->root->dated.until ? DCAP_NONE : DCAP_ROOT_FORM;
}

/* Lists. */

static enum dcap_code collect_serials(struct compile *c, const struct x509_list *list, struct slice *out)
{
    struct slice entries = list->entries, serial;
    size_t len = list->count * X509_SERIAL_MAX;
    uint8_t *to = list->count > DCAP_REVOKED_MAX ? NULL : room_take(c->room, len);
    if (!to)
        return DCAP_ROOM;
    *out = slice_from(to, len);
    __builtin_memset(to, 0, len);
    for (; x509_list_next(&entries, &serial); to += X509_SERIAL_MAX)
        __builtin_memcpy(to + X509_SERIAL_MAX - serial.len, serial.ptr, serial.len);
    return DCAP_NONE;
}

static enum dcap_code check_list(struct compile *c, struct slice der, const struct dcap_authority *issuer,
                                 struct time_window *window, struct slice *revoked)
{
    struct x509_list list;
    if (x509_list_read(der, &list))
        return DCAP_LIST_FORM;
    if (!dcap_hashes_to(c->crypto, list.issuer, issuer->name))
        return DCAP_LIST_ISSUER;
    if (!dcap_is_signed(c->crypto, list.signature, list.tbs, issuer->key))
        return DCAP_LIST_SIGNATURE;
    *window = (struct time_window){0, list.valid.until};
    return collect_serials(c, &list, revoked);
}

static enum dcap_code check_root_crl(struct compile *c)
{
    c->fault->about = DCAP_ABOUT_ROOT_CRL;
    return check_list(c, c->from->root_crl, &c->out->root, &c->out->dated[DATED_ROOT_CRL], &c->out->root_revoked);
}

static enum dcap_code check_pck_crl(struct compile *c)
{
    c->fault->about = DCAP_ABOUT_PCK_CRL;
    return check_list(c, c->from->pck_crl, &c->out->ca, &c->out->dated[DATED_PCK_CRL], &c->out->pck_revoked);
}

/* Chains of one certificate under the root; the root may follow. */

static enum dcap_code read_chain(struct compile *c, struct slice pem, enum dcap_code too_short, struct slice *der)
{
    struct pem_chain chain;
    if (!pem_read(pem, &chain) || chain.count == 0 || !pem_decode(chain.certs[0], c->room, der))
        return too_short;
    for (size_t i = 1; i < chain.count; i++) {
        enum dcap_code code = dcap_check_root_copy(c->crypto, chain.certs[i], c->room, &c->out->root);
        if (code) {
            c->fault->about = DCAP_ABOUT_CHAIN_ROOT;
            return code;
        }
    }
    return DCAP_NONE;
}

/* The first certificate of a chain, issued by the root; not its dates. */
static enum dcap_code read_issued(struct compile *c, struct slice pem, enum dcap_code too_short, struct slice *der,
                                  struct x509_certificate *out)
{
    enum dcap_code code = read_chain(c, pem, too_short, der);
    if (!code)
        code = dcap_read_certificate(*der, out);
    return code ? code : dcap_check_issued(c->crypto, out, &c->out->root, c->out->root_revoked);
}

/* A signer of documents: not an authority, named as one. */
static enum dcap_code check_signer(struct compile *c, struct slice pem, enum dcap_code too_short, const uint8_t **key,
                                   struct time_window *dated)
{
    struct slice der;
    struct x509_certificate signer;
    enum dcap_code code = read_issued(c, pem, too_short, &der, &signer);
    if (code)
        return code;
    *key = signer.key;
    *dated = signer.valid;
    if (signer.is_ca)
        return DCAP_CERT_IS_CA;
    return dcap_name_has(&signer, SLICE("SGX TCB Signing")) ? DCAP_NONE : DCAP_CERT_NAME;
}

static enum dcap_code check_tcb_signer(struct compile *c)
{
    c->fault->about = DCAP_ABOUT_TCB_SIGNER;
    return check_signer(c, c->from->tcb_info.chain, DCAP_TCB_CHAIN_SHORT, &c->tcb_key, &c->out->dated[DATED_TCB_SIGNER]);
}

/* As a rule both documents come with the same chain, which is then verified once. */
static enum dcap_code check_qe_signer(struct compile *c)
{
    c->fault->about = DCAP_ABOUT_QE_SIGNER;
    c->qe_key = c->tcb_key;
    c->out->dated[DATED_QE_SIGNER] = c->out->dated[DATED_TCB_SIGNER];
    if (slice_eq(c->from->qe_identity.chain, c->from->tcb_info.chain))
        return DCAP_NONE;
    return check_signer(c, c->from->qe_identity.chain, DCAP_QE_CHAIN_SHORT, &c->qe_key, &c->out->dated[DATED_QE_SIGNER]);
}

static enum dcap_code check_ca(struct compile *c)
{
    struct slice der;
    struct x509_certificate ca;
    c->fault->about = DCAP_ABOUT_CA;
    enum dcap_code code = read_issued(c, c->from->pck_crl_chain, DCAP_CA_CHAIN_SHORT, &der, &ca);
    if (!code)
        code = dcap_check_authority(&ca);
    if (code)
        return code;
    c->out->dated[DATED_CA] = ca.valid;
    dcap_authority_set(c->crypto, &ca, der, &c->out->ca);
    if (c->root->allows_authorities)
        return DCAP_NONE;
    c->fault->about = DCAP_ABOUT_ROOT;
    return DCAP_CERT_PATH_LEN;
}

/* Documents. */

static enum dcap_code document_code(struct compile *c, enum dcap_code code, const struct document_fault *why)
{
    c->fault->what = why->what;
    c->fault->number = why->at;
    return code;
}

static enum dcap_code check_tcb_info(struct compile *c)
{
    struct document_fault why;
    const struct dcap_document *d = &c->from->tcb_info;
    if (!dcap_is_signed(c->crypto, d->signature.ptr, d->text, c->tcb_key))
        return DCAP_TCB_SIGNATURE;
    return tcb_info_read(d->text, &c->out->tcb, &why) ? DCAP_NONE : document_code(c, DCAP_TCB_FORM, &why);
}

static enum dcap_code check_qe_identity(struct compile *c)
{
    struct document_fault why;
    const struct dcap_document *d = &c->from->qe_identity;
    if (!dcap_is_signed(c->crypto, d->signature.ptr, d->text, c->qe_key))
        return DCAP_QE_SIGNATURE;
    return qe_identity_read(d->text, &c->out->qe, &why) ? DCAP_NONE : document_code(c, DCAP_QE_FORM, &why);
}

bool dcap_compile(const struct dcap_crypto *crypto, const struct dcap_anchor *root, const struct dcap_collateral *collateral,
                  struct room *room, struct dcap_record *out, struct dcap_report *report)
{
    static enum dcap_code (*const steps[])(struct compile *) = {
        [DCAP_STEP_ROOT] = check_root,
        [DCAP_STEP_ROOT_CRL] = check_root_crl,
        [DCAP_STEP_TCB_SIGNER] = check_tcb_signer,
        [DCAP_STEP_TCB_INFO] = check_tcb_info,
        [DCAP_STEP_QE_SIGNER] = check_qe_signer,
        [DCAP_STEP_QE_IDENTITY] = check_qe_identity,
        [DCAP_STEP_PCK_CA] = check_ca,
        [DCAP_STEP_PCK_CRL] = check_pck_crl,
    };
    struct compile c = {.crypto = crypto, .root = root, .from = collateral, .room = room, .out = out, .fault = &report->fault};
    for (size_t i = DCAP_STEP_ROOT; i <= DCAP_STEP_PCK_CRL; i++) {
        if (!dcap_step_ended(report, (enum dcap_step)i, steps[i](&c)))
            return false;
    }
    report->record = out;
    return true;
}
