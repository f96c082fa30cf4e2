/* NEAR keys and signatures: `<curve>:<base58>` in text, one curve byte and the raw bytes in borsh.
 *
 * | curve     | borsh tag | public bytes | secret bytes (text)    | signature bytes | text prefix  |
 * |-----------|-----------|--------------|------------------------|-----------------|--------------|
 * | ed25519   | 0         | 32           | 64 = seed ‖ public     | 64              | `ed25519:`   |
 * | secp256k1 | 1         | 64 (x‖y)     | 32                     | 65 (r‖s‖v)      | `secp256k1:` |
 * | ML-DSA-65 | 2         | 1952         | none: it only verifies | 3309            | `ml-dsa-65:` |
 *
 * Keys and signatures of ML-DSA-65 are too long to copy about: those that were read from borsh point to the bytes there. The state names such
 * a key by its digest, `ml-dsa-65-hash:` in text, and so does a key that was read from text or from the state.
 *
 * A text without a prefix is ed25519; the prefix is compared without regard to case. A 32-byte ed25519 secret is a seed. Points
 * are not checked to lie on the curve: the chain does not, and a signature by a key that is none fails to verify.
 * Source: NEAR protocol specification, "Cryptography"; nearcore's reading of key texts.
 */
#pragma once
#include "base/buf.h"
#include "base/entropy.h"
#include "base/err.h"
#include "codec/borsh.h"

enum key_curve { KEY_ED25519 = 0, KEY_SECP256K1 = 1, KEY_ML_DSA_65 = 2 };

enum { KEY_RAW_MAX = 64, SIGNATURE_RAW_MAX = 65, KEY_TEXT_MAX = 2700, SIGNATURE_TEXT_MAX = 4560, SECRET_TEXT_MAX = 112 };

struct public_key {
    enum key_curve curve;
    uint8_t raw[KEY_RAW_MAX]; /* the first public_key_raw(k).len bytes are the key, or its digest, the rest zero */
    const uint8_t *whole;     /* KEY_ML_DSA_65: the key, borrowed; NULL when only its digest is known */
};

struct signature {
    enum key_curve curve;
    uint8_t raw[SIGNATURE_RAW_MAX];
    const uint8_t *whole; /* KEY_ML_DSA_65: borrowed, and `raw` is not used */
};

/* Wipe with secret_key_wipe when done. */
struct secret_key {
    enum key_curve curve;
    uint8_t raw[64]; /* ed25519: seed ‖ public; secp256k1: 32 bytes, then zero */
};

struct err *public_key_parse(struct slice text, struct public_key *out);
const char *public_key_text(const struct public_key *k, char out[KEY_TEXT_MAX]);
/* What tells keys of one curve apart: the key, or the digest of one of ML-DSA-65. */
struct slice public_key_raw(const struct public_key *k);
bool public_key_eq(const struct public_key *a, const struct public_key *b);
void public_key_write(struct buf *out, const struct public_key *k);
bool public_key_read(struct borsh_reader *r, struct public_key *out);
size_t public_key_borsh_len(const struct public_key *k);

/* How the chain's state names a key: this tag and public_key_raw. */
uint8_t public_key_name_tag(const struct public_key *k);
bool public_key_name_read(struct borsh_reader *r, struct public_key *out);

struct err *signature_parse(struct slice text, struct signature *out);
const char *signature_text(const struct signature *s, char out[SIGNATURE_TEXT_MAX]);
void signature_write(struct buf *out, const struct signature *s);
bool signature_read(struct borsh_reader *r, struct signature *out);

/* True when `s` is a signature of `message` by `k`. secp256k1 signs 32 bytes, a digest: no other message verifies. */
bool signature_verify(const struct signature *s, const struct public_key *k, struct slice message);

struct err *secret_key_parse(struct slice text, struct secret_key *out);
const char *secret_key_text(const struct secret_key *k, char out[SECRET_TEXT_MAX]);
void secret_key_generate(const struct entropy *entropy, struct secret_key *out); /* ed25519 */
struct secret_key secret_key_from_seed(const uint8_t seed[32]);                  /* ed25519 */
struct public_key secret_key_public(const struct secret_key *k);
/* With a secp256k1 key `message` is a digest of 32 bytes. */
struct signature secret_key_sign(const struct secret_key *k, struct slice message);
void secret_key_wipe(struct secret_key *k);

static inline void auto_secret_key(struct secret_key *k)
{
    secret_key_wipe(k);
}
