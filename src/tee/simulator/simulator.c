#include "tee/simulator/simulator.h"
#include "crypto/hash.h"
#include "tee/simulator/plan.h"
#include <string.h>

void simulator_make(const struct simulator_config *config, struct simulator_output *out)
{
    struct sim_plan plan;
    struct simulator_config chosen = *config;
    struct simulator_defect defect = simulator_defect_at(config->defect);
    if (defect.one_kind)
        chosen.kind = defect.kind;
    sim_plan_make(&chosen, &plan);
    sim_break(&plan, config->defect);
    for (size_t i = 0; i < SIM_CERT_COUNT; i++)
        sim_write_certificate(&plan, (enum sim_cert)i, &plan.der[i]);
    sim_write_tcb_info(&plan, &out->tcb_info);
    sim_write_qe_identity(&plan, &out->qe_identity);
    sim_write_collateral(&plan, buf_slice(&out->tcb_info), buf_slice(&out->qe_identity), &out->collateral);
    sim_write_pem(&plan, plan.quote.chain, plan.quote.chain_len, &out->pck_chain);
    sim_write_quote(&plan, &out->quote);
    buf_append(&out->root, buf_slice(&plan.der[SIM_ROOT]));
    explicit_bzero(plan.secrets, sizeof plan.secrets);
    sim_plan_free(&plan);
}

void simulator_output_free(struct simulator_output *out)
{
    buf_free(&out->quote);
    buf_free(&out->collateral);
    buf_free(&out->root);
    buf_free(&out->pck_chain);
    buf_free(&out->tcb_info);
    buf_free(&out->qe_identity);
}

void simulator_quote_again(const uint8_t seed[SIMULATOR_SEED_LEN], const uint8_t report_data[REPORT_DATA_LEN],
                           struct buf *quote)
{
    enum { SIGNED_V4 = 632, SIGNED_V5 = 702, DATA_V4 = 568, DATA_V5 = 574, AUTH_LEN = 4 };
    bool v5 = quote->ptr[0] == 5;
    size_t signed_len = v5 ? SIGNED_V5 : SIGNED_V4;
    uint8_t secret[P256_SIGN_SECRET_LEN], public_key[P256_SIGN_PUBLIC_LEN];
    sim_make_key(seed, SIM_KEY_ATTESTATION, secret, public_key);
    memcpy(quote->ptr + (v5 ? DATA_V5 : DATA_V4), report_data, REPORT_DATA_LEN);
    struct hash digest = hash_sha256(slice_from(quote->ptr, signed_len));
    p256_sign(secret, digest.bytes, quote->ptr + signed_len + AUTH_LEN);
    explicit_bzero(secret, sizeof secret);
}

void simulator_root(const uint8_t seed[SIMULATOR_SEED_LEN], struct buf *out)
{
    struct simulator_config config = {.now = 1767225600}; /* no date of the root comes from it */
    struct sim_plan plan;
    memcpy(config.seed, seed, sizeof config.seed);
    sim_plan_make(&config, &plan);
    sim_write_certificate(&plan, SIM_ROOT, out);
    explicit_bzero(plan.secrets, sizeof plan.secrets);
    sim_plan_free(&plan);
}
