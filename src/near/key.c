#include "near/key.h"
#include "codec/base58.h"
#include "crypto/ed25519.h"
#include "crypto/ml_dsa.h"
#include "crypto/secp.h"
#include <assert.h>
#include <string.h>

/* What the table in key.h says. */
static const struct curve {
    struct slice name;
    size_t public_len, secret_len, signature_len;
} curves[] = {
    [KEY_ED25519] = {{(const uint8_t *)"ed25519", 7}, ED25519_PUBLIC_LEN, ED25519_SECRET_LEN, ED25519_SIGNATURE_LEN},
    [KEY_SECP256K1] = {{(const uint8_t *)"secp256k1", 9}, SECP_PUBLIC_LEN, SECP_SECRET_LEN, SECP_SIGNATURE_LEN},
    [KEY_ML_DSA_65] = {{(const uint8_t *)"ml-dsa-65", 9}, ML_DSA_PUBLIC_LEN, 0, ML_DSA_SIGNATURE_LEN},
};

/* Digests of ML-DSA-65 keys have a tag and a name of their own, so that neither is taken for the other. */
enum { DIGEST_TAG = 3 };

static const struct slice digest_name = {(const uint8_t *)"ml-dsa-65-hash", 14};

enum { CURVE_COUNT = sizeof curves / sizeof *curves };

static bool eq_ignoring_case(struct slice a, struct slice b)
{
    return a.len == b.len && strncasecmp((const char *)a.ptr, (const char *)b.ptr, a.len) == 0;
}

/* Splits `<curve>:<base58>`; without a colon it is all ed25519. */
static struct err *split_text(struct slice text, const char *what, enum key_curve *curve, struct slice *digits)
{
    struct slice name, rest = slice_cut(text, ':', &name);
    if (!rest.ptr) {
        *curve = KEY_ED25519;
        *digits = text;
        return NULL;
    }
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (eq_ignoring_case(name, curves[i].name)) {
            *curve = (enum key_curve)i;
            *digits = rest;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "%s has the unknown curve `%.*s`, expected ed25519, secp256k1 or ml-dsa-65", what,
                   SLICE_FMT(slice_first(name, 32)));
}

/* The error names a place, never the digits: they may be a secret. */
static struct err *decode_digits(struct slice digits, const char *what, uint8_t out[BASE58_BYTES_MAX], size_t *len)
{
    size_t fault_at = 0;
    if (base58_decode(digits, out, len, &fault_at))
        return NULL;
    if (fault_at < digits.len && fault_at < BASE58_TEXT_MAX)
        return err_new(ERR_INVALID, "%s is not base58 at character %zu after the curve name", what, fault_at + 1);
    return err_new(ERR_INVALID, "%s is longer than any key", what);
}

/* Reads a text whose bytes must have the curve's length; `out` has room for the longest. */
static struct err *parse_text(struct slice text, const char *what, bool is_signature, enum key_curve *curve, uint8_t *out)
{
    struct slice digits = {0};
    uint8_t bytes[BASE58_BYTES_MAX];
    size_t len = 0;
    TRY(split_text(text, what, curve, &digits));
    TRY(decode_digits(digits, what, bytes, &len));
    size_t expected = is_signature ? curves[*curve].signature_len : curves[*curve].public_len;
    if (len != expected)
        return err_new(ERR_INVALID, "%s has %zu bytes, %.*s needs %zu", what, len, SLICE_FMT(curves[*curve].name), expected);
    memcpy(out, bytes, len);
    return NULL;
}

static const char *write_named(struct slice name, struct slice bytes, char *out)
{
    memcpy(out, name.ptr, name.len);
    out[name.len] = ':';
    size_t len = base58_encode(bytes, out + name.len + 1);
    out[name.len + 1 + len] = '\0';
    return out;
}

static const char *write_text(enum key_curve curve, struct slice bytes, char *out)
{
    return write_named(curves[curve].name, bytes, out);
}

static void digest_key(const uint8_t *whole, struct public_key *out)
{
    *out = (struct public_key){.curve = KEY_ML_DSA_65, .whole = whole};
    ml_dsa_key_digest(SLICE("near:ml-dsa-65-pubkey-hash:v1"), whole, out->raw);
}

static struct err *parse_digest(struct slice digits, struct public_key *out)
{
    struct public_key k = {.curve = KEY_ML_DSA_65};
    if (!base58_decode_exact(digits, k.raw, ML_DSA_DIGEST_LEN, NULL))
        return err_new(ERR_INVALID, "public key is not the base58 of %d bytes after ml-dsa-65-hash:", ML_DSA_DIGEST_LEN);
    *out = k;
    return NULL;
}

struct err *public_key_parse(struct slice text, struct public_key *out)
{
    struct slice name, digits = slice_cut(text, ':', &name);
    uint8_t bytes[ML_DSA_PUBLIC_LEN]; /* the longest */
    struct public_key k = {0};
    if (digits.ptr && eq_ignoring_case(name, digest_name))
        return parse_digest(digits, out);
    TRY(parse_text(text, "public key", false, &k.curve, bytes));
    if (k.curve == KEY_ML_DSA_65)
        digest_key(bytes, &k);
    else
        memcpy(k.raw, bytes, curves[k.curve].public_len);
    k.whole = NULL; /* `bytes` go */
    *out = k;
    return NULL;
}

const char *public_key_text(const struct public_key *k, char out[KEY_TEXT_MAX])
{
    if (k->curve != KEY_ML_DSA_65)
        return write_text(k->curve, public_key_raw(k), out);
    if (k->whole)
        return write_text(k->curve, slice_from(k->whole, ML_DSA_PUBLIC_LEN), out);
    return write_named(digest_name, public_key_raw(k), out);
}

struct slice public_key_raw(const struct public_key *k)
{
    return (struct slice){k->raw, k->curve == KEY_ML_DSA_65 ? (size_t)ML_DSA_DIGEST_LEN : curves[k->curve].public_len};
}

size_t public_key_borsh_len(const struct public_key *k)
{
    return 1 + curves[k->curve].public_len;
}

uint8_t public_key_name_tag(const struct public_key *k)
{
    return k->curve == KEY_ML_DSA_65 ? DIGEST_TAG : (uint8_t)k->curve;
}

bool public_key_eq(const struct public_key *a, const struct public_key *b)
{
    return a->curve == b->curve && slice_eq(public_key_raw(a), public_key_raw(b));
}

/* A key of which only the digest is known has no form of its own: it is written as the state names it. */
void public_key_write(struct buf *out, const struct public_key *k)
{
    borsh_write_u8(out, k->whole ? (uint8_t)k->curve : public_key_name_tag(k));
    buf_append(out, k->whole ? slice_from(k->whole, ML_DSA_PUBLIC_LEN) : public_key_raw(k));
}

/* The curve tag; false and a failed reader when it is none that this chain knows. */
static bool read_curve(struct borsh_reader *r, enum key_curve *out)
{
    uint8_t tag = borsh_read_u8(r);
    if (tag >= CURVE_COUNT)
        r->failed = true;
    else
        *out = (enum key_curve)tag;
    return !r->failed;
}

bool public_key_read(struct borsh_reader *r, struct public_key *out)
{
    struct public_key k = {0};
    if (!read_curve(r, &k.curve))
        return false;
    struct slice raw = borsh_read_bytes(r, curves[k.curve].public_len);
    if (r->failed)
        return false;
    if (k.curve == KEY_ML_DSA_65)
        digest_key(raw.ptr, &k);
    else
        memcpy(k.raw, raw.ptr, raw.len);
    *out = k;
    return true;
}

bool public_key_name_read(struct borsh_reader *r, struct public_key *out)
{
    struct public_key k = {.curve = KEY_ML_DSA_65};
    if (!r->rest.len || r->rest.ptr[0] != DIGEST_TAG)
        return public_key_read(r, out) && out->curve != KEY_ML_DSA_65;
    borsh_read_u8(r);
    struct slice digest = borsh_read_bytes(r, ML_DSA_DIGEST_LEN);
    if (r->failed)
        return false;
    memcpy(k.raw, digest.ptr, digest.len);
    *out = k;
    return true;
}

static struct slice signature_raw(const struct signature *s)
{
    return (struct slice){s->whole ? s->whole : s->raw, curves[s->curve].signature_len};
}

struct err *signature_parse(struct slice text, struct signature *out)
{
    uint8_t bytes[ML_DSA_SIGNATURE_LEN]; /* the longest */
    struct signature s = {0};
    TRY(parse_text(text, "signature", true, &s.curve, bytes));
    if (s.curve == KEY_ML_DSA_65)
        return err_new(ERR_INVALID, "signatures of ML-DSA-65 are read from transactions only");
    memcpy(s.raw, bytes, curves[s.curve].signature_len);
    *out = s;
    return NULL;
}

const char *signature_text(const struct signature *s, char out[SIGNATURE_TEXT_MAX])
{
    return write_text(s->curve, signature_raw(s), out);
}

void signature_write(struct buf *out, const struct signature *s)
{
    borsh_write_u8(out, (uint8_t)s->curve);
    buf_append(out, signature_raw(s));
}

bool signature_read(struct borsh_reader *r, struct signature *out)
{
    struct signature s = {0};
    if (!read_curve(r, &s.curve))
        return false;
    struct slice raw = borsh_read_bytes(r, curves[s.curve].signature_len);
    if (r->failed)
        return false;
    if (s.curve == KEY_ML_DSA_65)
        s.whole = raw.ptr;
    else
        memcpy(s.raw, raw.ptr, raw.len);
    *out = s;
    return true;
}

bool signature_verify(const struct signature *s, const struct public_key *k, struct slice message)
{
    if (s->curve != k->curve)
        return false;
    switch (s->curve) {
    case KEY_ED25519:
        return ed25519_verify(k->raw, message, s->raw);
    case KEY_SECP256K1:
        return message.len == SECP_DIGEST_LEN && secp_verify(k->raw, message.ptr, s->raw);
    case KEY_ML_DSA_65:
        return s->whole && k->whole && ml_dsa_verify(s->whole, k->whole, message);
    }
    return false;
}

static struct err *ed25519_of_bytes(const uint8_t *bytes, size_t len, struct secret_key *out)
{
    if (len != ED25519_SEED_LEN && len != ED25519_SECRET_LEN)
        return err_new(ERR_INVALID, "secret key has %zu bytes, expected 32 (seed) or 64 (seed and public key)", len);
    struct secret_key k = secret_key_from_seed(bytes);
    /* Signing with a public half of another key would give the seed away. */
    bool matches = len == ED25519_SEED_LEN || memcmp(k.raw, bytes, ED25519_SECRET_LEN) == 0;
    if (matches)
        *out = k;
    secret_key_wipe(&k);
    return matches ? NULL : err_new(ERR_INVALID, "secret key's public half does not belong to its seed");
}

static struct err *secp_of_bytes(const uint8_t *bytes, size_t len, struct secret_key *out)
{
    uint8_t public_key[SECP_PUBLIC_LEN];
    if (len != SECP_SECRET_LEN)
        return err_new(ERR_INVALID, "secret key has %zu bytes, secp256k1 needs %d", len, SECP_SECRET_LEN);
    if (!secp_public(bytes, public_key))
        return err_new(ERR_INVALID, "secret key is zero or above the order of secp256k1");
    *out = (struct secret_key){.curve = KEY_SECP256K1};
    memcpy(out->raw, bytes, len);
    return NULL;
}

struct err *secret_key_parse(struct slice text, struct secret_key *out)
{
    enum key_curve curve = KEY_ED25519;
    struct slice digits = {0};
    uint8_t bytes[BASE58_BYTES_MAX];
    size_t len = 0;
    TRY(split_text(text, "secret key", &curve, &digits));
    if (curve == KEY_ML_DSA_65)
        return err_new(ERR_INVALID, "secret keys of ML-DSA-65 are not used here: clients sign with them");
    struct err *e = decode_digits(digits, "secret key", bytes, &len);
    if (!e)
        e = curve == KEY_ED25519 ? ed25519_of_bytes(bytes, len, out) : secp_of_bytes(bytes, len, out);
    explicit_bzero(bytes, sizeof bytes);
    return e;
}

const char *secret_key_text(const struct secret_key *k, char out[SECRET_TEXT_MAX])
{
    return write_text(k->curve, slice_from(k->raw, curves[k->curve].secret_len), out);
}

void secret_key_generate(const struct entropy *entropy, struct secret_key *out)
{
    uint8_t seed[ED25519_SEED_LEN];
    entropy_fill(entropy, seed, sizeof seed);
    *out = secret_key_from_seed(seed);
    explicit_bzero(seed, sizeof seed);
}

struct secret_key secret_key_from_seed(const uint8_t seed[32])
{
    uint8_t public_half[ED25519_PUBLIC_LEN];
    struct secret_key k = {.curve = KEY_ED25519};
    ed25519_from_seed(seed, public_half, k.raw);
    return k;
}

struct public_key secret_key_public(const struct secret_key *k)
{
    struct public_key out = {.curve = k->curve};
    if (k->curve == KEY_ED25519)
        memcpy(out.raw, k->raw + ED25519_SEED_LEN, ED25519_PUBLIC_LEN);
    else
        secp_public(k->raw, out.raw);
    return out;
}

struct signature secret_key_sign(const struct secret_key *k, struct slice message)
{
    struct signature s = {.curve = k->curve};
    if (k->curve == KEY_ED25519) {
        ed25519_sign(k->raw, message, s.raw);
        return s;
    }
    assert(message.len == SECP_DIGEST_LEN);
    secp_sign(k->raw, message.ptr, s.raw);
    return s;
}

void secret_key_wipe(struct secret_key *k)
{
    explicit_bzero(k, sizeof *k);
}
