#include "dcap/x509.h"

/* Contents of AlgorithmIdentifiers: ecdsa-with-SHA256; id-ecPublicKey with prime256v1. */
#define ECDSA_SHA256 SLICE("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define KEY_ON_P256  SLICE("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")

#define OID_COMMON_NAME SLICE("\x55\x04\x03")
#define OID_SGX         SLICE("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01")
#define OID_EXTENSION   SLICE("\x55\x1d") /* id-ce; one byte follows */

#define VERSION_3 SLICE("\2")
#define VERSION_2 SLICE("\1")
#define TRUE      SLICE("\xff") /* false is the default wherever it is asked, and a default is not written in DER */

enum { POINT_LEN = 65, POINT_UNCOMPRESSED = 4, PATH_LEN_MAX = 255 };

/* Last bytes of id-ce extensions. */
enum { CE_KEY_USAGE = 15, CE_BASIC_CONSTRAINTS = 19 };

/* Key usage bits, from the first byte's top (RFC 5280 section 4.2.1.3). */
enum { USAGE_CERT_SIGN = 0x04, USAGE_CRL_SIGN = 0x02 };

/* Values of certificates and lists. */
enum {
    TBS = 1,
    VERSION,
    SERIAL,
    ALGORITHM,
    ISSUER,
    FROM,
    UNTIL,
    SUBJECT,
    KEY_ALGORITHM,
    KEY,
    ENTRIES,
    EXTENSIONS,
    OUTER_ALGORITHM,
    SIGNATURE,
    VALUES
};

/* What every signed structure ends with, its own first part left. */
#define SIGNED_END                                                                \
    {0, DER_LEAVE}, {DER_SEQUENCE, OUTER_ALGORITHM}, {DER_BIT_STRING, SIGNATURE}, \
    {                                                                             \
        0, DER_LEAVE                                                              \
    }

static const struct der_step certificate_form[] = {
    {DER_SEQUENCE, DER_ENTER},
    {DER_SEQUENCE, TBS | DER_WHOLE | DER_ENTER},
    {DER_CONTEXT, DER_ENTER},
    {DER_INTEGER, VERSION},
    {0, DER_LEAVE},
    {DER_INTEGER, SERIAL},
    {DER_SEQUENCE, ALGORITHM},
    {DER_SEQUENCE, ISSUER | DER_WHOLE},
    {DER_SEQUENCE, DER_ENTER},
    {DER_ANY, FROM | DER_WHOLE},
    {DER_ANY, UNTIL | DER_WHOLE},
    {0, DER_LEAVE},
    {DER_SEQUENCE, SUBJECT | DER_WHOLE},
    {DER_SEQUENCE, DER_ENTER},
    {DER_SEQUENCE, KEY_ALGORITHM},
    {DER_BIT_STRING, KEY},
    {0, DER_LEAVE},
    {DER_CONTEXT | 3, DER_ENTER},
    {DER_SEQUENCE, EXTENSIONS},
    {0, DER_LEAVE},
    SIGNED_END,
};

static const struct der_step list_form[] = {
    {DER_SEQUENCE, DER_ENTER},
    {DER_SEQUENCE, TBS | DER_WHOLE | DER_ENTER},
    {DER_INTEGER, VERSION},
    {DER_SEQUENCE, ALGORITHM},
    {DER_SEQUENCE, ISSUER | DER_WHOLE},
    {DER_ANY, FROM | DER_WHOLE},
    {DER_ANY, UNTIL | DER_WHOLE},
    {DER_SEQUENCE, ENTRIES | DER_OPTIONAL},
    {DER_CONTEXT, EXTENSIONS | DER_OPTIONAL},
    SIGNED_END,
};

/* What certificates and lists have in common. */
static enum x509_fault read_signed(const struct der_step *form, struct slice der, struct slice version, struct slice *values,
                                   struct time_window *valid, uint8_t signature[64])
{
    if (!der_read(form, &der, values) || der.len)
        return X509_BAD_FORM;
    if (!slice_eq(values[ALGORITHM], ECDSA_SHA256) || !slice_eq(values[OUTER_ALGORITHM], ECDSA_SHA256))
        return X509_BAD_ALGORITHM;
    bool ok = der_read_signature(der_bits(values[SIGNATURE]), signature) && slice_eq(values[VERSION], version) &&
              der_time(values[FROM], &valid->from) && der_time(values[UNTIL], &valid->until);
    return ok ? X509_FINE : X509_BAD_FORM;
}

static bool read_serial(struct slice content, struct slice *out)
{
    *out = der_unsigned(content);
    return out->len && out->len <= X509_SERIAL_MAX;
}

/* The text of the first common name in a Name. */
static struct slice common_name_of(struct slice name)
{
    enum { TYPE = 1, TEXT, ATTRIBUTE };
    static const struct der_step form[] = {{DER_SEQUENCE, DER_ENTER}, {DER_OID, TYPE}, {DER_ANY, TEXT}, {0, DER_LEAVE}};
    struct slice attribute[ATTRIBUTE], sets = der_take(&name, DER_SEQUENCE);
    for (struct slice set; (set = der_take(&sets, DER_SET)).ptr;) {
        if (der_read(form, &set, attribute) && slice_eq(attribute[TYPE], OID_COMMON_NAME))
            return attribute[TEXT];
    }
    return (struct slice){0};
}

/* Extensions. */

enum { OID = 1, CRITICAL, VALUE, EXTENSION };

static bool take_extension(struct slice *list, struct slice *extension)
{
    static const struct der_step form[] = {
        {DER_SEQUENCE, DER_ENTER}, {DER_OID, OID}, {DER_BOOLEAN, CRITICAL | DER_OPTIONAL},
        {DER_OCTET_STRING, VALUE}, {0, DER_LEAVE},
    };
    return der_read(form, list, extension) && (!extension[CRITICAL].ptr || slice_eq(extension[CRITICAL], TRUE));
}

/* The last byte of an id-ce identifier; 0 for any other. */
static uint8_t ce_of(struct slice oid)
{
    return oid.len == 3 && slice_starts_with(oid, OID_EXTENSION) ? oid.ptr[2] : 0;
}

static bool read_basic_constraints(struct slice value, struct x509_certificate *out)
{
    enum { IS_CA = 1, PATH_LEN, CONSTRAINTS };
    static const struct der_step form[] = {
        {DER_SEQUENCE, DER_ENTER}, {DER_BOOLEAN, IS_CA | DER_OPTIONAL}, {DER_INTEGER, PATH_LEN | DER_OPTIONAL}, {0, DER_LEAVE}};
    struct slice c[CONSTRAINTS];
    uint32_t path_len;
    if (!der_read(form, &value, c) || value.len || (c[IS_CA].ptr && !slice_eq(c[IS_CA], TRUE)))
        return false;
    out->is_ca = c[IS_CA].ptr != NULL;
    if (!c[PATH_LEN].ptr)
        return true;
    bool ok = out->is_ca && der_small(c[PATH_LEN], PATH_LEN_MAX, &path_len);
    if (ok)
        out->path_len = (int)path_len;
    return ok;
}

static bool read_usage(struct slice value, struct x509_certificate *out)
{
    struct slice bits = der_take(&value, DER_BIT_STRING); /* its first byte counts unused bits */
    if (value.len || bits.len < 2 || bits.len > 3 || bits.ptr[0] > 7)
        return false;
    out->has_usage = true;
    out->may_sign_certificates = bits.ptr[1] & USAGE_CERT_SIGN;
    out->may_sign_lists = bits.ptr[1] & USAGE_CRL_SIGN;
    return true;
}

static enum x509_fault read_extension(const struct slice *extension, struct x509_certificate *out, uint64_t *seen)
{
    struct slice value = extension[VALUE];
    uint8_t ce = ce_of(extension[OID]);
    if (slice_eq(extension[OID], OID_SGX)) {
        if (out->sgx.len)
            return X509_SGX_TWICE;
        out->sgx = value;
        return value.len ? X509_FINE : X509_BAD_FORM;
    }
    if (ce && ce < 64) {
        if (*seen >> ce & 1)
            return X509_OTHER_TWICE;
        *seen |= (uint64_t)1 << ce;
    }
    if (ce == CE_BASIC_CONSTRAINTS)
        return read_basic_constraints(value, out) ? X509_FINE : X509_BAD_FORM;
    if (ce == CE_KEY_USAGE)
        return read_usage(value, out) ? X509_FINE : X509_BAD_FORM;
    return extension[CRITICAL].ptr ? X509_CRITICAL : X509_FINE;
}

static enum x509_fault read_extensions(struct slice list, struct x509_certificate *out)
{
    struct slice extension[EXTENSION];
    uint64_t seen = 0;
    while (list.len) {
        enum x509_fault fault = take_extension(&list, extension) ? read_extension(extension, out, &seen) : X509_BAD_FORM;
        if (fault)
            return fault;
    }
    return X509_FINE;
}

enum x509_fault x509_read(struct slice der, struct x509_certificate *out)
{
    struct slice v[VALUES];
    *out = (struct x509_certificate){.path_len = X509_NO_PATH_LEN};
    enum x509_fault fault = read_signed(certificate_form, der, VERSION_3, v, &out->valid, out->signature);
    if (fault)
        return fault;
    struct slice point = der_bits(v[KEY]);
    if (!read_serial(v[SERIAL], &out->serial))
        return X509_BAD_FORM;
    if (!slice_eq(v[KEY_ALGORITHM], KEY_ON_P256) || point.len != POINT_LEN || point.ptr[0] != POINT_UNCOMPRESSED)
        return X509_BAD_ALGORITHM;
    out->tbs = v[TBS];
    out->issuer = v[ISSUER];
    out->subject = v[SUBJECT];
    out->common_name = common_name_of(v[SUBJECT]);
    out->key = point.ptr + 1;
    return read_extensions(v[EXTENSIONS], out);
}

/* Revocation lists. */

/* Extensions of a list or of an entry: none of those that may be critical (issuing distribution points, delta lists, certificate issuers) is known. */
static enum x509_fault check_list_extensions(struct slice list)
{
    struct slice extension[EXTENSION];
    while (list.len) {
        if (!take_extension(&list, extension))
            return X509_BAD_FORM;
        if (extension[CRITICAL].ptr)
            return X509_CRITICAL;
    }
    return X509_FINE;
}

static enum x509_fault take_entry(struct slice *entries, struct slice *serial)
{
    enum { ENTRY_SERIAL = 1, DATE, ENTRY_EXTENSIONS, ENTRY };
    static const struct der_step form[] = {
        {DER_SEQUENCE, DER_ENTER},
        {DER_INTEGER, ENTRY_SERIAL},
        {DER_ANY, DATE | DER_WHOLE},
        {DER_SEQUENCE, ENTRY_EXTENSIONS | DER_OPTIONAL},
        {0, DER_LEAVE},
    };
    struct slice entry[ENTRY];
    uint64_t date;
    bool ok = der_read(form, entries, entry) && read_serial(entry[ENTRY_SERIAL], serial) && der_time(entry[DATE], &date);
    return ok ? check_list_extensions(entry[ENTRY_EXTENSIONS]) : X509_BAD_FORM;
}

enum x509_fault x509_list_read(struct slice der, struct x509_list *out)
{
    struct slice v[VALUES], serial;
    *out = (struct x509_list){0};
    enum x509_fault fault = read_signed(list_form, der, VERSION_2, v, &out->valid, out->signature);
    if (fault)
        return fault;
    out->tbs = v[TBS];
    out->issuer = v[ISSUER];
    out->entries = v[ENTRIES];
    for (struct slice entries = v[ENTRIES]; entries.len && !fault; out->count++)
        fault = take_entry(&entries, &serial);
    if (fault || !v[EXTENSIONS].ptr)
        return fault;
    struct slice extensions = der_take(&v[EXTENSIONS], DER_SEQUENCE);
    return !extensions.ptr || v[EXTENSIONS].len ? X509_BAD_FORM : check_list_extensions(extensions);
}

bool x509_list_next(struct slice *entries, struct slice *serial)
{
    return entries->len && !take_entry(entries, serial);
}
