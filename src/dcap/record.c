/* The form that records are kept in: borsh-like, members in the order of the structs. */
#include "dcap/record.h"
#include "codec/borsh.h"

enum { LAYOUT = 1 };

static void earlier(uint64_t *until, uint64_t candidate)
{
    if (candidate < *until)
        *until = candidate;
}

struct dcap_window dcap_record_window(const struct dcap_record *r)
{
    uint64_t from = r->tcb.issued > r->qe.issued ? r->tcb.issued : r->qe.issued;
    uint64_t until = r->tcb.next_update + 1;
    earlier(&until, r->qe.next_update + 1);
    for (size_t i = 0; i < DATED_COUNT; i++) {
        if (r->dated[i].from > from)
            from = r->dated[i].from;
        earlier(&until, r->dated[i].until + (i < DATED_ROOT_CRL));
    }
    return (struct dcap_window){from, until};
}

bool dcap_revoked_has(struct slice revoked, struct slice serial)
{
    uint8_t padded[X509_SERIAL_MAX] = {0};
    if (serial.len > X509_SERIAL_MAX)
        return true;
    __builtin_memcpy(padded + X509_SERIAL_MAX - serial.len, serial.ptr, serial.len);
    for (; revoked.len; revoked = slice_skip(revoked, X509_SERIAL_MAX)) {
        if (slice_eq(slice_first(revoked, X509_SERIAL_MAX), slice_from(padded, sizeof padded)))
            return true;
    }
    return false;
}

#define WRITE(out, field) buf_append((out), slice_from(&(field), sizeof(field)))

static void write_verdict(const struct tcb_verdict *v, struct buf *out)
{
    borsh_write_u8(out, (uint8_t)v->status);
    borsh_write_u64(out, v->date);
    borsh_write_string(out, v->advisories);
}

static void write_svn_levels(const struct tcb_svn_levels *l, struct buf *out)
{
    borsh_write_u8(out, l->count);
    for (size_t i = 0; i < l->count; i++) {
        borsh_write_u16(out, l->of[i].svn);
        write_verdict(&l->of[i].is, out);
    }
}

static void write_module(const struct tcb_module *m, struct buf *out)
{
    borsh_write_u8(out, m->version);
    WRITE(out, m->signer);
    WRITE(out, m->attributes);
    WRITE(out, m->attributes_mask);
    write_svn_levels(&m->levels, out);
}

static void write_tcb(const struct tcb_info *t, struct buf *out)
{
    borsh_write_u8(out, t->is_tdx);
    borsh_write_u32(out, t->version);
    borsh_write_u64(out, t->issued);
    borsh_write_u64(out, t->next_update);
    WRITE(out, t->fmspc);
    WRITE(out, t->pce_id);
    borsh_write_u32(out, t->evaluation_number);
    borsh_write_u8(out, t->has_module);
    write_module(&t->module, out);
    borsh_write_u8(out, t->identity_count);
    for (size_t i = 0; i < t->identity_count; i++)
        write_module(&t->identities[i], out);
    borsh_write_u8(out, t->has_tdx_components);
    borsh_write_u8(out, t->level_count);
    for (size_t i = 0; i < t->level_count; i++) {
        WRITE(out, t->levels[i].sgx);
        WRITE(out, t->levels[i].tdx);
        borsh_write_u16(out, t->levels[i].pce_svn);
        write_verdict(&t->levels[i].is, out);
    }
}

static void write_qe(const struct qe_identity *q, struct buf *out)
{
    borsh_write_u8(out, q->is_tdx);
    borsh_write_u32(out, q->version);
    borsh_write_u64(out, q->issued);
    borsh_write_u64(out, q->next_update);
    borsh_write_u32(out, q->evaluation_number);
    WRITE(out, q->misc_select);
    WRITE(out, q->misc_select_mask);
    WRITE(out, q->attributes);
    WRITE(out, q->attributes_mask);
    WRITE(out, q->signer);
    borsh_write_u16(out, q->prod_id);
    write_svn_levels(&q->levels, out);
}

void dcap_record_write(const struct dcap_record *r, struct buf *out)
{
    borsh_write_u8(out, LAYOUT);
    WRITE(out, r->root);
    WRITE(out, r->ca);
    WRITE(out, r->dated);
    borsh_write_string(out, r->root_revoked);
    borsh_write_string(out, r->pck_revoked);
    write_tcb(&r->tcb, out);
    write_qe(&r->qe, out);
}

static void read_bytes(struct borsh_reader *r, void *out, size_t len)
{
    struct slice bytes = borsh_read_bytes(r, len);
    if (bytes.len == len)
        __builtin_memcpy(out, bytes.ptr, len);
}

#define READ(r, field) read_bytes((r), &(field), sizeof(field))

static uint8_t read_u8(struct borsh_reader *r, uint8_t max)
{
    uint8_t value = borsh_read_u8(r);
    if (value > max)
        r->failed = true;
    return r->failed ? 0 : value;
}

static void read_verdict(struct borsh_reader *r, struct tcb_verdict *out)
{
    out->status = (enum tcb_status)read_u8(r, TCB_STATUS_COUNT - 1);
    out->date = borsh_read_u64(r);
    out->advisories = borsh_read_string(r);
}

static void read_svn_levels(struct borsh_reader *r, struct tcb_svn_levels *out)
{
    out->count = read_u8(r, TCB_SVN_LEVELS_MAX);
    for (size_t i = 0; i < out->count; i++) {
        out->of[i].svn = borsh_read_u16(r);
        read_verdict(r, &out->of[i].is);
    }
}

static void read_module(struct borsh_reader *r, struct tcb_module *out)
{
    out->version = borsh_read_u8(r);
    READ(r, out->signer);
    READ(r, out->attributes);
    READ(r, out->attributes_mask);
    read_svn_levels(r, &out->levels);
}

static void read_tcb(struct borsh_reader *r, struct tcb_info *out)
{
    out->is_tdx = borsh_read_bool(r);
    out->version = borsh_read_u32(r);
    out->issued = borsh_read_u64(r);
    out->next_update = borsh_read_u64(r);
    READ(r, out->fmspc);
    READ(r, out->pce_id);
    out->evaluation_number = borsh_read_u32(r);
    out->has_module = borsh_read_bool(r);
    read_module(r, &out->module);
    out->identity_count = read_u8(r, TCB_MODULES_MAX);
    for (size_t i = 0; i < out->identity_count; i++)
        read_module(r, &out->identities[i]);
    out->has_tdx_components = borsh_read_bool(r);
    out->level_count = read_u8(r, TCB_LEVELS_MAX);
    for (size_t i = 0; i < out->level_count; i++) {
        READ(r, out->levels[i].sgx);
        READ(r, out->levels[i].tdx);
        out->levels[i].pce_svn = borsh_read_u16(r);
        read_verdict(r, &out->levels[i].is);
    }
}

static void read_qe(struct borsh_reader *r, struct qe_identity *out)
{
    out->is_tdx = borsh_read_bool(r);
    out->version = borsh_read_u32(r);
    out->issued = borsh_read_u64(r);
    out->next_update = borsh_read_u64(r);
    out->evaluation_number = borsh_read_u32(r);
    READ(r, out->misc_select);
    READ(r, out->misc_select_mask);
    READ(r, out->attributes);
    READ(r, out->attributes_mask);
    READ(r, out->signer);
    out->prod_id = borsh_read_u16(r);
    read_svn_levels(r, &out->levels);
}

bool dcap_record_read(struct slice bytes, struct dcap_record *out)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    if (borsh_read_u8(&r) != LAYOUT)
        return false;
    READ(&r, out->root);
    READ(&r, out->ca);
    READ(&r, out->dated);
    out->root_revoked = borsh_read_string(&r);
    out->pck_revoked = borsh_read_string(&r);
    read_tcb(&r, &out->tcb);
    read_qe(&r, &out->qe);
    return borsh_done(&r) && out->root_revoked.len % X509_SERIAL_MAX == 0 && out->pck_revoked.len % X509_SERIAL_MAX == 0;
}
