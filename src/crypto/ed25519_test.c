#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/ed25519.h"
#include <stdlib.h>
#include <string.h>

/* RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc). */
static const struct {
    const char *seed, *public_key, *message, *signature;
} rfc_vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438"
     "e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d29161"
     "2bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027becee"
     "a1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa"
     "54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177"
     "331a704"},
};

static void read_hex(const char *text, uint8_t *out, size_t len)
{
    assert_true(hex_decode(slice_str(text), out, len, NULL));
}

static void test_rfc_8032_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_vectors / sizeof *rfc_vectors; i++) {
        AUTO(buf) struct buf message = {0};
        uint8_t seed[ED25519_SEED_LEN], public_key[ED25519_PUBLIC_LEN], secret[ED25519_SECRET_LEN];
        uint8_t expected_key[ED25519_PUBLIC_LEN], signature[ED25519_SIGNATURE_LEN], expected[ED25519_SIGNATURE_LEN];
        read_hex(rfc_vectors[i].seed, seed, sizeof seed);
        read_hex(rfc_vectors[i].public_key, expected_key, sizeof expected_key);
        read_hex(rfc_vectors[i].signature, expected, sizeof expected);
        assert_true(hex_decode_append(slice_str(rfc_vectors[i].message), &message, NULL));

        ed25519_from_seed(seed, public_key, secret);
        assert_memory_equal(public_key, expected_key, sizeof public_key);
        assert_memory_equal(secret, seed, 32);
        assert_memory_equal(secret + 32, public_key, 32);
        ed25519_sign(secret, buf_slice(&message), signature);
        assert_memory_equal(signature, expected, sizeof signature);
        assert_true(ed25519_verify(public_key, buf_slice(&message), signature));
    }
}

static void test_every_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t seed[32] = {1}, public_key[32], secret[64], signature[64], message[] = "pay bob";
    ed25519_from_seed(seed, public_key, secret);
    struct slice bytes = slice_from(message, sizeof message);
    ed25519_sign(secret, bytes, signature);
    for (unsigned bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(ed25519_verify(public_key, bytes, signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    message[0]++;
    assert_false(ed25519_verify(public_key, bytes, signature));
}

static void test_a_small_order_key_is_refused(void **state)
{
    (void)state;
    /* The neutral point as key and as R with S = 0 fits every message in the bare equation. */
    uint8_t neutral[32] = {1}, signature[64] = {1};
    assert_false(ed25519_verify(neutral, SLICE("anything"), signature));
}

static void test_which_public_keys_are_points(void **state)
{
    (void)state;
    uint8_t seed[32] = {1}, public_key[32], secret[64], neutral[32] = {1}, off_curve[32] = {2};
    ed25519_from_seed(seed, public_key, secret);
    assert_true(ed25519_public_is_valid(public_key));
    assert_false(ed25519_public_is_valid(neutral));
    assert_false(ed25519_public_is_valid(off_curve));
}

static void check_wycheproof_case(const json_t *test, const uint8_t public_key[ED25519_PUBLIC_LEN])
{
    struct slice message_hex, signature_hex, result;
    AUTO(buf) struct buf message = {0}, signature = {0};
    assert_ok(json_doc_str(test, "msg", &message_hex));
    assert_ok(json_doc_str(test, "sig", &signature_hex));
    assert_ok(json_doc_str(test, "result", &result));
    assert_true(hex_decode_append(message_hex, &message, NULL) && hex_decode_append(signature_hex, &signature, NULL));
    bool good = signature.len == ED25519_SIGNATURE_LEN && ed25519_verify(public_key, buf_slice(&message), signature.ptr);
    if (good != slice_eq_str(result, "valid"))
        fail_msg("case %lld: %.*s", json_integer_value(json_object_get(test, "tcId")), SLICE_FMT(result));
}

/* False when OUTLAYER_TEST_DATA names no folder that has the vectors. */
static bool read_wycheproof(json_t **out)
{
    const char *folder = getenv("OUTLAYER_TEST_DATA");
    AUTO(buf) struct buf path = {0}, text = {0};
    buf_append_fmt(&path, "%s/wycheproof/ed25519_test.json", folder ? folder : "");
    if (!folder || !fs_exists(buf_str(&path)))
        return false;
    assert_ok(fs_read(buf_str(&path), 16 << 20, &text));
    assert_ok(json_doc_parse(buf_slice(&text), out));
    return true;
}

static void test_wycheproof(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = NULL;
    if (!read_wycheproof(&doc)) {
        print_message("skipped: OUTLAYER_TEST_DATA names no folder with wycheproof/ed25519_test.json\n");
        skip();
    }
    size_t g, t, count = 0;
    json_t *group, *test;
    json_array_foreach(json_object_get(doc, "testGroups"), g, group)
    {
        struct slice key_hex;
        uint8_t public_key[ED25519_PUBLIC_LEN];
        assert_ok(json_doc_str(json_object_get(group, "publicKey"), "pk", &key_hex));
        assert_true(hex_decode(key_hex, public_key, sizeof public_key, NULL));
        json_array_foreach(json_object_get(group, "tests"), t, test)
        {
            check_wycheproof_case(test, public_key);
            count++;
        }
    }
    assert_int_equal(count, json_integer_value(json_object_get(doc, "numberOfTests")));
    assert_true(count > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_8032_vectors),
        cmocka_unit_test(test_every_changed_bit_is_refused),
        cmocka_unit_test(test_a_small_order_key_is_refused),
        cmocka_unit_test(test_which_public_keys_are_points),
        cmocka_unit_test(test_wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
