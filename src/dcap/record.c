/* The form that records are kept in: borsh-like, members of documents in the order of their tables. */
#include "dcap/record.h"
#include "codec/borsh.h"

enum { LAYOUT = 2 };

static void earlier(uint64_t *until, uint64_t candidate)
{
    if (candidate < *until)
        *until = candidate;
}

struct time_window dcap_record_window(const struct dcap_record *r)
{
    uint64_t from = r->tcb.valid.from > r->qe.valid.from ? r->tcb.valid.from : r->qe.valid.from;
    uint64_t until = r->tcb.valid.until + 1;
    earlier(&until, r->qe.valid.until + 1);
    for (size_t i = 0; i < DATED_COUNT; i++) {
        if (r->dated[i].from > from)
            from = r->dated[i].from;
        earlier(&until, r->dated[i].until + (i < DATED_ROOT_CRL));
    }
    return (struct time_window){from, until};
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

static void write_object(const struct document_object *o, const uint8_t *base, struct buf *out);

/* An optional member is a list of one, or none. */
static void write_items(const struct document_member *m, const uint8_t *items, size_t count, struct buf *out)
{
    const struct document_object *of = m->of;
    for (size_t i = 0; i < count; i++)
        write_object(of, items + i * of->size, out);
}

static void write_object(const struct document_object *o, const uint8_t *base, struct buf *out)
{
    for (const struct document_member *m = o->members; m < o->members + o->count; m++) {
        const uint8_t *at = base + m->at;
        uint8_t count = m->count_at ? base[m->count_at] : 1;
        if (m->count_at)
            buf_append_byte(out, count);
        if (m->form == DOCUMENT_OBJECT || m->form == DOCUMENT_LIST)
            write_items(m, at, count, out);
        else if (m->form == DOCUMENT_ADVISORIES)
            borsh_write_string(out, *(const struct slice *)(const void *)at);
        else
            buf_append(out, slice_from(at, m->form == DOCUMENT_CHOICE ? 1 : m->len));
    }
}

void dcap_record_write(const struct dcap_record *r, struct buf *out)
{
    borsh_write_u8(out, LAYOUT);
    WRITE(out, r->root);
    WRITE(out, r->ca);
    WRITE(out, r->dated);
    borsh_write_string(out, r->root_revoked);
    borsh_write_string(out, r->pck_revoked);
    write_object(&tcb_info_document, (const uint8_t *)&r->tcb, out);
    write_object(&qe_identity_document, (const uint8_t *)&r->qe, out);
}

static void read_bytes(struct borsh_reader *r, void *out, size_t len)
{
    struct slice bytes = borsh_read_bytes(r, len);
    if (bytes.len == len)
        __builtin_memcpy(out, bytes.ptr, len);
}

#define READ(r, field) read_bytes((r), &(field), sizeof(field))

static uint8_t read_u8(struct borsh_reader *r, size_t max)
{
    uint8_t value = borsh_read_u8(r);
    if (value > max)
        r->failed = true;
    return r->failed ? 0 : value;
}

static void read_object(const struct document_object *o, struct borsh_reader *r, uint8_t *base);

static void read_items(const struct document_member *m, struct borsh_reader *r, uint8_t *items, size_t count)
{
    const struct document_object *of = m->of;
    for (size_t i = 0; i < count; i++)
        read_object(of, r, items + i * of->size);
}

static void read_object(const struct document_object *o, struct borsh_reader *r, uint8_t *base)
{
    for (const struct document_member *m = o->members; m < o->members + o->count; m++) {
        uint8_t *at = base + m->at, count = 1;
        if (m->count_at)
            base[m->count_at] = count = read_u8(r, m->form == DOCUMENT_COMPONENTS ? 1 : m->len);
        if (m->form == DOCUMENT_OBJECT || m->form == DOCUMENT_LIST)
            read_items(m, r, at, count);
        else if (m->form == DOCUMENT_ADVISORIES)
            *(struct slice *)(void *)at = borsh_read_string(r);
        else if (m->form == DOCUMENT_CHOICE)
            *at = read_u8(r, m->len - 1u);
        else
            read_bytes(r, at, m->len);
    }
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
    read_object(&tcb_info_document, &r, (uint8_t *)&out->tcb);
    read_object(&qe_identity_document, &r, (uint8_t *)&out->qe);
    return borsh_done(&r) && out->root_revoked.len % X509_SERIAL_MAX == 0 && out->pck_revoked.len % X509_SERIAL_MAX == 0;
}
