/* What a verification found: every step with its verdict, the first fault with its reason, and what was seen. Freestanding. */
#pragma once
#include "base/buf.h"
#include "dcap/pem.h"
#include "dcap/tcb.h"
#include "dcap/x509.h"

/* The steps, in the order in which they run. Those up to DATES are about the collateral alone. */
#define DCAP_STEPS(X)                                                                      \
    X(ROOT, "root", "trusted root certificate")                                            \
    X(ROOT_CRL, "root_crl", "revocation list of the root")                                 \
    X(TCB_SIGNER, "tcb_signer", "certificate of the TCB info's signer")                    \
    X(TCB_INFO, "tcb_info", "TCB info, signed")                                            \
    X(QE_SIGNER, "qe_signer", "certificate of the QE identity's signer")                   \
    X(QE_IDENTITY, "qe_identity", "QE identity, signed")                                   \
    X(PCK_CA, "pck_ca", "certificate of the PCK authority")                                \
    X(PCK_CRL, "pck_crl", "revocation list of the PCK authority")                          \
    X(DATES, "dates", "everything above holds at the time asked about")                    \
    X(QUOTE, "quote", "form of the quote")                                                 \
    X(PCK_CHAIN, "pck_chain", "PCK certificate: issuer, signature, dates, not revoked")    \
    X(PCK, "pck", "platform named in the PCK certificate")                                 \
    X(PLATFORM, "platform", "the collateral is the platform's")                            \
    X(QE_REPORT, "qe_report", "report of the quoting enclave, signed by the PCK key")      \
    X(ATTESTATION_KEY, "attestation_key", "attestation key, named in that report")         \
    X(QE_POLICY, "qe_policy", "the quoting enclave is Intel's")                            \
    X(QUOTE_SIGNATURE, "quote_signature", "quote, signed by the attestation key")          \
    X(TCB_LEVEL, "tcb_level", "TCB level of the platform")                                 \
    X(TDX_MODULE, "tdx_module", "TDX module: identity and level")                          \
    X(TCB_STATUS, "tcb_status", "status of platform, module and quoting enclave together") \
    X(TD_POLICY, "td_policy", "attributes: no debugging, no migration, no service TD, SEPT_VE_DISABLE")

enum dcap_step {
#define X(name, id, what) DCAP_STEP_##name,
    DCAP_STEPS(X)
#undef X
        DCAP_STEP_COUNT
};

enum dcap_verdict { DCAP_UNPROVEN, DCAP_PASS, DCAP_FAIL };

/* Certificates and lists that a reason can be about; the dated ones in the order of enum dcap_dated. */
#define DCAP_SUBJECTS(X)                         \
    X(NOTHING, "")                               \
    X(ROOT, "root")                              \
    X(TCB_SIGNER, "TCB info's signer")           \
    X(QE_SIGNER, "QE identity's signer")         \
    X(CA, "PCK authority")                       \
    X(ROOT_CRL, "root's CRL")                    \
    X(PCK_CRL, "PCK CRL")                        \
    X(CHAIN_ROOT, "root certificate of a chain") \
    X(PCK, "PCK certificate")                    \
    X(QUOTE_CA, "PCK authority in the quote")    \
    X(QUOTE_ROOT, "root certificate in the quote")

enum dcap_subject {
#define X(name, text) DCAP_ABOUT_##name,
    DCAP_SUBJECTS(X)
#undef X
};

/* Reasons: a code, its name for machines, and the sentence, in words that existing clients look for. In a sentence %s is the certificate or list that it is about, %w a text, %f what was
 * found and %e what was expected (hex), %n a number and %l a second one. */
#define DCAP_CHAIN  "Failed to verify certificate chain: "
#define DCAP_SHORT  "Certificate chain is too short "
#define DCAP_MODULE "TDX module identity check: "
#define DCAP_QUOTE  "Failed to decode quote: "
#define DCAP_FAULTS(X)                                                                                                         \
    X(NONE, "none", "")                                                                                                        \
    X(ROOM, "too_large", "The collateral is too large for the memory that was given")                                          \
    X(COLLATERAL_JSON, "collateral_json", "Invalid collateral JSON format: %w at byte %n")                                     \
    X(COLLATERAL_MEMBER, "collateral_member", "Failed to parse collateral: Missing or invalid field: %w")                      \
    X(COLLATERAL_HEX, "collateral_hex", "Failed to decode hex field '%w': not hex of the right length")                        \
    X(ROOT_FORM, "root_invalid", "Failed to load root ca: no X.509 v3 authority with a P-256 key")                             \
    X(LIST_FORM, "crl_invalid", "Failed to parse CRL: the %s is no X.509 v2 list with ecdsa-with-SHA256")                      \
    X(LIST_ISSUER, "crl_issuer", DCAP_CHAIN "UnknownRevocationStatus: another authority issued the %s")                        \
    X(LIST_SIGNATURE, "crl_signature", DCAP_CHAIN "InvalidCrlSignatureForPublicKey: %s")                                       \
    X(LIST_EXPIRED, "crl_expired", DCAP_CHAIN "CrlExpired: the %s ended at %n, it is %l")                                      \
    X(CERT_FORM, "cert_invalid", DCAP_CHAIN "BadDer: the %s is no X.509 v3 certificate of Intel's profile")                    \
    X(CERT_ALGORITHM, "cert_algorithm", DCAP_CHAIN "UnsupportedSignatureAlgorithm: the %s is not ecdsa-with-SHA256 and P-256") \
    X(CERT_CRITICAL, "cert_critical", DCAP_CHAIN "UnsupportedCriticalExtension: in the %s")                                    \
    X(CERT_ISSUER, "cert_issuer", DCAP_CHAIN "UnknownIssuer: of the %s")                                                       \
    X(CERT_SIGNATURE, "cert_signature", DCAP_CHAIN "InvalidSignatureForPublicKey: of the %s")                                  \
    X(CERT_REVOKED, "cert_revoked", DCAP_CHAIN "CertRevoked: the %s")                                                          \
    X(CERT_IS_CA, "cert_is_ca", DCAP_CHAIN "CaUsedAsEndEntity: the %s")                                                        \
    X(CERT_NOT_CA, "cert_not_ca", DCAP_CHAIN "EndEntityUsedAsCa: the %s")                                                      \
    X(CERT_PATH_LEN, "cert_path_len", DCAP_CHAIN "PathLenConstraintViolated: by the %s")                                       \
    X(CERT_NAME, "cert_name", DCAP_CHAIN "NameConstraintViolation: the %s has another common name")                            \
    X(CERT_EXPIRED, "cert_expired", DCAP_CHAIN "CertExpired: the %s ended at %n, it is %l")                                    \
    X(CERT_NOT_YET, "cert_not_yet", DCAP_CHAIN "CertNotValidYet: the %s starts at %n, it is %l")                               \
    X(CERT_ROOT, "cert_root", DCAP_CHAIN "UnknownIssuer: the %s is not the trusted one")                                       \
    X(TCB_CHAIN_SHORT, "tcb_info_chain_short", DCAP_SHORT "for TCB Info, or not PEM")                                          \
    X(TCB_SIGNATURE, "tcb_info_signature", "Signature is invalid for tcb_info in quote_collateral")                            \
    X(TCB_FORM, "tcb_info_invalid", "Failed to decode TcbInfo: %w at byte %n")                                                 \
    X(TCB_EXPIRED, "tcb_info_expired", "TCBInfo expired: at %n, it is %l")                                                     \
    X(TCB_FUTURE, "tcb_info_future", "TCBInfo issue date is in the future: %n, it is %l")                                      \
    X(QE_CHAIN_SHORT, "qe_identity_chain_short", DCAP_SHORT "for QE Identity, or not PEM")                                     \
    X(QE_SIGNATURE, "qe_identity_signature", "Signature is invalid for qe_identity in quote_collateral")                       \
    X(QE_FORM, "qe_identity_invalid", "Failed to decode QeIdentity: %w at byte %n")                                            \
    X(QE_EXPIRED, "qe_identity_expired", "QE Identity expired: at %n, it is %l")                                               \
    X(QE_FUTURE, "qe_identity_future", "QE Identity issue date is in the future: %n, it is %l")                                \
    X(CA_CHAIN_SHORT, "pck_ca_chain_short", DCAP_SHORT "for the PCK CRL, or not PEM")                                          \
    X(QUOTE_SHORT, "quote_short", DCAP_QUOTE "Not enough data to fill buffer")                                                 \
    X(QUOTE_LONG, "quote_section_too_long", DCAP_QUOTE "Data length exceeds maximum")                                          \
    X(QUOTE_LEFTOVER, "quote_leftover", DCAP_QUOTE "bytes are left over in a section")                                         \
    X(QUOTE_VERSION, "quote_version", DCAP_QUOTE "Unsupported quote version: Unsupported DCAP quote version")                  \
    X(QUOTE_TEE, "quote_tee", "Unsupported TEE type: %n")                                                                      \
    X(QUOTE_SGX_VERSION, "quote_sgx_version", "SGX TEE quote must have version 3")                                             \
    X(QUOTE_TDX_VERSION, "quote_tdx_version", "TDX TEE quote must have version 4 or 5")                                        \
    X(QUOTE_KEY_TYPE, "quote_key_type", "Unsupported DCAP attestation key type")                                               \
    X(QUOTE_BODY, "quote_body", DCAP_QUOTE "Unsupported body type or size")                                                    \
    X(QUOTE_DATA, "quote_data", DCAP_QUOTE "the certification data is not of type 6")                                          \
    X(QUOTE_VENDOR, "quote_vendor", "Unknown QE vendor ID")                                                                    \
    X(PCK_DATA, "pck_data", "Unsupported DCAP PCK cert format: %n. Use get_collateral() to fetch PCK certificate.")            \
    X(PCK_CHAIN_SHORT, "pck_chain_short", DCAP_SHORT "in quote, or not PEM")                                                   \
    X(PCK_NO_EXTENSION, "pck_extension_missing", "Intel extension not found")                                                  \
    X(PCK_TWO_EXTENSIONS, "pck_extension_twice",                                                                               \
      "Intel extension ambiguity: extension 1.2.840.113741.1.13.1 appears more than once")                                     \
    X(PCK_FORM, "pck_extension_invalid", "Intel extension is not of its form")                                                 \
    X(PCK_FMSPC, "pck_fmspc", "Fmspc length mismatch")                                                                         \
    X(PCK_CPU_SVN, "pck_cpu_svn", "CpuSvn length mismatch")                                                                    \
    X(PCK_PCE_SVN, "pck_pce_svn", "PceSvn length mismatch")                                                                    \
    X(QE_REPORT_SIGNATURE, "qe_report_signature", "Signature is invalid for qe_report in quote")                               \
    X(QE_AUTH_LEN, "qe_auth_length", "Invalid QE auth data length")                                                            \
    X(QE_REPORT_HASH, "qe_report_hash", "QE report hash mismatch")                                                             \
    X(QE_TEE, "qe_identity_tee", "Unsupported QE Identity id/version for the quote TEE type: %w version %n")                   \
    X(QE_SIGNER, "qe_mrsigner", "QE MRSIGNER mismatch: expected %e, got %f")                                                   \
    X(QE_DEBUG, "qe_debug", "QE report validation failed: Debug mode is enabled")                                              \
    X(QE_PROD_ID, "qe_isvprodid", "QE ISVPRODID mismatch: expected %n, got %l")                                                \
    X(QE_MISC, "qe_miscselect", "QE MISCSELECT mismatch: expected %e, got %f")                                                 \
    X(QE_ATTRIBUTES, "qe_attributes", "QE ATTRIBUTES mismatch at byte %n: expected %e, got %f")                                \
    X(QE_SVN, "qe_isvsvn", "QE ISVSVN %n is below minimum required %l from QE Identity")                                       \
    X(QE_NO_LEVELS, "qe_no_levels", "No TCB levels found in QE Identity")                                                      \
    X(QUOTE_SIGNATURE, "quote_signature", "ISV enclave report signature is invalid")                                           \
    X(FMSPC, "fmspc", "Fmspc mismatch: the quote's platform is %f, the TCB info's %e")                                         \
    X(PCE_ID, "pce_id", "PceId mismatch: the quote's platform has %f, the TCB info's %e")                                      \
    X(TCB_NOT_TDX, "tcb_info_not_tdx", "TDX quote with non-TDX TCB info in the collateral")                                    \
    X(TCB_NOT_SGX, "tcb_info_not_sgx", "SGX quote with non-SGX TCB info in the collateral")                                    \
    X(NO_TDX, "no_tdx_components", "No TDX components in the TCB info: TDX component count mismatch: expected 16, got 0")      \
    X(NO_LEVEL, "no_tcb_level", "No matching TCB level found")                                                                 \
    X(NO_LEVEL_NOW, "no_tcb_level_relaunch", "No matching TCB level found for the TDX module that is loaded now")              \
    X(MODULE_MISSING, "tdx_module_missing", DCAP_MODULE "TDX TCB Info is missing tdxModule field")                             \
    X(MODULE_UNKNOWN, "tdx_module_unknown", DCAP_MODULE "No TDX module identity with id TDX_%f found in TCB Info")             \
    X(MODULE_SIGNER, "tdx_module_mrsigner", DCAP_MODULE "TDX module MRSIGNER mismatch: expected %e, got %f")                   \
    X(MODULE_ATTRIBUTES, "tdx_module_attributes", DCAP_MODULE "TDX module SEAMATTRIBUTES mismatch: expected %e, got %f")       \
    X(MODULE_SVN, "tdx_module_isvsvn",                                                                                         \
      DCAP_MODULE "TDX module ISVSVN %n is below minimum required from TDX module TCB levels")                                 \
    X(REVOKED, "tcb_revoked", "TCB status is invalid: Revoked")                                                                \
    X(DEBUG, "td_debug", "Debug mode is enabled")                                                                              \
    X(DEBUG_GROUP, "td_debug_group", "Debug mode is enabled: Reserved bits in TD attributes are set beside DEBUG")             \
    X(RESERVED, "td_reserved", "Reserved bits in TD attributes are set")                                                       \
    X(SEPT_VE, "td_sept_ve", "SEPT_VE_DISABLE is not enabled")                                                                 \
    X(SERVICE_TD, "td_service", "Invalid mr service td: Invalid MR service TD %f")

enum dcap_code {
#define X(name, id, text) DCAP_##name,
    DCAP_FAULTS(X)
#undef X
        DCAP_CODE_COUNT
};

/* A reason with what its sentence names; slices are borrowed from what was verified. */
struct dcap_fault {
    enum dcap_code code; /* DCAP_NONE: no fault */
    enum dcap_subject about;
    struct slice what, found, expected;
    uint64_t number, limit;
};

/* Appends the sentence. */
void dcap_fault_write(const struct dcap_fault *f, struct buf *out);
/* "tcb_info_expired"… */
const char *dcap_code_name(enum dcap_code code);

/* "tcb_signer"…, and what it is about. */
const char *dcap_step_name(enum dcap_step step);
const char *dcap_step_what(enum dcap_step step);
/* "pass", "fail", "unproven". */
const char *dcap_verdict_name(enum dcap_verdict verdict);

struct dcap_record;

/* Whatever the steps that passed have seen is set; the rest is zero. Slices and pointers are borrowed from quote, collateral and memory handed in. */
struct dcap_report {
    uint64_t now; /* the time asked about, seconds since 1970 */
    enum dcap_verdict verdicts[DCAP_STEP_COUNT];
    struct dcap_fault fault;
    const struct dcap_record *record;
    bool opened; /* quote and PCK certificate are read; only what the steps say is verified */
    struct quote quote;
    struct pem_chain chain;
    struct x509_certificate leaf; /* the PCK certificate */
    struct pck pck;
    enum dcap_code pck_code;             /* what reading it gave */
    const struct tcb_level *level;       /* of the platform */
    const struct tcb_level *level_all;   /* the same with all TDX components compared, as some verifiers do; NULL: none */
    const struct tcb_module *module;     /* TDX */
    const struct tcb_verdict *module_is; /* NULL: the module has no levels of its own */
    const struct tcb_svn_level *qe_level;
    enum tcb_status status; /* of all together */
    bool relaunch_advised;  /* TD 1.5: the module that is loaded now is better than that at the TD's start */
    struct slice advisories[TCB_ADVISORIES_MAX];
    size_t advisory_count;
};

/* Every step passed. */
bool dcap_report_is_good(const struct dcap_report *r);
/* The first step that failed; DCAP_STEP_COUNT when none did. */
enum dcap_step dcap_report_failed_step(const struct dcap_report *r);
/* Appends what a step saw, in words; nothing when it saw nothing. */
void dcap_report_write_seen(const struct dcap_report *r, enum dcap_step step, struct buf *out);
