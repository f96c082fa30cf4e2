/* A quote against a record. */
#include "dcap/verify.h"
#include "dcap/pem.h"
#include "dcap/steps.h"

struct check {
    const struct dcap_crypto *crypto;
    const struct dcap_record *record;
    struct slice bytes, pck_chain;
    struct room *room;
    struct dcap_report *report;
    struct dcap_fault *fault;
};

/* Dates. */

static enum dcap_code out_of_window(struct dcap_fault *fault, uint64_t bound, uint64_t now, enum dcap_code code)
{
    fault->number = bound;
    fault->limit = now;
    return code;
}

/* `until` is inclusive. What the fault is about is set by the caller. */
static enum dcap_code check_window(const struct time_window *w, uint64_t now, enum dcap_code early, enum dcap_code late,
                                   struct dcap_fault *fault)
{
    if (now < w->from)
        return out_of_window(fault, w->from, now, early);
    return now > w->until ? out_of_window(fault, w->until, now, late) : DCAP_NONE;
}

static enum dcap_code check_certificate_date(const struct x509_certificate *cert, uint64_t now, struct dcap_fault *fault)
{
    return check_window(&cert->valid, now, DCAP_CERT_NOT_YET, DCAP_CERT_EXPIRED, fault);
}

_Static_assert(DCAP_ABOUT_PCK_CRL == DCAP_ABOUT_ROOT + (int)DATED_PCK_CRL, "the dated ones in their order");

static enum dcap_code find_date_fault(const struct dcap_record *r, uint64_t now, struct dcap_fault *fault)
{
    enum dcap_code code = check_window(&r->tcb.valid, now, DCAP_TCB_FUTURE, DCAP_TCB_EXPIRED, fault);
    if (!code)
        code = check_window(&r->qe.valid, now, DCAP_QE_FUTURE, DCAP_QE_EXPIRED, fault);
    for (size_t i = 0; i < DATED_COUNT && !code; i++) {
        fault->about = (enum dcap_subject)(DCAP_ABOUT_ROOT + i);
        if (i < DATED_ROOT_CRL)
            code = check_window(&r->dated[i], now, DCAP_CERT_NOT_YET, DCAP_CERT_EXPIRED, fault);
        else if (now >= r->dated[i].until)
            code = out_of_window(fault, r->dated[i].until, now, DCAP_LIST_EXPIRED);
    }
    return code;
}

bool dcap_check_dates(const struct dcap_record *record, uint64_t now, struct dcap_report *report)
{
    report->now = now;
    report->record = record;
    return dcap_step_ended(report, DCAP_STEP_DATES, find_date_fault(record, now, &report->fault));
}

/* The quote's form. */

static enum dcap_code quote_code(enum quote_fault fault)
{
    static const uint8_t codes[] = {
        [QUOTE_FINE] = DCAP_NONE,
        [QUOTE_SHORT] = DCAP_QUOTE_SHORT,
        [QUOTE_TOO_LONG] = DCAP_QUOTE_LONG,
        [QUOTE_LEFTOVER] = DCAP_QUOTE_LEFTOVER,
        [QUOTE_BAD_VERSION] = DCAP_QUOTE_VERSION,
        [QUOTE_BAD_TEE] = DCAP_QUOTE_TEE,
        [QUOTE_SGX_VERSION] = DCAP_QUOTE_SGX_VERSION,
        [QUOTE_TDX_VERSION] = DCAP_QUOTE_TDX_VERSION,
        [QUOTE_BAD_KEY_TYPE] = DCAP_QUOTE_KEY_TYPE,
        [QUOTE_BAD_BODY] = DCAP_QUOTE_BODY,
        [QUOTE_BAD_DATA] = DCAP_QUOTE_DATA,
        [QUOTE_BAD_VENDOR] = DCAP_QUOTE_VENDOR,
    };
    _Static_assert(DCAP_CODE_COUNT <= UINT8_MAX, "codes fit a byte");
    return (enum dcap_code)codes[fault];
}

static enum dcap_code read_quote(struct slice bytes, struct dcap_report *report)
{
    enum quote_fault fault = quote_read(bytes, &report->quote);
    report->fault.number = report->quote.tee_type;
    return quote_code(fault);
}

/* The PCK certificate. */

static enum dcap_code find_chain(const struct quote *q, struct slice instead, struct pem_chain *chain, struct dcap_fault *fault)
{
    fault->number = q->data_type;
    if (!instead.len && q->data_type != QUOTE_DATA_PCK_CHAIN)
        return DCAP_PCK_DATA;
    return pem_read(instead.len ? instead : q->data, chain) && chain->count > 1 ? DCAP_NONE : DCAP_PCK_CHAIN_SHORT;
}

static enum dcap_code read_pck(const struct x509_certificate *leaf, struct pck *out)
{
    static const uint8_t codes[] = {
        [PCK_FINE] = DCAP_NONE,
        [PCK_BAD_FORM] = DCAP_PCK_FORM,
        [PCK_BAD_FMSPC] = DCAP_PCK_FMSPC,
        [PCK_BAD_CPU_SVN] = DCAP_PCK_CPU_SVN,
        [PCK_BAD_PCE_SVN] = DCAP_PCK_PCE_SVN,
        [PCK_BAD_COMPONENT] = DCAP_PCK_FORM,
    };
    return leaf->sgx.len ? (enum dcap_code)codes[pck_read(leaf->sgx, out)] : DCAP_PCK_NO_EXTENSION;
}

static enum dcap_code read_leaf(struct slice pck_chain, struct room *room, struct dcap_report *report)
{
    struct slice der;
    enum dcap_code code = find_chain(&report->quote, pck_chain, &report->chain, &report->fault);
    if (code)
        return code;
    report->fault.about = DCAP_ABOUT_PCK;
    if (!pem_decode(report->chain.certs[0], room, &der))
        return DCAP_CERT_FORM;
    code = dcap_read_certificate(der, &report->leaf);
    report->opened = !code;
    if (!code)
        report->pck_code = read_pck(&report->leaf, &report->pck);
    return code;
}

bool dcap_open_quote(struct slice quote, struct slice pck_chain, struct room *room, struct dcap_report *report)
{
    __builtin_memset(report, 0, sizeof *report);
    report->fault.code = read_quote(quote, report);
    if (!report->fault.code)
        report->fault.code = read_leaf(pck_chain, room, report);
    return report->opened;
}

static enum dcap_code check_quote(struct check *c)
{
    return c->report->opened ? DCAP_NONE : read_quote(c->bytes, c->report);
}

/* The authority that the chain names: the one of the record, or another certificate of it that the root signed. */
static enum dcap_code check_authority_copy(struct check *c, struct slice pem)
{
    struct slice der;
    struct x509_certificate ca;
    uint8_t hash[DCAP_HASH_LEN];
    if (!pem_decode(pem, c->room, &der))
        return DCAP_CERT_FORM;
    c->crypto->sha256(der, hash);
    if (__builtin_memcmp(hash, c->record->ca.certificate, sizeof hash) == 0)
        return DCAP_NONE;
    enum dcap_code code = dcap_read_certificate(der, &ca);
    if (!code)
        code = dcap_check_issued(c->crypto, &ca, &c->record->root, c->record->root_revoked);
    if (!code)
        code = dcap_check_authority(&ca);
    return code ? code : check_certificate_date(&ca, c->report->now, c->fault);
}

static enum dcap_code check_rest_of_chain(struct check *c)
{
    const struct pem_chain *chain = &c->report->chain;
    c->fault->about = DCAP_ABOUT_QUOTE_CA;
    enum dcap_code code = check_authority_copy(c, chain->certs[1]);
    for (size_t i = 2; i < chain->count && !code; i++) {
        c->fault->about = DCAP_ABOUT_QUOTE_ROOT;
        code = dcap_check_root_copy(c->crypto, chain->certs[i], c->room, &c->record->root);
    }
    return code;
}

static enum dcap_code check_pck_chain(struct check *c)
{
    const struct x509_certificate *leaf = &c->report->leaf;
    enum dcap_code code = c->report->opened ? DCAP_NONE : read_leaf(c->pck_chain, c->room, c->report);
    c->fault->about = DCAP_ABOUT_PCK;
    if (!code)
        code = dcap_check_issued(c->crypto, leaf, &c->record->ca, c->record->pck_revoked);
    if (!code)
        code = check_certificate_date(leaf, c->report->now, c->fault);
    if (code)
        return code;
    if (leaf->is_ca)
        return DCAP_CERT_IS_CA;
    return dcap_name_has(leaf, SLICE("SGX PCK Certificate")) ? check_rest_of_chain(c) : DCAP_CERT_NAME;
}

static enum dcap_code check_pck(struct check *c)
{
    return c->report->pck_code;
}

/* `code` unless both are equal, under the mask if there is one. */
static enum dcap_code compare(struct dcap_fault *fault, const uint8_t *expected, const uint8_t *found, const uint8_t *mask,
                              size_t len, enum dcap_code code)
{
    fault->expected = slice_from(expected, len);
    fault->found = slice_from(found, len);
    for (size_t i = 0; i < len; i++) {
        fault->number = i;
        if ((found[i] ^ expected[i]) & (mask ? mask[i] : 0xff))
            return code;
    }
    return DCAP_NONE;
}

static enum dcap_code check_platform(struct check *c)
{
    const struct tcb_info *tcb = &c->record->tcb;
    bool is_tdx = c->report->quote.td != NULL;
    if (is_tdx && (!tcb->is_tdx || tcb->version < 3))
        return DCAP_TCB_NOT_TDX;
    if (!is_tdx && (tcb->is_tdx || tcb->version < 2))
        return DCAP_TCB_NOT_SGX;
    enum dcap_code code = compare(c->fault, tcb->fmspc, c->report->pck.fmspc, NULL, PCK_FMSPC_LEN, DCAP_FMSPC);
    return code ? code : compare(c->fault, tcb->pce_id, c->report->pck.pce_id, NULL, PCK_PCE_ID_LEN, DCAP_PCE_ID);
}

/* The quoting enclave. */

static enum dcap_code check_qe_report(struct check *c)
{
    const struct quote *q = &c->report->quote;
    bool ok = dcap_is_signed(c->crypto, q->qe_signature, slice_from(q->qe, sizeof *q->qe), c->report->leaf.key);
    return ok ? DCAP_NONE : DCAP_QE_REPORT_SIGNATURE;
}

enum { QE_AUTH_LEN = 32, SGX_DEBUG = 2 };

static enum dcap_code check_attestation_key(struct check *c)
{
    static const uint8_t zeros[32];
    const struct quote *q = &c->report->quote;
    uint8_t bytes[QUOTE_KEY_LEN + QE_AUTH_LEN], hash[DCAP_HASH_LEN];
    if (q->qe_auth_data.len != QE_AUTH_LEN)
        return DCAP_QE_AUTH_LEN;
    __builtin_memcpy(bytes, q->key, QUOTE_KEY_LEN);
    __builtin_memcpy(bytes + QUOTE_KEY_LEN, q->qe_auth_data.ptr, QE_AUTH_LEN);
    c->crypto->sha256(slice_from(bytes, sizeof bytes), hash);
    bool ok = __builtin_memcmp(q->qe->report_data, hash, sizeof hash) == 0 &&
              __builtin_memcmp(q->qe->report_data + sizeof hash, zeros, sizeof zeros) == 0;
    return ok ? DCAP_NONE : DCAP_QE_REPORT_HASH;
}

static enum dcap_code check_qe_identity_tee(struct check *c)
{
    const struct qe_identity *id = &c->record->qe;
    bool is_tdx = c->report->quote.td != NULL, known = id->version == 2 || (is_tdx && id->version == 3);
    c->fault->what = id->is_tdx ? SLICE("TD_QE") : SLICE("QE");
    c->fault->number = id->version;
    return id->is_tdx == is_tdx && known ? DCAP_NONE : DCAP_QE_TEE;
}

static enum dcap_code check_qe_level(struct check *c)
{
    const struct tcb_svn_levels *levels = &c->record->qe.levels;
    uint16_t svn = quote_u16(c->report->quote.qe->isv_svn);
    c->report->qe_level = tcb_match_svn(levels, svn);
    if (c->report->qe_level)
        return DCAP_NONE;
    if (levels->count == 0)
        return DCAP_QE_NO_LEVELS;
    c->fault->number = svn;
    c->fault->limit = levels->of[levels->count - 1].svn;
    return DCAP_QE_SVN;
}

static enum dcap_code check_qe_policy(struct check *c)
{
    const struct sgx_report *qe = c->report->quote.qe;
    const struct qe_identity *id = &c->record->qe;
    enum dcap_code code = check_qe_identity_tee(c);
    if (!code)
        code = compare(c->fault, id->signer, qe->mr_signer, NULL, sizeof id->signer, DCAP_QE_SIGNER);
    if (code)
        return code;
    if (qe->attributes[0] & SGX_DEBUG)
        return DCAP_QE_DEBUG;
    c->fault->number = id->prod_id;
    c->fault->limit = quote_u16(qe->isv_prod_id);
    if (c->fault->number != c->fault->limit)
        return DCAP_QE_PROD_ID;
    code = compare(c->fault, id->misc_select, qe->misc_select, id->misc_select_mask, sizeof id->misc_select, DCAP_QE_MISC);
    if (!code)
        code =
            compare(c->fault, id->attributes, qe->attributes, id->attributes_mask, sizeof id->attributes, DCAP_QE_ATTRIBUTES);
    return code ? code : check_qe_level(c);
}

static enum dcap_code check_quote_signature(struct check *c)
{
    const struct quote *q = &c->report->quote;
    return dcap_is_signed(c->crypto, q->signature, q->signed_part, q->key) ? DCAP_NONE : DCAP_QUOTE_SIGNATURE;
}

/* Levels. */

static enum dcap_code check_level(struct check *c)
{
    const struct tcb_info *tcb = &c->record->tcb;
    const struct td_report *td = c->report->quote.td;
    const uint8_t *svn = td ? td->tee_tcb_svn : NULL;
    for (size_t i = 0; td && i < tcb->level_count; i++) {
        if (!tcb->levels[i].has_tdx)
            return DCAP_NO_TDX;
    }
    c->report->level = tcb_match(tcb->levels, tcb->level_count, &c->report->pck, svn, td ? tcb_start_of(svn) : 0);
    c->report->level_all = tcb_match(tcb->levels, tcb->level_count, &c->report->pck, svn, 0);
    return c->report->level ? DCAP_NONE : DCAP_NO_LEVEL;
}

/* The identity for the module of this version: `tdxModule` for version 0, else the one of the list. */
static enum dcap_code find_module(const struct tcb_info *tcb, const uint8_t *svn, const struct tcb_module **out,
                                  struct dcap_fault *fault)
{
    if (!tcb->has_module)
        return DCAP_MODULE_MISSING;
    *out = &tcb->module;
    if (svn[1] == 0)
        return DCAP_NONE;
    for (size_t i = 0; i < tcb->identity_count; i++) {
        *out = &tcb->identities[i];
        if ((*out)->version == svn[1])
            return DCAP_NONE;
    }
    fault->found = slice_from(svn + 1, 1);
    return DCAP_MODULE_UNKNOWN;
}

/* *is is NULL for `tdxModule`, which has no levels. */
static enum dcap_code find_module_level(const struct tcb_module *module, const uint8_t *svn, const struct tcb_verdict **is,
                                        struct dcap_fault *fault)
{
    const struct tcb_svn_level *level = tcb_match_svn(&module->levels, svn[0]);
    *is = level ? &level->is : NULL;
    fault->number = svn[0];
    return level || svn[1] == 0 ? DCAP_NONE : DCAP_MODULE_SVN;
}

static enum dcap_code check_module(struct check *c)
{
    const struct td_report *td = c->report->quote.td;
    if (!td)
        return DCAP_NONE;
    enum dcap_code code = find_module(&c->record->tcb, td->tee_tcb_svn, &c->report->module, c->fault);
    if (code)
        return code;
    const struct tcb_module *m = c->report->module;
    code = compare(c->fault, m->signer, td->mr_signer_seam, NULL, sizeof m->signer, DCAP_MODULE_SIGNER);
    if (code)
        return code;
    code =
        compare(c->fault, m->attributes, td->seam_attributes, m->attributes_mask, sizeof m->attributes, DCAP_MODULE_ATTRIBUTES);
    for (size_t i = 0; i < sizeof m->attributes && !code; i++) {
        if (td->seam_attributes[i] & ~m->attributes_mask[i])
            code = DCAP_MODULE_ATTRIBUTES;
    }
    if (code)
        return code;
    return find_module_level(m, td->tee_tcb_svn, &c->report->module_is, c->fault);
}

static enum tcb_status merge(const struct dcap_report *r, enum tcb_status platform, const struct tcb_verdict *module)
{
    if (module)
        platform = tcb_merge(platform, module->status);
    return tcb_merge(platform, r->qe_level->is.status);
}

static void add_advisories(struct dcap_report *r, struct slice list)
{
    struct slice advisory;
    while (tcb_next_advisory(&list, &advisory)) {
        size_t i = 0;
        while (i < r->advisory_count && !slice_eq(r->advisories[i], advisory))
            i++;
        if (i == r->advisory_count && i < TCB_ADVISORIES_MAX)
            r->advisories[r->advisory_count++] = advisory;
    }
}

/* TD 1.5 says too which module is loaded now: it must have a level, and if it is better than the one that the TD was started under, then starting the
 * TD anew makes it as good. */
static enum dcap_code check_relaunch(struct check *c)
{
    const struct tcb_info *tcb = &c->record->tcb;
    struct dcap_report *r = c->report;
    const uint8_t *svn = r->quote.td_15->tee_tcb_svn2;
    const struct tcb_module *module;
    const struct tcb_verdict *is;
    const struct tcb_level *level = tcb_match(tcb->levels, tcb->level_count, &r->pck, svn, tcb_start_of(svn));
    if (!level)
        return DCAP_NO_LEVEL_NOW;
    enum dcap_code code = find_module(tcb, svn, &module, c->fault);
    if (!code)
        code = find_module_level(module, svn, &is, c->fault);
    if (!code)
        r->relaunch_advised = r->status >= TCB_OUT_OF_DATE && merge(r, level->is.status, is) < TCB_OUT_OF_DATE;
    return code;
}

static enum dcap_code check_status(struct check *c)
{
    struct dcap_report *r = c->report;
    r->status = merge(r, r->level->is.status, r->module_is);
    add_advisories(r, r->level->is.advisories);
    if (r->module_is)
        add_advisories(r, r->module_is->advisories);
    add_advisories(r, r->qe_level->is.advisories);
    if (r->status == TCB_REVOKED)
        return DCAP_REVOKED;
    return r->quote.td_15 ? check_relaunch(c) : DCAP_NONE;
}

/* What the TD may be. Intel TDX module base architecture specification, ATTRIBUTES. */
#define TD_DEBUG           UINT64_C(0x01)
#define TD_DEBUG_GROUP     UINT64_C(0xff)               /* reserved, but for DEBUG */
#define TD_REFUSED         UINT64_C(0xffffffff2fffff00) /* reserved, LASS, MIGRATABLE, PERFMON */
#define TD_SEPT_VE_DISABLE UINT64_C(0x10000000)

static enum dcap_code check_td_attributes(const uint8_t bytes[8])
{
    uint64_t attributes;
    __builtin_memcpy(&attributes, bytes, sizeof attributes); /* little endian, as all machines are that this is for */
    if (attributes & TD_DEBUG)
        return DCAP_DEBUG;
    if (attributes & TD_DEBUG_GROUP)
        return DCAP_DEBUG_GROUP;
    if (attributes & TD_REFUSED)
        return DCAP_RESERVED;
    return attributes & TD_SEPT_VE_DISABLE ? DCAP_NONE : DCAP_SEPT_VE;
}

static enum dcap_code check_td_policy(struct check *c)
{
    static const uint8_t zeros[48];
    const struct quote *q = &c->report->quote;
    if (q->enclave)
        return q->enclave->attributes[0] & SGX_DEBUG ? DCAP_DEBUG : DCAP_NONE;
    if (q->td_15) {
        enum dcap_code code = compare(c->fault, zeros, q->td_15->mr_service_td, NULL, sizeof zeros, DCAP_SERVICE_TD);
        if (code)
            return code;
    }
    return check_td_attributes(q->td->td_attributes);
}

bool dcap_check_quote(const struct dcap_crypto *crypto, const struct dcap_record *record, struct slice quote,
                      struct slice pck_chain, uint64_t now, struct room *room, struct dcap_report *report)
{
    enum { FIRST = DCAP_STEP_QUOTE };
    static enum dcap_code (*const steps[DCAP_STEP_COUNT - FIRST])(struct check *) = {
        [DCAP_STEP_QUOTE - FIRST] = check_quote,
        [DCAP_STEP_PCK_CHAIN - FIRST] = check_pck_chain,
        [DCAP_STEP_PCK - FIRST] = check_pck,
        [DCAP_STEP_PLATFORM - FIRST] = check_platform,
        [DCAP_STEP_QE_REPORT - FIRST] = check_qe_report,
        [DCAP_STEP_ATTESTATION_KEY - FIRST] = check_attestation_key,
        [DCAP_STEP_QE_POLICY - FIRST] = check_qe_policy,
        [DCAP_STEP_QUOTE_SIGNATURE - FIRST] = check_quote_signature,
        [DCAP_STEP_TCB_LEVEL - FIRST] = check_level,
        [DCAP_STEP_TDX_MODULE - FIRST] = check_module,
        [DCAP_STEP_TCB_STATUS - FIRST] = check_status,
        [DCAP_STEP_TD_POLICY - FIRST] = check_td_policy,
    };
    struct check c = {crypto, record, quote, pck_chain, room, report, &report->fault};
    if (!dcap_check_dates(record, now, report))
        return false;
    for (size_t i = FIRST; i < DCAP_STEP_COUNT; i++) {
        if (!dcap_step_ended(report, (enum dcap_step)i, steps[i - FIRST](&c)))
            return false;
    }
    return true;
}

bool dcap_verify(const struct dcap_crypto *crypto, struct slice root, struct slice quote,
                 const struct dcap_collateral *collateral, uint64_t now, struct room *room, struct dcap_record *record,
                 struct dcap_report *report)
{
    struct dcap_anchor anchor;
    __builtin_memset(report, 0, sizeof *report);
    dcap_anchor_read(crypto, root, &anchor);
    return dcap_compile(crypto, &anchor, collateral, room, record, report) &&
           dcap_check_quote(crypto, record, quote, collateral->pck_chain, now, room, report);
}
