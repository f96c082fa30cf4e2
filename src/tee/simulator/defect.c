/* The table of defects: each names the values of the plan that it changes. */
#include "tee/simulator/plan.h"
#include <string.h>

enum change_kind { CHANGE_NOTHING, CHANGE_NUMBER, CHANGE_TIME, CHANGE_TEXT };

struct change {
    enum change_kind kind;
    size_t offset, len; /* in struct sim_plan */
    int64_t number;     /* CHANGE_TIME: seconds from now */
    const char *text;
};

#define FIELD(field)       offsetof(struct sim_plan, field), sizeof(((struct sim_plan *)0)->field)
#define SET(field, value)  {CHANGE_NUMBER, FIELD(field), (value), NULL}
#define AT(field, seconds) {CHANGE_TIME, FIELD(field), (seconds), NULL}
#define PUT(field, value)  {CHANGE_TEXT, FIELD(field), 0, (value)}
/* `a` becomes `b` in the text of TCB info or QE identity. */
#define TCB_EDIT(a, b) PUT(tcb.edit.find, a), PUT(tcb.edit.put, b)
#define QE_EDIT(a, b)  PUT(qe.edit.find, a), PUT(qe.edit.put, b)

enum { CHANGES_MAX = 6 };

struct row {
    struct simulator_defect is;
    struct change changes[CHANGES_MAX];
};

#define BAD(name, what, ...)           \
    {                                  \
        {name, what, false, false, 0}, \
        {                              \
            __VA_ARGS__                \
        }                              \
    }
#define FINE(name, what, ...)         \
    {                                 \
        {name, what, true, false, 0}, \
        {                             \
            __VA_ARGS__               \
        }                             \
    }
#define BAD_V4(name, what, ...)                      \
    {                                                \
        {name, what, false, true, SIMULATOR_TDX_V4}, \
        {                                            \
            __VA_ARGS__                              \
        }                                            \
    }
#define BAD_V5(name, what, ...)                      \
    {                                                \
        {name, what, false, true, SIMULATOR_TDX_V5}, \
        {                                            \
            __VA_ARGS__                              \
        }                                            \
    }
#define BAD_SGX(name, what, ...)                     \
    {                                                \
        {name, what, false, true, SIMULATOR_SGX_V3}, \
        {                                            \
            __VA_ARGS__                              \
        }                                            \
    }
#define FINE_V5(name, what, ...)                    \
    {                                               \
        {name, what, true, true, SIMULATOR_TDX_V5}, \
        {                                           \
            __VA_ARGS__                             \
        }                                           \
    }
#define FINE_TDX(name, what, ...)                   \
    {                                               \
        {name, what, true, true, SIMULATOR_TDX_V4}, \
        {                                           \
            __VA_ARGS__                             \
        }                                           \
    }

static const struct row rows[] = {
    {{"none", "nothing is wrong", true, false, 0}, {{0}}},

    /* the quote's form */
    BAD("not-a-quote", "the quote is a sentence",
        PUT(quote.instead, "this is a sentence and not a quote, long enough to hold a header and more of it")),
    BAD("empty-quote", "there are no bytes", PUT(quote.instead, "")),
    BAD("truncated-header", "the quote ends inside of its header", SET(quote.keep, 40)),
    BAD("truncated-body", "the quote ends inside of its report", SET(quote.keep, 300)),
    BAD("truncated-signature", "the quote ends inside of its signature section", SET(quote.keep, 900)),
    BAD("version-6", "the header says version 6", SET(quote.version, 6)),
    BAD_V4("version-3-tdx", "a TDX quote says version 3", SET(quote.version, 3)),
    BAD_SGX("version-4-sgx", "an SGX quote says version 4", SET(quote.version, 4)),
    BAD("key-type-3", "the attestation key is said to be P-384", SET(quote.key_type, 3)),
    BAD("tee-type", "the TEE type is neither SGX's nor TDX's", SET(quote.tee_type, 0x82)),
    BAD("vendor", "the quoting enclave is not Intel's by its vendor id", SET(quote.vendor[0], 0)),
    BAD("auth-length", "the signature section is said to be longer than the quote", SET(quote.auth_len_error, 100000)),
    BAD("auth-leftover", "a byte is left over in the signature section", SET(quote.auth_extra, 1), SET(quote.padding, 0)),
    BAD_V4("outer-leftover", "a byte is left over in the QE certification data", SET(quote.outer_extra, 1)),
    BAD("inner-leftover", "bytes are left over behind the certificate chain", SET(quote.inner_extra, 2)),
    BAD("chain-leftover", "text stands behind the last certificate of the quote", SET(quote.chain_leftover, true)),
    BAD_V4("outer-type", "the certification data is not of type 6", SET(quote.outer_type, 5)),
    BAD("inner-type", "the quote names its PCK by an encrypted PPID and no chain comes with the collateral",
        SET(quote.inner_type, 3)),
    BAD("no-chain", "the quote holds no certificate", SET(quote.chain_len, 0)),
    FINE("padding", "70 zero bytes follow the quote", SET(quote.padding, 70)),
    BAD_V5("v5-size", "the body's length is not the one of its type", SET(quote.body_size, 584)),
    BAD_V5("v5-type", "the body is of a type that nobody knows", SET(quote.body_type, 9)),
    BAD_V5("v5-sgx-body", "a TDX quote says that its body is an SGX report", SET(quote.body_type, 1)),

    /* signatures of the quote */
    BAD("quote-signature", "one bit of the quote's signature is another", SET(quote.signing.spoil, SIM_FLIPPED)),
    BAD("quote-signature-zero", "the quote's signature is zero", SET(quote.signing.spoil, SIM_ZERO)),
    BAD("quote-signature-one", "the quote's signature is r = s = 1", SET(quote.signing.spoil, SIM_ONES)),
    BAD("quote-signer", "a stranger signed the quote", SET(quote.signing.by, SIM_KEY_STRANGER)),
    FINE("quote-other-s", "the quote's s is of the other half", SET(quote.signing.spoil, SIM_OTHER_S)),
    BAD("key-off-curve", "the attestation key is no point of the curve", SET(quote.key_off_curve, true)),
    BAD("qe-report-signature", "one bit of the QE report's signature is another", SET(quote.qe_signing.spoil, SIM_FLIPPED)),
    BAD("qe-report-signer", "a stranger signed the QE report", SET(quote.qe_signing.by, SIM_KEY_STRANGER)),
    BAD("qe-report-data", "the QE report does not name the attestation key", SET(quote.qe_data_zero, true)),
    BAD("qe-auth-length", "the QE's authentication data is 31 bytes", SET(quote.qe_auth_len, 31)),

    /* PCK certificate and its chain */
    BAD("pck-expired", "the PCK certificate ended a second ago", AT(certs[SIM_PCK].not_after, -1)),
    BAD("pck-not-yet", "the PCK certificate starts in a second", AT(certs[SIM_PCK].not_before, 1)),
    BAD("pck-signature", "one bit of the PCK certificate's signature is another",
        SET(certs[SIM_PCK].signing.spoil, SIM_FLIPPED)),
    BAD("pck-signer", "a stranger signed the PCK certificate", SET(certs[SIM_PCK].signing.by, SIM_KEY_STRANGER)),
    BAD("pck-is-ca", "the PCK certificate says that it is an authority", SET(certs[SIM_PCK].is_ca, true)),
    BAD("pck-name", "the leaf has the TCB signer's name", PUT(certs[SIM_PCK].subject, "Intel SGX TCB Signing")),
    BAD("pck-version-1", "the PCK certificate is of X.509 version 1", SET(certs[SIM_PCK].version, 1)),
    BAD("pck-critical", "the PCK certificate has a critical extension that nobody knows",
        SET(certs[SIM_PCK].unknown_critical, true)),
    BAD("pck-sha384", "the PCK certificate says ecdsa-with-SHA384", SET(certs[SIM_PCK].says_sha384, true)),
    BAD("pck-serial", "the PCK certificate's serial number is negative", SET(certs[SIM_PCK].negative_serial, true)),
    BAD("pck-der-negative", "the signature's r is a negative INTEGER", SET(certs[SIM_PCK].signing.spoil, SIM_DER_NEGATIVE)),
    BAD("pck-der-long", "the signature's r has zero bytes too many", SET(certs[SIM_PCK].signing.spoil, SIM_DER_LONG)),
    BAD("pck-der-trailing", "a byte follows the signature's integers", SET(certs[SIM_PCK].signing.spoil, SIM_DER_TRAILING)),
    FINE("pck-other-s", "the PCK certificate's s is of the other half", SET(certs[SIM_PCK].signing.spoil, SIM_OTHER_S)),
    BAD("pck-processor-ca", "the processor authority issued the leaf, the CRL is the platform authority's",
        PUT(certs[SIM_PCK].issuer, "Intel SGX PCK Processor CA"), SET(certs[SIM_PCK].signing.by, SIM_KEY_PROCESSOR_CA),
        SET(quote.chain[1], SIM_PROCESSOR_CA)),
    BAD("sgx-extension-none", "the PCK certificate has no SGX extension", SET(certs[SIM_PCK].sgx_extensions, 0)),
    BAD("sgx-extension-twice", "the PCK certificate has two SGX extensions", SET(certs[SIM_PCK].sgx_extensions, 2)),
    BAD("fmspc-length", "the PCK's FMSPC is 5 bytes", SET(pck.fmspc_len, 5)),
    BAD("cpusvn-length", "the PCK's CPUSVN is 15 bytes", SET(pck.cpu_svn_len, 15)),
    BAD("pcesvn-negative", "the PCK's PCESVN is -1", SET(pck.negative_pce_svn, true)),
    BAD("ca-expired", "the platform authority's certificate ended a second ago", AT(certs[SIM_PLATFORM_CA].not_after, -1)),
    BAD("ca-signature", "one bit of the platform authority's signature is another",
        SET(certs[SIM_PLATFORM_CA].signing.spoil, SIM_FLIPPED)),
    BAD("ca-signer", "a stranger signed the platform authority's certificate",
        SET(certs[SIM_PLATFORM_CA].signing.by, SIM_KEY_STRANGER)),
    BAD("ca-not-ca", "the platform authority's certificate says that it is none", SET(certs[SIM_PLATFORM_CA].is_ca, false)),
    BAD("ca-critical", "the platform authority's certificate has a critical extension that nobody knows",
        SET(certs[SIM_PLATFORM_CA].unknown_critical, true)),
    BAD("root-expired", "the root ended a second ago", AT(certs[SIM_ROOT].not_after, -1)),
    BAD("root-path-length", "the root allows no authority below it", SET(certs[SIM_ROOT].path_len, 0)),

    /* revocation lists */
    BAD("root-crl-expired", "the root's CRL ends now", AT(root_crl.next_update, 0)),
    BAD("root-crl-signature", "one bit of the root CRL's signature is another", SET(root_crl.signing.spoil, SIM_FLIPPED)),
    BAD("root-crl-signer", "a stranger signed the root's CRL", SET(root_crl.signing.by, SIM_KEY_STRANGER)),
    BAD("root-crl-not-hex", "the root's CRL is not hex", PUT(collateral.root_crl_text, "30zz")),
    BAD("root-crl-not-der", "the root's CRL is no DER", PUT(collateral.root_crl_text, "3003020101")),
    BAD("pck-crl-expired", "the platform authority's CRL ends now", AT(pck_crl.next_update, 0)),
    BAD("pck-crl-signature", "one bit of the platform CRL's signature is another", SET(pck_crl.signing.spoil, SIM_FLIPPED)),
    BAD("pck-crl-signer", "a stranger signed the platform authority's CRL", SET(pck_crl.signing.by, SIM_KEY_STRANGER)),
    BAD("pck-crl-issuer", "the CRL is the processor authority's", PUT(pck_crl.issuer, "Intel SGX PCK Processor CA"),
        SET(pck_crl.signing.by, SIM_KEY_PROCESSOR_CA)),
    BAD("crls-swapped", "each CRL stands in the other's place", SET(collateral.swapped_crls, true)),
    BAD("crl-chain", "the CRL's issuer chain is not PEM", PUT(collateral.crl_chain_text, "-----BEGIN\n")),
    BAD("pck-revoked", "the platform CRL lists the PCK certificate", SET(pck_crl.revoked[0], SIM_PCK),
        SET(pck_crl.revoked_count, 1)),
    BAD("ca-revoked", "the root's CRL lists the platform authority", SET(root_crl.revoked[0], SIM_PLATFORM_CA),
        SET(root_crl.revoked_count, 1)),
    BAD("signer-revoked", "the root's CRL lists the TCB signer", SET(root_crl.revoked[0], SIM_TCB_SIGNING),
        SET(root_crl.revoked_count, 1)),

    /* the signer of documents */
    BAD("signer-expired", "the TCB signer's certificate ended a second ago", AT(certs[SIM_TCB_SIGNING].not_after, -1)),
    BAD("signer-signature", "one bit of the TCB signer's certificate's signature is another",
        SET(certs[SIM_TCB_SIGNING].signing.spoil, SIM_FLIPPED)),
    BAD("signer-name", "the TCB signer has a PCK certificate's name",
        PUT(certs[SIM_TCB_SIGNING].subject, "Intel SGX PCK Certificate")),
    BAD("signer-is-ca", "the TCB signer says that it is an authority", SET(certs[SIM_TCB_SIGNING].is_ca, true)),
    BAD("ca-signs-tcb", "the platform authority signed the TCB info", SET(tcb.signing.by, SIM_KEY_PLATFORM_CA),
        SET(tcb.chain[0], SIM_PLATFORM_CA)),
    BAD("ca-signs-qe", "the platform authority signed the QE identity", SET(qe.signing.by, SIM_KEY_PLATFORM_CA),
        SET(qe.chain[0], SIM_PLATFORM_CA)),
    BAD("pck-signs-tcb", "a PCK key signed the TCB info", SET(tcb.signing.by, SIM_KEY_PCK), SET(tcb.chain[0], SIM_PCK),
        SET(tcb.chain[1], SIM_PLATFORM_CA), SET(tcb.chain[2], SIM_ROOT), SET(tcb.chain_len, 3)),
    BAD("pck-signs-qe", "a PCK key signed the QE identity", SET(qe.signing.by, SIM_KEY_PCK), SET(qe.chain[0], SIM_PCK),
        SET(qe.chain[1], SIM_PLATFORM_CA), SET(qe.chain[2], SIM_ROOT), SET(qe.chain_len, 3)),

    /* TCB info */
    BAD("tcb-expired", "the TCB info ended a second ago", AT(tcb.next_update, -1)),
    BAD("tcb-future", "the TCB info is issued in a second", AT(tcb.issued, 1)),
    BAD("tcb-signature", "one bit of the TCB info's signature is another", SET(tcb.signing.spoil, SIM_FLIPPED)),
    BAD("tcb-signature-zero", "the TCB info's signature is zero", SET(tcb.signing.spoil, SIM_ZERO)),
    BAD("tcb-signer", "a stranger signed the TCB info", SET(tcb.signing.by, SIM_KEY_STRANGER)),
    FINE("tcb-other-s", "the TCB info's s is of the other half", SET(tcb.signing.spoil, SIM_OTHER_S)),
    BAD("tcb-chain-short", "the TCB info's issuer chain is empty", PUT(tcb.chain_text, "\n")),
    BAD("tcb-chain-format", "the TCB info's issuer chain is not PEM", PUT(tcb.chain_text, "certificate\n")),
    BAD("tcb-json", "the TCB info is no JSON", TCB_EDIT("\"version\":", "\"version\"")),
    BAD("tcb-duplicate", "the TCB info names its version twice", TCB_EDIT("\"version\":3", "\"version\":3,\"version\":3")),
    BAD_V4("tcb-id", "the TCB info is one for SGX", PUT(tcb.id, "SGX")),
    BAD_SGX("tcb-id-sgx", "the TCB info is one for TDX", PUT(tcb.id, "TDX")),
    BAD_V4("tcb-version", "the TCB info is of version 2", SET(tcb.version, 2)),
    BAD("tcb-fmspc", "the TCB info is another platform's", TCB_EDIT("\"fmspc\":\"51d0", "\"fmspc\":\"51d1")),
    BAD("tcb-pceid", "the TCB info is another PCE's", TCB_EDIT("\"pceId\":\"0000\"", "\"pceId\":\"0001\"")),
    BAD("tcb-no-levels", "the TCB info has no level", SET(level_count, 0)),
    BAD("tcb-sgx-high", "every level asks for more of the third SGX component", SET(levels[0].sgx[2], 9),
        SET(levels[1].sgx[2], 9), SET(levels[2].sgx[2], 9)),
    BAD_V4("tcb-tdx-high", "every level asks for more of the third TDX component", SET(levels[0].tdx[2], 9),
           SET(levels[1].tdx[2], 9), SET(levels[2].tdx[2], 9)),
    BAD("tcb-pcesvn-high", "every level asks for a newer PCE", SET(levels[0].pce_svn, 99), SET(levels[1].pce_svn, 99),
        SET(levels[2].pce_svn, 99)),
    BAD("tcb-sgx-15", "a level has 15 SGX components", TCB_EDIT(",{\"svn\":0}],\"pcesvn\"", "],\"pcesvn\"")),
    BAD("tcb-sgx-17", "a level has 17 SGX components",
        TCB_EDIT(",{\"svn\":0}],\"pcesvn\"", ",{\"svn\":0},{\"svn\":0}],\"pcesvn\"")),
    BAD_V4("tcb-tdx-15", "a level has 15 TDX components", TCB_EDIT(",{\"svn\":0}]},\"tcbDate\"", "]},\"tcbDate\"")),
    BAD_V4("tcb-tdx-none", "a level has no TDX components", TCB_EDIT("\"tdxtcbcomponents\"", "\"tdxcomponents\"")),
    BAD("tcb-unknown-status", "the platform's level has a status that nobody knows", PUT(levels[0].status, "Splendid")),
    BAD("tcb-out-of-date", "the platform's level is OutOfDate", PUT(levels[0].status, "OutOfDate")),
    BAD("tcb-hardening", "the platform's level is SWHardeningNeeded", PUT(levels[0].status, "SWHardeningNeeded")),
    BAD("tcb-configuration", "the platform's level is ConfigurationNeeded", PUT(levels[0].status, "ConfigurationNeeded")),
    BAD("tcb-revoked", "the platform's level is Revoked", PUT(levels[0].status, "Revoked")),
    BAD("tcb-advisories", "the platform's level is UpToDate with an advisory", PUT(levels[0].advisories, "\"INTEL-SA-00009\"")),
    BAD("tcb-old-platform", "the platform has an older microcode", SET(pck.components[0], 2), SET(pck.cpu_svn[0], 2)),

    /* TDX module */
    BAD_V4("module-missing", "the TCB info has no tdxModule", TCB_EDIT("\"tdxModule\":", "\"tdxModul\":")),
    BAD_V4("module-unknown", "the TCB info has no identity of the module's version", TCB_EDIT("\"TDX_01\"", "\"TDX_02\"")),
    BAD_V4("module-none", "the TCB info has no module identities", TCB_EDIT("\"tdxModuleIdentities\"", "\"tdxIdentities\"")),
    BAD_V4("module-signer", "somebody else signed the TDX module", SET(quote.td.mr_signer_seam[0], 1)),
    BAD_V4("module-attributes", "the TDX module has an attribute set", SET(quote.td.seam_attributes[0], 1)),
    BAD_V4("module-old", "the TDX module's SVN is that of an OutOfDate level", SET(quote.td.tee_tcb_svn[0], 4)),
    BAD_V4("module-too-old", "the TDX module's SVN is below all levels", SET(quote.td.tee_tcb_svn[0], 3)),
    FINE_TDX("module-3", "the module is TDX_03 with SVN 3, less than the level's first TDX component",
             SET(quote.td.tee_tcb_svn[0], 3), SET(quote.td.tee_tcb_svn[1], 3)),
    BAD_V5("relaunch", "the TD was started under a module with an OutOfDate level, a good one is loaded now",
           SET(quote.td.tee_tcb_svn[0], 4)),
    BAD_V5("relaunch-configuration", "the same, and the platform's level is ConfigurationNeeded",
           SET(quote.td.tee_tcb_svn[0], 4), PUT(levels[0].status, "ConfigurationNeeded")),
    BAD_V5("relaunch-in-vain", "the TD was started under a module with an OutOfDate level, which is still loaded",
           SET(quote.td.tee_tcb_svn[0], 4), SET(quote.td.tee_tcb_svn2[0], 4)),
    FINE_V5("module-now-old", "the module that is loaded now has an OutOfDate level, the one at the TD's start a good one",
            SET(quote.td.tee_tcb_svn2[0], 4)),
    BAD_V5("module-now-too-old", "the SVN of the module that is loaded now is below all levels",
           SET(quote.td.tee_tcb_svn2[0], 3)),
    BAD_V5("module-now-unknown", "the TCB info has no identity of the version that is loaded now",
           SET(quote.td.tee_tcb_svn2[1], 2)),
    BAD_V5("module-now-no-level", "no level reaches down to the TDX components that are there now",
           SET(quote.td.tee_tcb_svn2[2], 0)),

    /* QE identity */
    BAD("qe-expired", "the QE identity ended a second ago", AT(qe.next_update, -1)),
    BAD("qe-future", "the QE identity is issued in a second", AT(qe.issued, 1)),
    BAD("qe-signature", "one bit of the QE identity's signature is another", SET(qe.signing.spoil, SIM_FLIPPED)),
    BAD("qe-identity-signer", "a stranger signed the QE identity", SET(qe.signing.by, SIM_KEY_STRANGER)),
    BAD("qe-chain-short", "the QE identity's issuer chain is empty", PUT(qe.chain_text, "\n")),
    BAD("qe-json", "the QE identity is no JSON", QE_EDIT("\"version\":", "\"version\"")),
    BAD_V4("qe-id", "the QE identity is one for SGX", PUT(qe.id, "QE")),
    BAD("qe-version", "the QE identity is of version 1", SET(qe.version, 1)),
    BAD("qe-mrsigner", "somebody else signed the quoting enclave", SET(quote.qe.mr_signer[0], 1)),
    BAD("qe-prod-id", "the quoting enclave is another product", SET(quote.qe.isv_prod_id, 9)),
    BAD("qe-miscselect", "the quoting enclave has a MISCSELECT bit set", SET(quote.qe.misc_select, 1)),
    BAD("qe-attributes", "the quoting enclave has an attribute set", SET(quote.qe.attributes[1], 1)),
    BAD("qe-debug", "the quoting enclave is a debug one, which the identity's mask does not see",
        SET(quote.qe.attributes[0], 0x13), QE_EDIT("\"attributesMask\":\"FBFF", "\"attributesMask\":\"F9FF")),
    BAD("qe-old", "the quoting enclave's SVN is that of an OutOfDate level", SET(quote.qe.isv_svn, 4)),
    BAD("qe-too-old", "the quoting enclave's SVN is below all levels", SET(quote.qe.isv_svn, 3)),
    BAD("qe-revoked", "the quoting enclave's level is Revoked", QE_EDIT("UpToDate", "Revoked")),

    /* what the TD may be */
    BAD_V4("debug", "the TD can be debugged", SET(quote.td.td_attributes[0], 1)),
    BAD_V4("debug-group", "a bit beside DEBUG is set", SET(quote.td.td_attributes[0], 2)),
    BAD_V4("sept-ve-off", "the TD has SEPT_VE_DISABLE off", SET(quote.td.td_attributes[3], 0)),
    BAD_V4("migratable", "the TD can be migrated", SET(quote.td.td_attributes[3], 0x30)),
    BAD_V4("reserved-bits", "a reserved attribute of the TD is set", SET(quote.td.td_attributes[1], 1)),
    FINE_TDX("pks", "the TD uses protection keys of supervisor pages", SET(quote.td.td_attributes[3], 0x50)),
    FINE_TDX("key-locker", "the TD uses key locker", SET(quote.td.td_attributes[3], 0x90)),
    BAD_V5("service-td", "a service TD is bound to the TD", SET(quote.td.mr_service_td[0], 1)),
    BAD_SGX("sgx-debug", "the enclave can be debugged", SET(quote.enclave.attributes[0], 0x13)),

    /* the collateral's form */
    BAD("collateral-member", "the collateral has no tcb_info_signature", PUT(collateral.omit, "tcb_info_signature")),
    BAD("collateral-array", "the collateral is an array", SET(collateral.as_array, true)),
    FINE("pck-chain-in-collateral", "the quote names its PCK by an encrypted PPID, and the chain comes with the collateral",
         SET(quote.inner_type, 3), SET(collateral.with_pck_chain, true)),
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

size_t simulator_defect_count(void)
{
    return ROW_COUNT;
}

struct simulator_defect simulator_defect_at(size_t index)
{
    return rows[index < ROW_COUNT ? index : 0].is;
}

bool simulator_defect_find(const char *name, unsigned *index)
{
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        if (!strcmp(rows[i].is.name, name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void set_number(void *field, size_t len, uint64_t number)
{
    switch (len) {
    case 1:
        *(uint8_t *)field = (uint8_t)number;
        break;
    case 2:
        *(uint16_t *)field = (uint16_t)number;
        break;
    case 4:
        *(uint32_t *)field = (uint32_t)number;
        break;
    default:
        *(uint64_t *)field = number;
        break;
    }
}

static void apply(struct sim_plan *p, const struct change *c)
{
    uint8_t *field = (uint8_t *)p + c->offset;
    switch (c->kind) {
    case CHANGE_NOTHING:
        break;
    case CHANGE_NUMBER:
        set_number(field, c->len, (uint64_t)c->number);
        break;
    case CHANGE_TIME:
        set_number(field, c->len, p->now + (uint64_t)c->number);
        break;
    case CHANGE_TEXT:
        memcpy(field, &c->text, sizeof c->text);
        break;
    }
}

void sim_break(struct sim_plan *p, unsigned defect)
{
    for (size_t i = 0; defect < ROW_COUNT && i < CHANGES_MAX; i++)
        apply(p, &rows[defect].changes[i]);
}
