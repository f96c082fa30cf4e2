/* All that one run of the simulator writes, as values; a defect changes some of them, and the writers write what stands here without asking. */
#pragma once
#include "crypto/p256_sign.h"
#include "tee/simulator/simulator.h"

enum sim_key {
    SIM_KEY_ROOT,
    SIM_KEY_PLATFORM_CA,
    SIM_KEY_PROCESSOR_CA,
    SIM_KEY_TCB_SIGNING,
    SIM_KEY_PCK,
    SIM_KEY_ATTESTATION,
    SIM_KEY_STRANGER, /* nobody's */
    SIM_KEY_COUNT
};

/* How a signature is spoilt after it was made. */
enum sim_spoil {
    SIM_GOOD,
    SIM_FLIPPED,      /* one bit of s */
    SIM_ZERO,         /* r = s = 0 */
    SIM_ONES,         /* r = s = 1 */
    SIM_OTHER_S,      /* the other half of the order: a good signature */
    SIM_DER_NEGATIVE, /* in DER only: r without the zero byte that keeps it positive (or with the top bit set) */
    SIM_DER_LONG,     /* in DER only: a zero byte too many in front of r */
    SIM_DER_TRAILING, /* in DER only: a byte after the two integers */
};

struct sim_signing {
    enum sim_key by;
    enum sim_spoil spoil;
};

enum sim_cert { SIM_ROOT, SIM_PLATFORM_CA, SIM_PROCESSOR_CA, SIM_TCB_SIGNING, SIM_PCK, SIM_CERT_COUNT };

enum { SIM_NO_PATH_LEN = -1, SIM_CHAIN_MAX = 4 };

struct sim_certificate {
    const char *issuer, *subject; /* common names */
    enum sim_key key;
    struct sim_signing signing;
    uint64_t not_before, not_after; /* seconds since 1970, inclusive */
    bool is_ca;
    int path_len;
    unsigned version;        /* 3 */
    unsigned sgx_extensions; /* how often the SGX extension stands in it */
    bool unknown_critical;   /* an extension that nobody knows and everybody must refuse */
    bool negative_serial;
    bool says_sha384; /* ecdsa-with-SHA384 in both places, over a SHA-256 digest */
};

struct sim_crl {
    const char *issuer;
    struct sim_signing signing;
    uint64_t this_update, next_update;
    enum sim_cert revoked[2];
    size_t revoked_count;
    unsigned strangers; /* entries that concern nobody, in front */
};

/* The values of the SGX extension. */
struct sim_pck {
    uint8_t components[16], cpu_svn[16], fmspc[6], pce_id[2];
    size_t fmspc_len, cpu_svn_len;
    uint16_t pce_svn;
    bool negative_pce_svn;
};

enum { SIM_LEVELS_MAX = 3, SIM_MODULES_MAX = 2 };

struct sim_level {
    uint8_t sgx[16], tdx[16];
    uint16_t pce_svn;
    const char *date, *status, *advisories; /* the last as JSON text between the brackets, NULL: no member */
};

/* One replacement in a document's text before it is signed; `find` must stand in it. */
struct sim_edit {
    const char *find, *put;
};

struct sim_document {
    const char *id;
    unsigned version;
    uint64_t issued, next_update;
    struct sim_edit edit;
    struct sim_signing signing;
    enum sim_cert chain[SIM_CHAIN_MAX];
    size_t chain_len;
    const char *chain_text; /* instead of the chain */
};

struct sim_report { /* SGX report */
    uint8_t cpu_svn[16], attributes[16], mr_enclave[32], mr_signer[32];
    uint32_t misc_select;
    uint16_t isv_prod_id, isv_svn;
};

struct sim_td {
    uint8_t tee_tcb_svn[16], mr_seam[48], mr_signer_seam[48], seam_attributes[8], td_attributes[8], xfam[8];
    uint8_t mr_config_id[48], mr_owner[48], mr_owner_config[48];
    uint8_t tee_tcb_svn2[16], mr_service_td[48];
};

struct sim_quote {
    uint16_t version, key_type;
    uint32_t tee_type;
    uint8_t vendor[16];
    uint16_t body_type; /* version 5 */
    uint32_t body_size; /* version 5 */
    struct sim_td td;
    struct sim_report enclave; /* SGX quotes */
    struct sim_report qe;
    size_t qe_auth_len;
    bool qe_data_zero, qe_data_tail; /* its report data is zero; is followed by something */
    struct sim_signing qe_signing, signing;
    bool key_off_curve;
    uint16_t outer_type, inner_type;
    size_t inner_extra, outer_extra, auth_extra; /* bytes left over inside of those sections */
    size_t padding;                              /* bytes behind the quote */
    int32_t auth_len_error;                      /* added to the length of the signature section */
    size_t keep;                                 /* cut after so many bytes; 0: whole */
    const char *instead;                         /* text in place of the quote */
    enum sim_cert chain[SIM_CHAIN_MAX];
    size_t chain_len;
    bool chain_leftover; /* text after the last certificate */
    uint8_t report_data[REPORT_DATA_LEN];
    struct measurements measurements;
};

struct sim_collateral {
    bool with_pck_chain, swapped_crls, as_array;
    const char *root_crl_text, *pck_crl_text; /* instead of the hex */
    const char *omit;                         /* a member that is left out */
    enum sim_cert crl_chain[SIM_CHAIN_MAX];
    size_t crl_chain_len;
    const char *crl_chain_text;
};

struct sim_plan {
    uint8_t secrets[SIM_KEY_COUNT][P256_SIGN_SECRET_LEN];
    uint8_t publics[SIM_KEY_COUNT][P256_SIGN_PUBLIC_LEN];
    uint8_t serials[SIM_CERT_COUNT][20];
    uint8_t ppid[16], instance_id[16];
    uint8_t qe_signer[32]; /* what the QE identity expects */
    uint64_t now;
    unsigned evaluation_number;
    enum simulator_kind kind;
    struct sim_certificate certs[SIM_CERT_COUNT];
    struct sim_crl root_crl, pck_crl;
    struct sim_pck pck;
    struct sim_level levels[SIM_LEVELS_MAX];
    size_t level_count;
    struct sim_document tcb, qe;
    struct sim_quote quote;
    struct sim_collateral collateral;
    /* Written on the way: certificates in DER. */
    struct buf der[SIM_CERT_COUNT];
};

void sim_plan_make(const struct simulator_config *config, struct sim_plan *out);
void sim_plan_free(struct sim_plan *p);

/* The key of this name under the seed. */
void sim_make_key(const uint8_t *seed, enum sim_key key, uint8_t *secret, uint8_t *public_key);

/* r ‖ s over SHA-256 of `bytes`, spoilt as asked as far as that is possible outside of DER. */
void sim_sign(const struct sim_plan *p, struct sim_signing how, struct slice bytes, uint8_t out[P256_SIGN_SIGNATURE_LEN]);

void sim_write_certificate(const struct sim_plan *p, enum sim_cert which, struct buf *out);
void sim_write_crl(const struct sim_plan *p, const struct sim_crl *crl, struct buf *out);
void sim_write_pem(const struct sim_plan *p, const enum sim_cert *chain, size_t chain_len, struct buf *out);
void sim_write_sgx_extension(const struct sim_pck *pck, const uint8_t ppid[16], const uint8_t instance_id[16], struct buf *out);
void sim_write_tcb_info(const struct sim_plan *p, struct buf *out);
void sim_write_qe_identity(const struct sim_plan *p, struct buf *out);
void sim_write_quote(const struct sim_plan *p, struct buf *out);
void sim_write_collateral(const struct sim_plan *p, struct slice tcb_info, struct slice qe_identity, struct buf *out);

/* Changes the plan as the defect says. */
void sim_break(struct sim_plan *p, unsigned defect);
