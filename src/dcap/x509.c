#include "dcap/x509.h"

#define OID_ECDSA_SHA256  SLICE("\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define OID_EC_PUBLIC_KEY SLICE("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_PRIME256V1    SLICE("\x2a\x86\x48\xce\x3d\x03\x01\x07")
#define OID_COMMON_NAME   SLICE("\x55\x04\x03")
#define OID_SGX           SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01")
#define OID_EXTENSION     SLICE("\x55\x1d") /* id-ce; one byte follows */

enum { POINT_LEN = 65, POINT_UNCOMPRESSED = 4, VERSION_3 = 2, VERSION_2 = 1, PATH_LEN_MAX = 255 };

/* Last bytes of id-ce extensions. */
enum {
    CE_SUBJECT_KEY = 14,
    CE_KEY_USAGE = 15,
    CE_BASIC_CONSTRAINTS = 19,
    CE_CRL_NUMBER = 20,
    CE_AUTHORITY_KEY = 35,
};

/* Key usage bits, from the first byte's top (RFC 5280 section 4.2.1.3). */
enum { USAGE_CERT_SIGN = 0x04, USAGE_CRL_SIGN = 0x02 };

static bool take_algorithm(struct der *d)
{
    struct der algorithm = der_enter(d, DER_SEQUENCE);
    bool ok = slice_eq(der_take(&algorithm, DER_OID), OID_ECDSA_SHA256);
    der_leave(d, &algorithm);
    return ok;
}

static const uint8_t *take_key(struct der *d)
{
    struct der info = der_enter(d, DER_SEQUENCE), algorithm = der_enter(&info, DER_SEQUENCE);
    bool ok =
        slice_eq(der_take(&algorithm, DER_OID), OID_EC_PUBLIC_KEY) && slice_eq(der_take(&algorithm, DER_OID), OID_PRIME256V1);
    der_leave(&info, &algorithm);
    struct slice point = der_take_bytes(&info);
    der_leave(d, &info);
    return ok && !d->failed && point.len == POINT_LEN && point.ptr[0] == POINT_UNCOMPRESSED ? point.ptr + 1 : NULL;
}

static struct slice take_serial(struct der *d)
{
    struct slice serial = der_take_unsigned(d);
    if (serial.len > X509_SERIAL_MAX)
        d->failed = true;
    return serial;
}

/* The text of the first common name in a Name. */
static struct slice common_name_of(struct slice name)
{
    struct der d = der_of(name), sets = der_enter(&d, DER_SEQUENCE);
    while (der_is(&sets, DER_SET)) {
        struct der set = der_enter(&sets, DER_SET), pair = der_enter(&set, DER_SEQUENCE);
        if (slice_eq(der_take(&pair, DER_OID), OID_COMMON_NAME) && pair.rest.len)
            return der_take(&pair, pair.rest.ptr[0]);
    }
    return (struct slice){0};
}

static void take_validity(struct der *d, struct x509_certificate *out)
{
    struct der validity = der_enter(d, DER_SEQUENCE);
    out->not_before = der_take_time(&validity);
    out->not_after = der_take_time(&validity);
    der_leave(d, &validity);
}

/* Extensions. */

struct extension {
    struct slice oid, value;
    bool critical;
};

static struct extension take_extension(struct der *d)
{
    struct extension e = {0};
    struct der fields = der_enter(d, DER_SEQUENCE);
    e.oid = der_take(&fields, DER_OID);
    if (der_is(&fields, DER_BOOLEAN)) {
        e.critical = der_take_boolean(&fields);
        if (!e.critical) /* the default is not written in DER */
            fields.failed = true;
    }
    e.value = der_take(&fields, DER_OCTET_STRING);
    der_leave(d, &fields);
    return e;
}

/* The last byte of an id-ce identifier; 0 for any other. */
static uint8_t ce_of(struct slice oid)
{
    return oid.len == 3 && slice_starts_with(oid, OID_EXTENSION) ? oid.ptr[2] : 0;
}

static bool read_basic_constraints(struct slice value, struct x509_certificate *out)
{
    struct der d = der_of(value), fields = der_enter(&d, DER_SEQUENCE);
    if (der_is(&fields, DER_BOOLEAN)) {
        out->is_ca = der_take_boolean(&fields);
        if (!out->is_ca)
            fields.failed = true;
    }
    if (out->is_ca && der_is(&fields, DER_INTEGER))
        out->path_len = (int)der_take_small(&fields, DER_INTEGER, PATH_LEN_MAX);
    der_leave(&d, &fields);
    return der_done(&d);
}

static bool read_usage(struct slice value, struct x509_certificate *out)
{
    struct der d = der_of(value);
    struct slice bits = der_take(&d, DER_BIT_STRING); /* its first byte counts unused bits */
    if (!der_done(&d) || bits.len < 2 || bits.len > 3 || bits.ptr[0] > 7)
        return false;
    out->has_usage = true;
    out->may_sign_certificates = bits.ptr[1] & USAGE_CERT_SIGN;
    out->may_sign_lists = bits.ptr[1] & USAGE_CRL_SIGN;
    return true;
}

static enum x509_fault read_extension(const struct extension *e, struct x509_certificate *out, uint64_t *seen)
{
    uint8_t ce = ce_of(e->oid);
    if (slice_eq(e->oid, OID_SGX)) {
        if (out->sgx.len)
            return X509_SGX_TWICE;
        out->sgx = e->value;
        return e->value.len ? X509_FINE : X509_BAD_FORM;
    }
    if (ce && ce < 64) {
        if (*seen >> ce & 1)
            return X509_OTHER_TWICE;
        *seen |= (uint64_t)1 << ce;
    }
    if (ce == CE_BASIC_CONSTRAINTS)
        return read_basic_constraints(e->value, out) ? X509_FINE : X509_BAD_FORM;
    if (ce == CE_KEY_USAGE)
        return read_usage(e->value, out) ? X509_FINE : X509_BAD_FORM;
    return e->critical ? X509_CRITICAL : X509_FINE;
}

static enum x509_fault take_extensions(struct der *d, struct x509_certificate *out)
{
    struct der tagged = der_enter(d, DER_CONTEXT | 3), list = der_enter(&tagged, DER_SEQUENCE);
    uint64_t seen = 0;
    while (list.rest.len && !list.failed) {
        struct extension e = take_extension(&list);
        enum x509_fault fault = list.failed ? X509_BAD_FORM : read_extension(&e, out, &seen);
        if (fault)
            return fault;
    }
    der_leave(&tagged, &list);
    der_leave(d, &tagged);
    return X509_FINE;
}

/* Fields of the signed part; `d` is inside of it. */
static enum x509_fault read_tbs(struct der *d, struct x509_certificate *out)
{
    struct der version = der_enter(d, DER_CONTEXT);
    if (der_take_small(&version, DER_INTEGER, VERSION_3) != VERSION_3)
        return X509_BAD_FORM;
    der_leave(d, &version);
    out->serial = take_serial(d);
    bool known = take_algorithm(d);
    out->issuer = der_take_whole(d, DER_SEQUENCE);
    take_validity(d, out);
    out->subject = der_take_whole(d, DER_SEQUENCE);
    out->common_name = common_name_of(out->subject);
    out->key = take_key(d);
    if (d->failed)
        return X509_BAD_FORM;
    if (!known || !out->key)
        return X509_BAD_ALGORITHM;
    out->path_len = X509_NO_PATH_LEN;
    return take_extensions(d, out);
}

/* Opens SEQUENCE {signed part, algorithm, signature}: *tbs is the signed part, whole, and *fields stands inside of it. */
static enum x509_fault open_signed(struct slice der, struct slice *tbs, struct der *fields, uint8_t signature[64])
{
    struct der d = der_of(der), outer = der_enter(&d, DER_SEQUENCE);
    *tbs = der_take_whole(&outer, DER_SEQUENCE);
    bool known = take_algorithm(&outer);
    struct slice pair = der_take_bytes(&outer);
    der_leave(&d, &outer);
    if (!der_done(&d))
        return X509_BAD_FORM;
    if (!known)
        return X509_BAD_ALGORITHM;
    struct der inner = der_of(*tbs);
    *fields = der_enter(&inner, DER_SEQUENCE);
    return der_read_signature(pair, signature) ? X509_FINE : X509_BAD_FORM;
}

enum x509_fault x509_read(struct slice der, struct x509_certificate *out)
{
    struct der fields;
    *out = (struct x509_certificate){0};
    enum x509_fault fault = open_signed(der, &out->tbs, &fields, out->signature);
    if (!fault)
        fault = read_tbs(&fields, out);
    return fault || der_done(&fields) ? fault : X509_BAD_FORM;
}

/* Revocation lists. */

/* Extensions of a list or of an entry: none of those that may be critical (issuing distribution points, delta lists, certificate issuers) is known. */
static enum x509_fault take_list_extensions(struct der *list)
{
    while (list->rest.len && !list->failed) {
        struct extension e = take_extension(list);
        if (!list->failed && e.critical)
            return X509_CRITICAL;
    }
    return list->failed ? X509_BAD_FORM : X509_FINE;
}

static enum x509_fault take_entry(struct der *entries, struct slice *serial)
{
    struct der entry = der_enter(entries, DER_SEQUENCE);
    *serial = take_serial(&entry);
    der_take_time(&entry);
    if (der_is(&entry, DER_SEQUENCE)) {
        struct der extensions = der_enter(&entry, DER_SEQUENCE);
        enum x509_fault fault = take_list_extensions(&extensions);
        if (fault)
            return fault;
        der_leave(&entry, &extensions);
    }
    der_leave(entries, &entry);
    return entries->failed ? X509_BAD_FORM : X509_FINE;
}

static enum x509_fault take_entries(struct der *d, struct x509_list *out)
{
    struct slice serial;
    struct der entries = der_enter(d, DER_SEQUENCE);
    out->entries = entries.rest;
    for (; entries.rest.len; out->count++) {
        enum x509_fault fault = take_entry(&entries, &serial);
        if (fault)
            return fault;
    }
    der_leave(d, &entries);
    return X509_FINE;
}

static enum x509_fault read_list_tbs(struct der *d, struct x509_list *out)
{
    enum x509_fault fault = X509_FINE;
    if (der_take_small(d, DER_INTEGER, VERSION_2) != VERSION_2)
        return X509_BAD_FORM;
    bool known = take_algorithm(d);
    out->issuer = der_take_whole(d, DER_SEQUENCE);
    out->this_update = der_take_time(d);
    out->next_update = der_take_time(d);
    if (der_is(d, DER_SEQUENCE))
        fault = take_entries(d, out);
    if (!fault && der_is(d, DER_CONTEXT)) {
        struct der tagged = der_enter(d, DER_CONTEXT), list = der_enter(&tagged, DER_SEQUENCE);
        fault = take_list_extensions(&list);
        der_leave(&tagged, &list);
        der_leave(d, &tagged);
    }
    if (!fault && d->failed)
        fault = X509_BAD_FORM;
    return fault || known ? fault : X509_BAD_ALGORITHM;
}

enum x509_fault x509_list_read(struct slice der, struct x509_list *out)
{
    struct der fields;
    *out = (struct x509_list){0};
    enum x509_fault fault = open_signed(der, &out->tbs, &fields, out->signature);
    if (!fault)
        fault = read_list_tbs(&fields, out);
    return fault || der_done(&fields) ? fault : X509_BAD_FORM;
}

bool x509_list_next(struct slice *entries, struct slice *serial)
{
    struct der d = der_of(*entries);
    if (entries->len == 0 || take_entry(&d, serial))
        return false;
    *entries = d.rest;
    return true;
}
