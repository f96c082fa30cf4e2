/* Project Wycheproof's vectors for what this layer offers: ECDSA on P-256 (r ‖ s, and DER as certificates have it), ECDSA on secp256k1, Ed25519. Read
 * where they lie (OUTLAYER_TEST_DATA/wycheproof); skipped without. */
#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/p256.h"
#include "crypto/secp.h"
#include "dcap/der.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 << 20 };

static json_t *read_vectors(const char *name)
{
    AUTO(buf) struct buf text = {0};
    json_t *doc = NULL;
    char path[PATH_MAX]; /* nothing to free: skip() does not come back */
    const char *data = getenv("OUTLAYER_TEST_DATA");
    snprintf(path, sizeof path, "%s/wycheproof/%s.json", data ? data : "", name);
    if (!data || !fs_exists(path)) {
        print_message("skipped: Wycheproof's vectors are not at hand (OUTLAYER_TEST_DATA)\n");
        skip();
    }
    assert_ok(fs_read(path, FILE_MAX, &text));
    assert_ok(json_doc_parse(buf_slice(&text), &doc));
    return doc;
}

static struct buf bytes_of(const json_t *object, const char *name)
{
    struct buf out = {0};
    assert_true(hex_decode_append(json_doc_text(json_object_get(object, name)), &out, NULL));
    (void)buf_reserve(&out, 1);
    return out;
}

/* One test of a group: whether the signature is accepted. */
typedef bool verifier(const json_t *public_key, struct slice message, struct slice signature);

static void check_test(const char *file, const json_t *key, const json_t *test, verifier *verify, unsigned *counts)
{
    AUTO(buf) struct buf message = bytes_of(test, "msg"), signature = bytes_of(test, "sig");
    bool valid = !strcmp(json_string_value(json_object_get(test, "result")), "valid");
    if (verify(key, buf_slice(&message), buf_slice(&signature)) != valid)
        fail_msg("%s, test %lld (%s): expected %s", file, (long long)json_integer_value(json_object_get(test, "tcId")),
                 json_string_value(json_object_get(test, "comment")), valid ? "valid" : "invalid");
    counts[valid]++;
}

static void check_file(const char *file, verifier *verify)
{
    AUTO(json) json_t *doc = read_vectors(file);
    size_t i, k;
    json_t *group, *test;
    unsigned counts[2] = {0};
    json_array_foreach(json_object_get(doc, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), k, test)
        {
            check_test(file, json_object_get(group, "publicKey"), test, verify, counts);
        }
    }
    assert_int_equal(counts[0] + counts[1], json_integer_value(json_object_get(doc, "numberOfTests")));
    print_message("%s: %u valid, %u invalid\n", file, counts[1], counts[0]);
}

/* x ‖ y */
static void point_of(const json_t *key, uint8_t out[64])
{
    AUTO(buf) struct buf point = bytes_of(key, "uncompressed");
    assert_int_equal(point.len, 65);
    memcpy(out, point.ptr + 1, 64);
}

static bool verify_p256(const json_t *key, struct slice message, struct slice signature)
{
    uint8_t point[64];
    struct hash digest = hash_sha256(message);
    point_of(key, point);
    return signature.len == 64 && p256_verify(signature.ptr, digest.bytes, point);
}

static bool verify_p256_der(const json_t *key, struct slice message, struct slice signature)
{
    uint8_t pair[64];
    return der_read_signature(signature, pair) && verify_p256(key, message, slice_from(pair, sizeof pair));
}

/* s is at most half of the order, as NEAR asks. */
static bool is_low(const uint8_t *s)
{
    static const uint8_t half[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
                                     0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};
    return memcmp(s, half, sizeof half) <= 0;
}

static bool verify_secp(const json_t *key, struct slice message, struct slice signature)
{
    uint8_t point[64], with_v[65] = {0};
    struct hash digest = hash_sha256(message);
    point_of(key, point);
    if (signature.len != 64)
        return false;
    memcpy(with_v, signature.ptr, 64);
    return secp_verify(point, digest.bytes, with_v);
}

static bool verify_secp_der(const json_t *key, struct slice message, struct slice signature)
{
    uint8_t pair[64];
    return der_read_signature(signature, pair) && verify_secp(key, message, slice_from(pair, sizeof pair));
}

/* NEAR refuses the upper half of s, which plain ECDSA takes: there, only that it is refused can be asked. */
static bool verify_secp_either_half(const json_t *key, struct slice message, struct slice signature)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                      0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    uint8_t low[64];
    int borrow = 0;
    if (signature.len != 64)
        return false;
    if (is_low(signature.ptr + 32) || memcmp(signature.ptr + 32, order, 32) >= 0)
        return verify_secp(key, message, signature);
    assert_false(verify_secp(key, message, signature));
    memcpy(low, signature.ptr, 32);
    for (int i = 31; i >= 0; i--) {
        int digit = order[i] - signature.ptr[32 + i] - borrow;
        low[32 + i] = (uint8_t)digit;
        borrow = digit < 0;
    }
    return verify_secp(key, message, slice_from(low, sizeof low));
}

static bool verify_secp_either_half_der(const json_t *key, struct slice message, struct slice signature)
{
    uint8_t pair[64];
    return der_read_signature(signature, pair) && verify_secp_either_half(key, message, slice_from(pair, sizeof pair));
}

static bool verify_ed25519(const json_t *key, struct slice message, struct slice signature)
{
    AUTO(buf) struct buf public_key = bytes_of(key, "pk");
    return public_key.len == ED25519_PUBLIC_LEN && signature.len == ED25519_SIGNATURE_LEN &&
           ed25519_verify(public_key.ptr, message, signature.ptr);
}

static void test_p256(void **state)
{
    (void)state;
    check_file("ecdsa_secp256r1_sha256_p1363_test", verify_p256);
}

static void test_p256_in_der(void **state)
{
    (void)state;
    check_file("ecdsa_secp256r1_sha256_test", verify_p256_der);
}

static void test_secp256k1(void **state)
{
    (void)state;
    check_file("ecdsa_secp256k1_sha256_p1363_test", verify_secp_either_half);
}

static void test_secp256k1_in_der(void **state)
{
    (void)state;
    check_file("ecdsa_secp256k1_sha256_test", verify_secp_either_half_der);
}

static void test_secp256k1_with_low_s_only(void **state)
{
    (void)state;
    check_file("ecdsa_secp256k1_sha256_bitcoin_test", verify_secp_der);
}

static void test_ed25519(void **state)
{
    (void)state;
    check_file("ed25519_test", verify_ed25519);
}

/* [seed, key, message, signature] */
static void test_ed25519_signs_deterministically(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = read_vectors("ed25519_sign_deterministic");
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(doc, "vectors"), i, vector)
    {
        struct buf parts[4] = {{0}};
        uint8_t public_key[ED25519_PUBLIC_LEN], secret[ED25519_SECRET_LEN], signature[ED25519_SIGNATURE_LEN];
        for (size_t k = 0; k < 4; k++)
            assert_true(hex_decode_append(json_doc_text(json_array_get(vector, k)), &parts[k], NULL));
        ed25519_from_seed(parts[0].ptr, public_key, secret);
        ed25519_sign(secret, buf_slice(&parts[2]), signature);
        assert_memory_equal(public_key, parts[1].ptr, sizeof public_key);
        assert_memory_equal(signature, parts[3].ptr, sizeof signature);
        for (size_t k = 0; k < 4; k++)
            buf_free(&parts[k]);
    }
    assert_true(i > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p256),
        cmocka_unit_test(test_p256_in_der),
        cmocka_unit_test(test_secp256k1),
        cmocka_unit_test(test_secp256k1_in_der),
        cmocka_unit_test(test_secp256k1_with_low_s_only),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_ed25519_signs_deterministically),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
