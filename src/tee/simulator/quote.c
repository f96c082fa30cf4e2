/* Quotes: header, body, signature section. Integers are little-endian. */
#include "codec/borsh.h"
#include "crypto/hash.h"
#include "tee/simulator/plan.h"
#include <string.h>

enum { REPORT_LEN = 384, USER_DATA_LEN = 20 };

static void write_zeros(struct buf *out, size_t len)
{
    memset(buf_reserve(out, len), 0, len);
    out->len += len;
}

#define WRITE(out, array) buf_append((out), slice_from((array), sizeof(array)))

static void write_report(struct buf *out, const struct sim_report *r, const uint8_t data[REPORT_DATA_LEN])
{
    WRITE(out, r->cpu_svn);
    borsh_write_u32(out, r->misc_select);
    write_zeros(out, 28);
    WRITE(out, r->attributes);
    WRITE(out, r->mr_enclave);
    write_zeros(out, 32);
    WRITE(out, r->mr_signer);
    write_zeros(out, 96);
    borsh_write_u16(out, r->isv_prod_id);
    borsh_write_u16(out, r->isv_svn);
    write_zeros(out, 60);
    buf_append(out, slice_from(data, REPORT_DATA_LEN));
}

static void write_td_report(struct buf *out, const struct sim_quote *q)
{
    const struct sim_td *td = &q->td;
    WRITE(out, td->tee_tcb_svn);
    WRITE(out, td->mr_seam);
    WRITE(out, td->mr_signer_seam);
    WRITE(out, td->seam_attributes);
    WRITE(out, td->td_attributes);
    WRITE(out, td->xfam);
    WRITE(out, q->measurements.of[MEASUREMENT_MRTD]);
    WRITE(out, td->mr_config_id);
    WRITE(out, td->mr_owner);
    WRITE(out, td->mr_owner_config);
    for (size_t i = MEASUREMENT_RTMR0; i <= MEASUREMENT_RTMR3; i++)
        WRITE(out, q->measurements.of[i]);
    WRITE(out, q->report_data);
    if (q->version == 5) {
        WRITE(out, td->tee_tcb_svn2);
        WRITE(out, td->mr_service_td);
    }
}

static void write_signed_part(struct buf *out, const struct sim_plan *p)
{
    const struct sim_quote *q = &p->quote;
    borsh_write_u16(out, q->version);
    borsh_write_u16(out, q->key_type);
    borsh_write_u32(out, q->tee_type);
    borsh_write_u16(out, p->kind == SIMULATOR_SGX_V3 ? q->qe.isv_svn : 0);
    borsh_write_u16(out, p->kind == SIMULATOR_SGX_V3 ? p->pck.pce_svn : 0);
    WRITE(out, q->vendor);
    buf_append(out, slice_from(p->instance_id, 16)); /* the QE's id, by convention */
    write_zeros(out, USER_DATA_LEN - 16);
    if (p->kind == SIMULATOR_TDX_V5) {
        borsh_write_u16(out, q->body_type);
        borsh_write_u32(out, q->body_size);
    }
    if (p->kind == SIMULATOR_SGX_V3)
        write_report(out, &q->enclave, q->report_data);
    else
        write_td_report(out, q);
}

/* Type, length and bytes of the certification data that names the PCK. */
static void write_inner_data(struct buf *out, const struct sim_plan *p)
{
    const struct sim_quote *q = &p->quote;
    AUTO(buf) struct buf data = {0};
    if (q->inner_type == 5) {
        sim_write_pem(p, q->chain, q->chain_len, &data);
        if (q->chain_leftover)
            buf_append_str(&data, "and more\n");
        buf_append_byte(&data, 0);
    } else { /* an encrypted PPID, CPUSVN, PCESVN and PCE id */
        write_zeros(&data, 404);
    }
    write_zeros(&data, q->inner_extra);
    borsh_write_u16(out, q->inner_type);
    borsh_write_string(out, buf_slice(&data));
}

/* QE report, its signature and what certifies the PCK key. */
static void write_qe_data(struct buf *out, const struct sim_plan *p, struct slice key)
{
    const struct sim_quote *q = &p->quote;
    uint8_t auth[64], data[REPORT_DATA_LEN] = {0}, signature[P256_SIGN_SIGNATURE_LEN];
    AUTO(buf) struct buf report = {0};
    for (size_t i = 0; i < sizeof auth; i++)
        auth[i] = (uint8_t)i;
    struct slice auth_data = slice_from(auth, q->qe_auth_len);
    const struct slice parts[] = {key, auth_data};
    struct hash binding = hash_sha256_parts(parts, 2);
    if (!q->qe_data_zero)
        memcpy(data, binding.bytes, sizeof binding.bytes);
    data[REPORT_DATA_LEN - 1] = q->qe_data_tail;
    write_report(&report, &q->qe, data);
    sim_sign(p, q->qe_signing, buf_slice(&report), signature);
    buf_append(out, buf_slice(&report));
    WRITE(out, signature);
    borsh_write_u16(out, (uint16_t)auth_data.len);
    buf_append(out, auth_data);
    write_inner_data(out, p);
}

static void write_signature_section(struct buf *out, const struct sim_plan *p, struct slice signed_part)
{
    const struct sim_quote *q = &p->quote;
    uint8_t signature[P256_SIGN_SIGNATURE_LEN], key[P256_SIGN_PUBLIC_LEN];
    AUTO(buf) struct buf certification = {0};
    memcpy(key, p->publics[SIM_KEY_ATTESTATION], sizeof key);
    key[sizeof key - 1] ^= q->key_off_curve ? 2 : 0;
    sim_sign(p, q->signing, signed_part, signature);
    write_qe_data(&certification, p, slice_from(key, sizeof key));
    write_zeros(&certification, q->outer_extra);
    WRITE(out, signature);
    WRITE(out, key);
    if (p->kind == SIMULATOR_SGX_V3) {
        buf_append(out, buf_slice(&certification));
    } else {
        borsh_write_u16(out, q->outer_type);
        borsh_write_string(out, buf_slice(&certification));
    }
    write_zeros(out, q->auth_extra);
}

void sim_write_quote(const struct sim_plan *p, struct buf *out)
{
    const struct sim_quote *q = &p->quote;
    size_t start = out->len;
    AUTO(buf) struct buf section = {0};
    if (q->instead) {
        buf_append_str(out, q->instead);
        return;
    }
    write_signed_part(out, p);
    write_signature_section(&section, p, slice_skip(buf_slice(out), start));
    borsh_write_u32(out, (uint32_t)section.len + (uint32_t)q->auth_len_error);
    buf_append(out, buf_slice(&section));
    write_zeros(out, q->padding);
    if (q->keep)
        out->len = start + q->keep;
}
