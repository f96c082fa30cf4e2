/* Hashes and signatures. None of them pays the base fee. */
#include "crypto/keccak.h"
#include "crypto/secp.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

bool host_fn_sha256(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    CHECK(host_pay(run, VM_COST_SHA256_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_SHA256_BYTE, bytes.len));
    struct hash hash = hash_sha256(bytes);
    return host_set_register(run, args[2], hash_slice(&hash));
}

bool host_fn_keccak256(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[32];
    CHECK(host_pay(run, VM_COST_KECCAK256_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_KECCAK256_BYTE, bytes.len));
    keccak(bytes, digest, sizeof digest);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

bool host_fn_keccak512(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[64];
    CHECK(host_pay(run, VM_COST_KECCAK512_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_KECCAK512_BYTE, bytes.len));
    keccak(bytes, digest, sizeof digest);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

bool host_fn_ripemd160(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    uint8_t digest[20];
    CHECK(host_pay(run, VM_COST_RIPEMD160_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &bytes));
    CHECK(host_pay(run, VM_COST_RIPEMD160_BLOCK, (bytes.len + 8) / 64 + 1));
    if (!EVP_Digest(bytes.ptr, bytes.len, digest, NULL, EVP_ripemd160(), NULL))
        return host_fail(run, HOST_INTEGER_OVERFLOW);
    return host_set_register(run, args[2], slice_from(digest, sizeof digest));
}

/* As the network verifies: S must be reduced, small-order points are fine, no cofactor. libsodium is stricter. */
static bool verify_ed25519(struct slice key, struct slice message, struct slice signature)
{
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.ptr, key.len);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = public_key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
              EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return ok;
}

enum { ED25519_SIGNATURE_LEN = 64, ED25519_PUBLIC_LEN = 32, P256_SIGNATURE_LEN = 64, P256_PUBLIC_LEN = 33 };

bool host_fn_ed25519_verify(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice signature, message, key;
    *result = 0;
    CHECK(host_pay(run, VM_COST_ED25519_VERIFY_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &signature));
    if (signature.len != ED25519_SIGNATURE_LEN)
        return host_fail_text(run, HOST_ED25519_VERIFY_INVALID_INPUT, SLICE("invalid signature length"));
    if (signature.ptr[63] & 0xe0)
        return true; /* no reduced scalar looks so; the message is not even charged */
    CHECK(host_read_input(run, args[2], args[3], &message));
    CHECK(host_pay(run, VM_COST_ED25519_VERIFY_BYTE, message.len));
    CHECK(host_read_input(run, args[4], args[5], &key));
    if (key.len != ED25519_PUBLIC_LEN)
        return host_fail_text(run, HOST_ED25519_VERIFY_INVALID_INPUT, SLICE("invalid public key length"));
    *result = verify_ed25519(key, message, signature);
    return true;
}

/* A key from a compressed point; NULL when it is none. */
static EVP_PKEY *read_p256_key(struct slice point)
{
    char group[] = "prime256v1";
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.ptr, point.len),
        OSSL_PARAM_construct_end(),
    };
    if (!context || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* r and s as OpenSSL wants them: DER. The result is freed with OPENSSL_free. */
static int encode_p256_signature(struct slice signature, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.ptr, 32, NULL), *s = BN_bin2bn(signature.ptr + 32, 32, NULL);
    int len = -1;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        len = i2d_ECDSA_SIG(pair, der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return len;
}

enum { P256_DIGEST_MIN = 16 };

/* The message is taken as a digest that was made before; a longer one is cut by ECDSA itself. */
static bool verify_p256(struct slice point, struct slice digest, struct slice signature)
{
    unsigned char *der = NULL;
    int der_len = encode_p256_signature(signature, &der);
    EVP_PKEY *key = digest.len >= P256_DIGEST_MIN ? read_p256_key(point) : NULL;
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    bool ok = der_len > 0 && context && EVP_PKEY_verify_init(context) == 1 &&
              EVP_PKEY_verify(context, der, (size_t)der_len, digest.ptr, digest.len) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    ERR_clear_error();
    return ok;
}

/* r and s from 1 to the group order less one. */
static bool p256_scalars_are_valid(struct slice signature)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                      0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    static const uint8_t zero[32];
    for (int i = 0; i < 2; i++) {
        const uint8_t *scalar = signature.ptr + 32 * i;
        if (memcmp(scalar, zero, 32) == 0 || memcmp(scalar, order, 32) >= 0)
            return false;
    }
    return true;
}

bool host_fn_p256_verify(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice signature, message, key;
    *result = 0;
    CHECK(host_pay(run, VM_COST_P256_VERIFY_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &signature));
    if (signature.len != P256_SIGNATURE_LEN)
        return host_fail_text(run, HOST_P256_VERIFY_INVALID_INPUT, SLICE("invalid signature length"));
    if (!p256_scalars_are_valid(signature))
        return true;
    CHECK(host_read_input(run, args[2], args[3], &message));
    CHECK(host_pay(run, VM_COST_P256_VERIFY_BYTE, message.len));
    CHECK(host_read_input(run, args[4], args[5], &key));
    if (key.len != P256_PUBLIC_LEN)
        return host_fail_text(run, HOST_P256_VERIFY_INVALID_INPUT, SLICE("invalid public key length"));
    *result = verify_p256(key, message, signature);
    return true;
}

static bool fail_ecrecover(struct vm_run *run, const char *text)
{
    return host_fail_text(run, HOST_ECRECOVER_ERROR, slice_str(text));
}

/* s above half of the order: somebody else could have made it from the signer's. */
static bool is_malleable(const uint8_t signature[SECP_SIGNATURE_LEN])
{
    static const uint8_t half_order[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
                                           0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};
    return memcmp(signature + 32, half_order, 32) > 0;
}

bool host_fn_ecrecover(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    enum { COMPACT_LEN = SECP_SIGNATURE_LEN - 1 };
    struct slice compact, digest;
    uint8_t signature[SECP_SIGNATURE_LEN], key[SECP_PUBLIC_LEN];
    CHECK(host_pay(run, VM_COST_ECRECOVER_BASE, 1));
    CHECK(host_read_input(run, args[2], args[3], &compact));
    if (compact.len != COMPACT_LEN)
        return fail_ecrecover(
            run, arena_fmt(run->arena, "The length of the signature: %zu, exceeds the limit of 64 bytes", compact.len));
    if (args[4] > 3)
        return fail_ecrecover(
            run, arena_fmt(run->arena, "V recovery byte 0 through 3 are valid but was provided %" PRIu64, args[4]));
    memcpy(signature, compact.ptr, COMPACT_LEN);
    signature[COMPACT_LEN] = (uint8_t)args[4];
    CHECK(host_read_input(run, args[0], args[1], &digest));
    if (digest.len != SECP_DIGEST_LEN)
        return fail_ecrecover(run,
                              arena_fmt(run->arena, "The length of the hash: %zu, exceeds the limit of 32 bytes", digest.len));
    if (args[5] > 1)
        return fail_ecrecover(run,
                              arena_fmt(run->arena, "Malleability flag needs to be 0 or 1, but is instead %" PRIu64, args[5]));
    *result = !(args[5] && is_malleable(signature)) && secp_recover(digest.ptr, signature, key);
    return *result ? host_set_register(run, args[6], slice_from(key, sizeof key)) : true;
}
