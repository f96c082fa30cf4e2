/* Intel's quotes: SGX v3, TDX v4 (TD report 1.0) and v5 (TD report 1.0 or 1.5), signed with ECDSA on P-256. Freestanding.
 *
 * Everything in the layouts is an array of bytes, so that they lie on a quote's bytes as they are; integers are little-endian.
 * Sources: Intel SGX ECDSA QuoteGenReference, appendix A; Intel TDX DCAP Quoting Library API, appendix 3. */
#pragma once
#include "base/slice.h"

enum {
    QUOTE_SIGNATURE_LEN = 64,  /* r ‖ s, big-endian */
    QUOTE_KEY_LEN = 64,        /* x ‖ y, big-endian */
    QUOTE_SECTION_MAX = 65536, /* of any length that a quote names */
    QUOTE_KEY_P256 = 2,
    QUOTE_TEE_SGX = 0,
    QUOTE_TEE_TDX = 0x81,
    QUOTE_DATA_PCK_CHAIN = 5, /* certification data: PEM of leaf, authority, root */
    QUOTE_DATA_QE_REPORT = 6,
};

struct quote_header {
    uint8_t version[2], key_type[2], tee_type[4];
    uint8_t qe_svn[2], pce_svn[2]; /* v3 only */
    uint8_t qe_vendor[16], user_data[20];
};
_Static_assert(sizeof(struct quote_header) == 48, "layout");

/* The body of an SGX quote, and what the quoting enclave says of itself. */
struct sgx_report {
    uint8_t cpu_svn[16], misc_select[4], reserved1[28], attributes[16];
    uint8_t mr_enclave[32], reserved2[32], mr_signer[32], reserved3[96];
    uint8_t isv_prod_id[2], isv_svn[2], reserved4[60], report_data[64];
};
_Static_assert(sizeof(struct sgx_report) == 384, "layout");

struct td_report {
    uint8_t tee_tcb_svn[16], mr_seam[48], mr_signer_seam[48];
    uint8_t seam_attributes[8], td_attributes[8], xfam[8];
    uint8_t mr_td[48], mr_config_id[48], mr_owner[48], mr_owner_config[48], rtmr[4][48], report_data[64];
};
_Static_assert(sizeof(struct td_report) == 584, "layout");

/* TD report 1.5. */
struct td_report_15 {
    struct td_report base;
    uint8_t tee_tcb_svn2[16], mr_service_td[48];
};
_Static_assert(sizeof(struct td_report_15) == 648, "layout");

/* Body types of v5. */
enum quote_body { QUOTE_BODY_SGX = 1, QUOTE_BODY_TD_10 = 2, QUOTE_BODY_TD_15 = 3 };

/* What a quote consists of, borrowed from its bytes. */
struct quote {
    uint16_t version;
    uint32_t tee_type;
    enum quote_body kind;
    struct slice signed_part; /* header and body */
    const struct quote_header *header;
    const struct sgx_report *enclave; /* SGX, else NULL */
    const struct td_report *td;       /* TDX, else NULL */
    const struct td_report_15 *td_15; /* TD report 1.5, else NULL */
    const uint8_t *signature;         /* QUOTE_SIGNATURE_LEN */
    const uint8_t *key;               /* the attestation key, QUOTE_KEY_LEN */
    const struct sgx_report *qe;
    const uint8_t *qe_signature;
    struct slice qe_auth_data;
    uint16_t data_type; /* of the inner certification data */
    struct slice data;
};

enum quote_fault {
    QUOTE_FINE,
    QUOTE_SHORT,        /* a field or section reaches past the end */
    QUOTE_TOO_LONG,     /* a section is said to be longer than QUOTE_SECTION_MAX */
    QUOTE_LEFTOVER,     /* bytes follow the last field of a section */
    QUOTE_BAD_VERSION,  /* not 3, 4 or 5 */
    QUOTE_BAD_TEE,      /* neither SGX nor TDX */
    QUOTE_SGX_VERSION,  /* an SGX quote that is not v3 */
    QUOTE_TDX_VERSION,  /* a TDX quote that is v3 */
    QUOTE_BAD_KEY_TYPE, /* not ECDSA on P-256 */
    QUOTE_BAD_BODY,     /* v5: body type and size do not belong together, or not to the TEE */
    QUOTE_BAD_DATA,     /* v4, v5: the certification data is not of type 6 */
    QUOTE_BAD_VENDOR,   /* the quoting enclave is not Intel's */
};

/* Reads the whole form and nothing of the meaning. Bytes behind the signature section are allowed (real quotes are padded), bytes left over inside
 * of it are not. On a fault *out holds what was read before. */
enum quote_fault quote_read(struct slice bytes, struct quote *out);

static inline uint16_t quote_u16(const uint8_t at[2])
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t quote_u32(const uint8_t at[4])
{
    return quote_u16(at) | (uint32_t)quote_u16(at + 2) << 16;
}
