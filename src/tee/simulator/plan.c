#include "tee/simulator/plan.h"
#include "crypto/hash.h"
#include <string.h>

#define DAY UINT64_C(86400)

enum {
    PCK_SVN = 13,
    MODULE_SVN = 6,
    QE_SVN = 6,
    QE_PROD_TDX = 2,
    QE_PROD_SGX = 1,
};

static const uint8_t good_components[16] = {3, 3, 2, 2, 4, 1, 0, 5};
static const uint8_t good_tdx[16] = {5, 0, 3};
static const uint8_t intel_qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                            0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* Bytes that belong to a name under this seed. */
static struct hash derive(const uint8_t *seed, const char *name)
{
    const struct slice parts[] = {SLICE("outlayer TDX simulator"), slice_from(seed, SIMULATOR_SEED_LEN), slice_str(name)};
    return hash_sha256_parts(parts, 3);
}

static const char *const key_names[SIM_KEY_COUNT] = {"root", "platform-ca", "processor-ca", "tcb-signing",
                                                     "pck",  "attestation", "stranger"};
static const char *const serial_names[SIM_CERT_COUNT] = {"serial root", "serial platform", "serial processor", "serial tcb",
                                                         "serial pck"};

void sim_make_key(const uint8_t *seed, enum sim_key key, uint8_t *secret, uint8_t *public_key)
{
    struct hash h = derive(seed, key_names[key]);
    while (!p256_sign_public(h.bytes, public_key)) /* once in 2^32 */
        h = hash_sha256(hash_slice(&h));
    memcpy(secret, h.bytes, P256_SIGN_SECRET_LEN);
}

static void make_keys(const uint8_t *seed, struct sim_plan *p)
{
    for (size_t i = 0; i < SIM_KEY_COUNT; i++)
        sim_make_key(seed, (enum sim_key)i, p->secrets[i], p->publics[i]);
    for (size_t i = 0; i < SIM_CERT_COUNT; i++) {
        struct hash h = derive(seed, serial_names[i]);
        memcpy(p->serials[i], h.bytes, sizeof p->serials[i]);
        p->serials[i][0] = (uint8_t)((p->serials[i][0] & 0x7f) | 0x40); /* positive, and 20 bytes whatever the seed */
    }
    memcpy(p->ppid, derive(seed, "ppid").bytes, sizeof p->ppid);
    memcpy(p->instance_id, derive(seed, "platform instance").bytes, sizeof p->instance_id);
}

static const char root_name[] = "Intel SGX Root CA";
static const char platform_name[] = "Intel SGX PCK Platform CA";
static const char processor_name[] = "Intel SGX PCK Processor CA";

static void plan_certificates(struct sim_plan *p)
{
    const struct sim_certificate certs[SIM_CERT_COUNT] = {
        [SIM_ROOT] = {root_name, root_name, SIM_KEY_ROOT, {SIM_KEY_ROOT, SIM_GOOD}, .is_ca = true, .path_len = 1},
        [SIM_PLATFORM_CA] = {root_name, platform_name, SIM_KEY_PLATFORM_CA, {SIM_KEY_ROOT, SIM_GOOD}, .is_ca = true},
        [SIM_PROCESSOR_CA] = {root_name, processor_name, SIM_KEY_PROCESSOR_CA, {SIM_KEY_ROOT, SIM_GOOD}, .is_ca = true},
        [SIM_TCB_SIGNING] =
            {root_name, "Intel SGX TCB Signing", SIM_KEY_TCB_SIGNING, {SIM_KEY_ROOT, SIM_GOOD}, .path_len = SIM_NO_PATH_LEN},
        [SIM_PCK] = {platform_name,
                     "Intel SGX PCK Certificate",
                     SIM_KEY_PCK,
                     {SIM_KEY_PLATFORM_CA, SIM_GOOD},
                     .path_len = SIM_NO_PATH_LEN,
                     .sgx_extensions = 1},
    };
    memcpy(p->certs, certs, sizeof certs);
    for (size_t i = 0; i < SIM_CERT_COUNT; i++) {
        p->certs[i].version = 3;
        p->certs[i].not_before = SIMULATOR_CERTS_FROM;
        p->certs[i].not_after = SIMULATOR_CERTS_UNTIL;
    }
}

static void plan_platform(struct sim_plan *p)
{
    static const uint8_t fmspc[6] = {0x51, 0xd0, 0x00, 0x00, 0x00, 0x00};
    memcpy(p->pck.components, good_components, sizeof good_components);
    memcpy(p->pck.cpu_svn, good_components, sizeof good_components);
    memcpy(p->pck.fmspc, fmspc, sizeof fmspc);
    p->pck.fmspc_len = sizeof fmspc;
    p->pck.cpu_svn_len = 16;
    p->pck.pce_svn = PCK_SVN;
}

static void plan_levels(struct sim_plan *p)
{
    static const struct sim_level levels[] = {
        {{3, 3, 2, 2, 4, 1, 0, 5}, {5, 0, 3}, 13, "2024-11-13T00:00:00Z", "UpToDate", NULL},
        {{2, 2, 2, 2, 3, 1, 0, 5}, {5, 0, 2}, 13, "2024-03-13T00:00:00Z", "OutOfDate", "\"INTEL-SA-00001\""},
        {{2, 2, 2, 2, 3, 1, 0, 5}, {5, 0, 2}, 5, "2018-01-04T00:00:00Z", "OutOfDate", "\"INTEL-SA-00001\",\"INTEL-SA-00002\""},
    };
    memcpy(p->levels, levels, sizeof levels);
    p->level_count = sizeof levels / sizeof *levels;
}

static void plan_documents(struct sim_plan *p)
{
    bool tdx = p->kind != SIMULATOR_SGX_V3;
    struct sim_document common = {.issued = p->now - DAY,
                                  .next_update = p->now + (SIMULATOR_VALID_DAYS - 1) * DAY,
                                  .signing = {SIM_KEY_TCB_SIGNING, SIM_GOOD},
                                  .chain = {SIM_TCB_SIGNING, SIM_ROOT},
                                  .chain_len = 2};
    p->tcb = p->qe = common;
    p->tcb.id = tdx ? "TDX" : "SGX";
    p->tcb.version = 3;
    p->qe.id = tdx ? "TD_QE" : "QE";
    p->qe.version = 2;
}

static void plan_crls(struct sim_plan *p)
{
    uint64_t from = p->now - DAY, until = p->now + (SIMULATOR_VALID_DAYS - 1) * DAY;
    p->root_crl = (struct sim_crl){root_name, {SIM_KEY_ROOT, SIM_GOOD}, from, until, .strangers = 0};
    p->pck_crl = (struct sim_crl){platform_name, {SIM_KEY_PLATFORM_CA, SIM_GOOD}, from, until, .strangers = 5};
}

/* The quoting enclave's report. The signer's measurement names the simulator, and the QE identity expects just that. */
static struct sim_report plan_report(const char *enclave, const char *signer)
{
    struct sim_report r = {.attributes = {0x11}};
    struct hash e = hash_sha256(slice_str(enclave)), s = hash_sha256(slice_str(signer));
    memcpy(r.cpu_svn, good_components, sizeof good_components);
    memcpy(r.mr_enclave, e.bytes, sizeof r.mr_enclave);
    memcpy(r.mr_signer, s.bytes, sizeof r.mr_signer);
    return r;
}

static void plan_td(const struct simulator_config *config, struct sim_td *td)
{
    struct hash module = hash_sha256(SLICE("OutLayer simulator: TDX module"));
    static const uint8_t xfam[8] = {0xe7, 0x02, 0x06};
    memcpy(td->tee_tcb_svn, good_tdx, sizeof good_tdx);
    td->tee_tcb_svn[0] = MODULE_SVN;
    td->tee_tcb_svn[1] = 1; /* the module's version: TDX_01 */
    memcpy(td->tee_tcb_svn2, td->tee_tcb_svn, sizeof td->tee_tcb_svn);
    memcpy(td->mr_seam, module.bytes, sizeof module.bytes);
    memcpy(td->xfam, xfam, sizeof xfam);
    td->td_attributes[3] = 0x10; /* SEPT_VE_DISABLE */
    memcpy(td->mr_config_id, config->mr_config_id, sizeof td->mr_config_id);
}

static void plan_quote(const struct simulator_config *config, struct sim_plan *p)
{
    bool tdx = p->kind != SIMULATOR_SGX_V3;
    struct sim_quote *q = &p->quote;
    q->version = p->kind == SIMULATOR_TDX_V4 ? 4 : p->kind == SIMULATOR_TDX_V5 ? 5 : 3;
    q->key_type = 2;
    q->tee_type = tdx ? 0x81 : 0;
    memcpy(q->vendor, intel_qe_vendor, sizeof q->vendor);
    q->body_type = 3;
    q->body_size = 648;
    plan_td(config, &q->td);
    q->enclave = plan_report("OutLayer simulator: enclave", "OutLayer simulator: enclave signer");
    q->qe = plan_report("OutLayer simulator: quoting enclave", "OutLayer simulator: QE signer");
    memcpy(p->qe_signer, q->qe.mr_signer, sizeof p->qe_signer);
    q->qe.isv_prod_id = tdx ? QE_PROD_TDX : QE_PROD_SGX;
    q->qe.isv_svn = QE_SVN;
    q->qe_auth_len = 32;
    q->qe_signing = (struct sim_signing){SIM_KEY_PCK, SIM_GOOD};
    q->signing = (struct sim_signing){SIM_KEY_ATTESTATION, SIM_GOOD};
    q->outer_type = 6;
    q->inner_type = 5;
    q->chain[0] = SIM_PCK;
    q->chain[1] = SIM_PLATFORM_CA;
    q->chain[2] = SIM_ROOT;
    q->chain_len = 3;
    memcpy(q->report_data, config->report_data, sizeof q->report_data);
    q->measurements = config->measurements;
}

void sim_plan_make(const struct simulator_config *config, struct sim_plan *out)
{
    memset(out, 0, sizeof *out);
    out->now = config->now;
    out->kind = config->kind;
    out->evaluation_number = config->evaluation_number ? config->evaluation_number : 17;
    make_keys(config->seed, out);
    plan_certificates(out);
    plan_platform(out);
    plan_levels(out);
    plan_documents(out);
    plan_crls(out);
    plan_quote(config, out);
    out->collateral.crl_chain[0] = SIM_PLATFORM_CA;
    out->collateral.crl_chain[1] = SIM_ROOT;
    out->collateral.crl_chain_len = 2;
}

void sim_plan_free(struct sim_plan *p)
{
    for (size_t i = 0; i < SIM_CERT_COUNT; i++)
        buf_free(&p->der[i]);
}

void sim_sign(const struct sim_plan *p, struct sim_signing how, struct slice bytes, uint8_t out[P256_SIGN_SIGNATURE_LEN])
{
    struct hash digest = hash_sha256(bytes);
    p256_sign(p->secrets[how.by], digest.bytes, out);
    switch (how.spoil) {
    case SIM_FLIPPED:
        out[P256_SIGN_SIGNATURE_LEN - 1] ^= 1;
        break;
    case SIM_ONES:
    case SIM_ZERO:
        memset(out, 0, P256_SIGN_SIGNATURE_LEN);
        out[31] = out[63] = how.spoil == SIM_ONES;
        break;
    case SIM_OTHER_S:
        p256_sign_flip_s(out);
        break;
    case SIM_GOOD:
    case SIM_DER_NEGATIVE:
    case SIM_DER_LONG:
    case SIM_DER_TRAILING:
        break;
    }
}
