/* TCB info v3, QE identity v2 and the collateral around them, members in Intel's order. */
#include "codec/hex.h"
#include "codec/json.h"
#include "tee/simulator/plan.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ZEROS_48 "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

/* A module identity with its levels. */
#define MODULE_MEMBERS \
    "\"mrsigner\":\"" ZEROS_48 "\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

static const char modules[] =
    "\"tdxModule\":{" MODULE_MEMBERS "},\"tdxModuleIdentities\":["
    "{\"id\":\"TDX_03\"," MODULE_MEMBERS
    ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]},"
    "{\"id\":\"TDX_01\"," MODULE_MEMBERS
    ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
    "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"INTEL-SA-"
    "00003\"]}]}],";

static const char *rfc3339(uint64_t seconds, char out[32])
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

/* Puts `put` where `find` stands from `start` on; its absence is a mistake in the table of defects and leaves the text as it is. */
static void edit_text(struct buf *text, size_t start, struct sim_edit edit)
{
    if (!edit.find)
        return;
    const char *at = strstr(buf_str(text) + start, edit.find);
    if (!at)
        return;
    size_t offset = (size_t)((const uint8_t *)at - text->ptr);
    AUTO(buf) struct buf tail = {0};
    buf_append(&tail, slice_skip(buf_slice(text), offset + strlen(edit.find)));
    text->len = offset;
    buf_append_str(text, edit.put);
    buf_append(text, buf_slice(&tail));
}

static void write_head(const struct sim_document *d, struct buf *out)
{
    char issued[32], next[32];
    buf_append_fmt(out, "{\"id\":\"%s\",\"version\":%u,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",", d->id, d->version,
                   rfc3339(d->issued, issued), rfc3339(d->next_update, next));
}

static void write_components(struct buf *out, const char *name, const uint8_t *svn)
{
    buf_append_fmt(out, "\"%s\":[", name);
    for (size_t i = 0; i < 16; i++)
        buf_append_fmt(out, "%s{\"svn\":%u}", i ? "," : "", svn[i]);
    buf_append_str(out, "]");
}

static void write_level(const struct sim_plan *p, const struct sim_level *l, struct buf *out)
{
    buf_append_str(out, "{\"tcb\":{");
    write_components(out, "sgxtcbcomponents", l->sgx);
    buf_append_fmt(out, ",\"pcesvn\":%u", l->pce_svn);
    if (p->kind != SIMULATOR_SGX_V3) {
        buf_append_str(out, ",");
        write_components(out, "tdxtcbcomponents", l->tdx);
    }
    buf_append_fmt(out, "},\"tcbDate\":\"%s\",\"tcbStatus\":\"%s\"", l->date, l->status);
    if (l->advisories)
        buf_append_fmt(out, ",\"advisoryIDs\":[%s]", l->advisories);
    buf_append_str(out, "}");
}

void sim_write_tcb_info(const struct sim_plan *p, struct buf *out)
{
    size_t start = out->len;
    char fmspc[2 * sizeof p->pck.fmspc + 1] = "", pce_id[5] = "";
    hex_encode(slice_from(p->pck.fmspc, sizeof p->pck.fmspc), fmspc);
    hex_encode(slice_from(p->pck.pce_id, sizeof p->pck.pce_id), pce_id);
    write_head(&p->tcb, out);
    buf_append_fmt(out, "\"fmspc\":\"%s\",\"pceId\":\"%s\",\"tcbType\":0,\"tcbEvaluationDataNumber\":%u,", fmspc, pce_id,
                   p->evaluation_number);
    if (p->kind != SIMULATOR_SGX_V3)
        buf_append_str(out, modules);
    buf_append_str(out, "\"tcbLevels\":[");
    for (size_t i = 0; i < p->level_count; i++) {
        if (i)
            buf_append_str(out, ",");
        write_level(p, &p->levels[i], out);
    }
    buf_append_str(out, "]}");
    edit_text(out, start, p->tcb.edit);
}

void sim_write_qe_identity(const struct sim_plan *p, struct buf *out)
{
    size_t start = out->len;
    write_head(&p->qe, out);
    buf_append_fmt(
        out,
        "\"tcbEvaluationDataNumber\":%u,\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
        "\"attributes\":\"11000000000000000000000000000000\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
        "\"mrsigner\":\"",
        p->evaluation_number);
    hex_append(out, slice_from(p->qe_signer, sizeof p->qe_signer));
    buf_append_fmt(out,
                   "\",\"isvprodid\":%u,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-11-13T00:00:00Z\","
                   "\"tcbStatus\":\"UpToDate\"},"
                   "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":["
                   "\"INTEL-SA-00004\"]}]}",
                   p->kind == SIMULATOR_SGX_V3 ? 1U : 2U);
    edit_text(out, start, p->qe.edit);
}

static void write_text_member(const struct sim_plan *p, const char *name, struct slice text, struct buf *out)
{
    if (p->collateral.omit && !strcmp(p->collateral.omit, name))
        return;
    json_write_name(out, slice_str(name));
    json_write_string(out, text);
}

static void write_chain_member(const struct sim_plan *p, const char *name, const enum sim_cert *chain, size_t chain_len,
                               const char *instead, struct buf *out)
{
    AUTO(buf) struct buf pem = {0};
    if (instead)
        buf_append_str(&pem, instead);
    else
        sim_write_pem(p, chain, chain_len, &pem);
    write_text_member(p, name, buf_slice(&pem), out);
}

static void write_crl_member(const struct sim_plan *p, const char *name, const struct sim_crl *crl, const char *instead,
                             struct buf *out)
{
    AUTO(buf) struct buf der = {0};
    AUTO(buf) struct buf text = {0};
    sim_write_crl(p, crl, &der);
    if (instead)
        buf_append_str(&text, instead);
    else
        hex_append(&text, buf_slice(&der));
    write_text_member(p, name, buf_slice(&text), out);
}

static void write_document_members(const struct sim_plan *p, const char *name, const struct sim_document *d, struct slice text,
                                   struct buf *out)
{
    uint8_t raw[P256_SIGN_SIGNATURE_LEN];
    char member[64];
    AUTO(buf) struct buf signature = {0};
    sim_sign(p, d->signing, text, raw);
    hex_append(&signature, slice_from(raw, sizeof raw));
    snprintf(member, sizeof member, "%s_issuer_chain", name);
    write_chain_member(p, member, d->chain, d->chain_len, d->chain_text, out);
    write_text_member(p, name, text, out);
    snprintf(member, sizeof member, "%s_signature", name);
    write_text_member(p, member, buf_slice(&signature), out);
}

void sim_write_collateral(const struct sim_plan *p, struct slice tcb_info, struct slice qe_identity, struct buf *out)
{
    const struct sim_collateral *c = &p->collateral;
    const struct sim_crl *root_crl = c->swapped_crls ? &p->pck_crl : &p->root_crl;
    const struct sim_crl *pck_crl = c->swapped_crls ? &p->root_crl : &p->pck_crl;
    if (c->as_array)
        json_write_open(out, '[');
    json_write_open(out, '{');
    write_chain_member(p, "pck_crl_issuer_chain", c->crl_chain, c->crl_chain_len, c->crl_chain_text, out);
    write_crl_member(p, "root_ca_crl", root_crl, c->root_crl_text, out);
    write_crl_member(p, "pck_crl", pck_crl, c->pck_crl_text, out);
    write_document_members(p, "tcb_info", &p->tcb, tcb_info, out);
    write_document_members(p, "qe_identity", &p->qe, qe_identity, out);
    if (c->with_pck_chain)
        write_chain_member(p, "pck_certificate_chain", p->quote.chain, p->quote.chain_len, NULL, out);
    json_write_close(out, '}');
    if (c->as_array)
        json_write_close(out, ']');
}
