/* Certificates and CRLs as in Intel's profile, with the simulator's name as organisation. */
#include "codec/base64.h"
#include "codec/der_write.h"
#include "crypto/hash.h"
#include "tee/simulator/plan.h"
#include <string.h>
#include <time.h>

#define OID_COMMON_NAME        "\x55\x04\x03"
#define OID_ORGANIZATION       "\x55\x04\x0a"
#define OID_LOCALITY           "\x55\x04\x07"
#define OID_STATE              "\x55\x04\x08"
#define OID_COUNTRY            "\x55\x04\x06"
#define OID_ECDSA_SHA256       "\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define OID_ECDSA_SHA384       "\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define OID_EC_PUBLIC_KEY      "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_PRIME256V1         "\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define OID_AUTHORITY_KEY      "\x55\x1d\x23"
#define OID_SUBJECT_KEY        "\x55\x1d\x0e"
#define OID_KEY_USAGE          "\x55\x1d\x0f"
#define OID_BASIC_CONSTRAINTS  "\x55\x1d\x13"
#define OID_CRL_NUMBER         "\x55\x1d\x14"
#define OID_CRL_REASON         "\x55\x1d\x15"
#define OID_DISTRIBUTION_POINT "\x55\x1d\x1f"
#define OID_SGX                "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"
#define OID_NOBODY_KNOWS       "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x7f"

#define CRL_URL "https://simulator.outlayer.invalid/crl.der"

enum { KEY_ID_LEN = 20, FIELD_LEN = 32 };

static void write_oid(struct buf *out, struct slice oid)
{
    der_write(out, DER_WRITE_OID, oid);
}

static void write_name_part(struct buf *out, struct slice oid, uint8_t tag, const char *text)
{
    size_t set = der_open(out), pair = der_open(out);
    write_oid(out, oid);
    der_write(out, tag, slice_str(text));
    der_close(out, DER_WRITE_SEQUENCE, pair);
    der_close(out, DER_WRITE_SET, set);
}

static void write_name(struct buf *out, const char *common_name)
{
    size_t start = der_open(out);
    write_name_part(out, SLICE(OID_COMMON_NAME), DER_WRITE_UTF8, common_name);
    write_name_part(out, SLICE(OID_ORGANIZATION), DER_WRITE_UTF8, SIMULATOR_ORGANIZATION);
    write_name_part(out, SLICE(OID_LOCALITY), DER_WRITE_UTF8, "Santa Clara");
    write_name_part(out, SLICE(OID_STATE), DER_WRITE_UTF8, "CA");
    write_name_part(out, SLICE(OID_COUNTRY), DER_WRITE_PRINTABLE, "US");
    der_close(out, DER_WRITE_SEQUENCE, start);
}

/* RFC 5280 section 4.1.2.5: two-digit years until 2049. */
static void write_time(struct buf *out, uint64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[20];
    gmtime_r(&t, &tm);
    bool utc = tm.tm_year < 150;
    strftime(text, sizeof text, utc ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
    der_write(out, utc ? DER_WRITE_UTC_TIME : DER_WRITE_GENERALIZED_TIME, slice_str(text));
}

static void write_algorithm(struct buf *out, bool sha384)
{
    size_t start = der_open(out);
    write_oid(out, sha384 ? SLICE(OID_ECDSA_SHA384) : SLICE(OID_ECDSA_SHA256));
    der_close(out, DER_WRITE_SEQUENCE, start);
}

static void write_public_key(struct buf *out, const uint8_t *key)
{
    uint8_t point[1 + P256_SIGN_PUBLIC_LEN] = {4};
    memcpy(point + 1, key, P256_SIGN_PUBLIC_LEN);
    size_t info = der_open(out), algorithm = der_open(out);
    write_oid(out, SLICE(OID_EC_PUBLIC_KEY));
    write_oid(out, SLICE(OID_PRIME256V1));
    der_close(out, DER_WRITE_SEQUENCE, algorithm);
    der_write_bits(out, slice_from(point, sizeof point));
    der_close(out, DER_WRITE_SEQUENCE, info);
}

/* `value` is the extension's own DER. */
static void write_extension(struct buf *out, struct slice oid, bool critical, struct slice value)
{
    size_t start = der_open(out);
    write_oid(out, oid);
    if (critical)
        der_write(out, DER_WRITE_BOOLEAN, SLICE("\xff"));
    der_write(out, DER_WRITE_OCTET_STRING, value);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

/* The first 20 bytes of the key's SHA-256 name it. */
static struct slice key_id(const struct sim_plan *p, enum sim_key key, struct hash *room)
{
    *room = hash_sha256(slice_from(p->publics[key], P256_SIGN_PUBLIC_LEN));
    return slice_from(room->bytes, KEY_ID_LEN);
}

static void write_authority_key(struct buf *out, const struct sim_plan *p, enum sim_key key)
{
    AUTO(buf) struct buf value = {0};
    struct hash room;
    der_write(&value, 0x80, key_id(p, key, &room));
    der_close(&value, DER_WRITE_SEQUENCE, 0);
    write_extension(out, SLICE(OID_AUTHORITY_KEY), false, buf_slice(&value));
}

static void write_subject_key(struct buf *out, const struct sim_plan *p, enum sim_key key)
{
    AUTO(buf) struct buf value = {0};
    struct hash room;
    der_write(&value, DER_WRITE_OCTET_STRING, key_id(p, key, &room));
    write_extension(out, SLICE(OID_SUBJECT_KEY), false, buf_slice(&value));
}

static void write_distribution_point(struct buf *out)
{
    AUTO(buf) struct buf value = {0};
    der_write(&value, 0x86, SLICE(CRL_URL));
    der_close(&value, DER_WRITE_CONTEXT, 0); /* fullName */
    der_close(&value, DER_WRITE_CONTEXT, 0); /* distributionPoint */
    der_close(&value, DER_WRITE_SEQUENCE, 0);
    der_close(&value, DER_WRITE_SEQUENCE, 0);
    write_extension(out, SLICE(OID_DISTRIBUTION_POINT), false, buf_slice(&value));
}

static void write_basic_constraints(struct buf *out, const struct sim_certificate *c)
{
    AUTO(buf) struct buf value = {0};
    if (c->is_ca)
        der_write(&value, DER_WRITE_BOOLEAN, SLICE("\xff"));
    if (c->is_ca && c->path_len != SIM_NO_PATH_LEN)
        der_write_uint(&value, (uint64_t)c->path_len);
    der_close(&value, DER_WRITE_SEQUENCE, 0);
    write_extension(out, SLICE(OID_BASIC_CONSTRAINTS), true, buf_slice(&value));
}

static void write_sgx(struct buf *out, const struct sim_plan *p)
{
    AUTO(buf) struct buf value = {0};
    sim_write_sgx_extension(&p->pck, p->ppid, p->instance_id, &value);
    write_extension(out, SLICE(OID_SGX), false, buf_slice(&value));
}

static void write_extensions(struct buf *out, const struct sim_plan *p, const struct sim_certificate *c)
{
    /* keyCertSign and cRLSign, or digitalSignature and nonRepudiation */
    struct slice usage = c->is_ca ? SLICE("\x03\x02\x01\x06") : SLICE("\x03\x02\x06\xc0");
    size_t tagged = der_open(out), list = der_open(out);
    write_authority_key(out, p, c->signing.by);
    write_distribution_point(out);
    write_subject_key(out, p, c->key);
    write_extension(out, SLICE(OID_KEY_USAGE), true, usage);
    write_basic_constraints(out, c);
    for (unsigned i = 0; i < c->sgx_extensions; i++)
        write_sgx(out, p);
    if (c->unknown_critical)
        write_extension(out, SLICE(OID_NOBODY_KNOWS), true, SLICE("\x05\x00"));
    der_close(out, DER_WRITE_SEQUENCE, list);
    der_close(out, DER_WRITE_CONTEXT | 3, tagged);
}

/* One of the two integers of a signature. */
static void write_scalar(struct buf *out, const uint8_t *bytes, enum sim_spoil spoil)
{
    size_t start = der_open(out);
    if (spoil == SIM_DER_NEGATIVE) {
        buf_append_byte(out, 0x80);
        buf_append(out, slice_from(bytes + 1, FIELD_LEN - 1));
        der_close(out, DER_WRITE_INTEGER, start);
    } else if (spoil == SIM_DER_LONG) {
        buf_append_byte(out, 0);
        buf_append_byte(out, 0);
        buf_append(out, slice_from(bytes, FIELD_LEN));
        der_close(out, DER_WRITE_INTEGER, start);
    } else {
        der_write_integer(out, slice_from(bytes, FIELD_LEN));
    }
}

/* Algorithm and signature of what stands in `out` from `tbs` on, and the SEQUENCE around all three. */
static void sign_and_close(struct buf *out, size_t tbs, const struct sim_plan *p, struct sim_signing how, bool sha384)
{
    uint8_t raw[P256_SIGN_SIGNATURE_LEN];
    AUTO(buf) struct buf pair = {0};
    sim_sign(p, how, slice_skip(buf_slice(out), tbs), raw);
    write_scalar(&pair, raw, how.spoil);
    write_scalar(&pair, raw + FIELD_LEN, SIM_GOOD);
    if (how.spoil == SIM_DER_TRAILING)
        buf_append_byte(&pair, 0);
    der_close(&pair, DER_WRITE_SEQUENCE, 0);
    write_algorithm(out, sha384);
    der_write_bits(out, buf_slice(&pair));
    der_close(out, DER_WRITE_SEQUENCE, tbs);
}

static void write_serial(struct buf *out, const uint8_t *serial, bool negative)
{
    uint8_t bytes[20];
    memcpy(bytes, serial, sizeof bytes);
    if (negative)
        bytes[0] |= 0x80;
    der_write(out, DER_WRITE_INTEGER, slice_from(bytes, sizeof bytes));
}

void sim_write_certificate(const struct sim_plan *p, enum sim_cert which, struct buf *out)
{
    const struct sim_certificate *c = &p->certs[which];
    size_t tbs = der_open(out);
    if (c->version > 1) {
        size_t version = der_open(out);
        der_write_uint(out, c->version - 1);
        der_close(out, DER_WRITE_CONTEXT, version);
    }
    write_serial(out, p->serials[which], c->negative_serial);
    write_algorithm(out, c->says_sha384);
    write_name(out, c->issuer);
    size_t validity = der_open(out);
    write_time(out, c->not_before);
    write_time(out, c->not_after);
    der_close(out, DER_WRITE_SEQUENCE, validity);
    write_name(out, c->subject);
    write_public_key(out, p->publics[c->key]);
    if (c->version == 3)
        write_extensions(out, p, c);
    der_close(out, DER_WRITE_SEQUENCE, tbs);
    sign_and_close(out, tbs, p, c->signing, c->says_sha384);
}

static void write_revoked(struct buf *out, const uint8_t *serial, uint64_t at)
{
    size_t start = der_open(out);
    write_serial(out, serial, false);
    write_time(out, at);
    size_t extensions = der_open(out);
    write_extension(out, SLICE(OID_CRL_REASON), false, SLICE("\x0a\x01\x01"));
    der_close(out, DER_WRITE_SEQUENCE, extensions);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

static void write_revocations(struct buf *out, const struct sim_plan *p, const struct sim_crl *crl)
{
    if (crl->strangers + crl->revoked_count == 0)
        return; /* an empty list is left out: RFC 5280 section 5.1.2.6 */
    size_t start = der_open(out);
    for (unsigned i = 0; i < crl->strangers; i++) {
        struct hash h = hash_sha256(slice_from(&i, sizeof i));
        h.bytes[0] = (uint8_t)((h.bytes[0] & 0x7f) | 0x01);
        write_revoked(out, h.bytes, crl->this_update);
    }
    for (size_t i = 0; i < crl->revoked_count; i++)
        write_revoked(out, p->serials[crl->revoked[i]], crl->this_update);
    der_close(out, DER_WRITE_SEQUENCE, start);
}

void sim_write_crl(const struct sim_plan *p, const struct sim_crl *crl, struct buf *out)
{
    size_t tbs = der_open(out);
    der_write_uint(out, 1); /* version 2 */
    write_algorithm(out, false);
    write_name(out, crl->issuer);
    write_time(out, crl->this_update);
    write_time(out, crl->next_update);
    write_revocations(out, p, crl);
    size_t tagged = der_open(out), list = der_open(out);
    write_extension(out, SLICE(OID_CRL_NUMBER), false, SLICE("\x02\x01\x01"));
    write_authority_key(out, p, crl->signing.by);
    der_close(out, DER_WRITE_SEQUENCE, list);
    der_close(out, DER_WRITE_CONTEXT, tagged);
    der_close(out, DER_WRITE_SEQUENCE, tbs);
    sign_and_close(out, tbs, p, crl->signing, false);
}

void sim_write_pem(const struct sim_plan *p, const enum sim_cert *chain, size_t chain_len, struct buf *out)
{
    enum { LINE = 64 };
    for (size_t i = 0; i < chain_len; i++) {
        AUTO(buf) struct buf text = {0};
        base64_append(&text, buf_slice(&p->der[chain[i]]));
        buf_append_str(out, "-----BEGIN CERTIFICATE-----\n");
        for (struct slice rest = buf_slice(&text); rest.len; rest = slice_skip(rest, LINE)) {
            buf_append(out, slice_first(rest, LINE));
            buf_append_str(out, "\n");
        }
        buf_append_str(out, "-----END CERTIFICATE-----\n");
    }
}
