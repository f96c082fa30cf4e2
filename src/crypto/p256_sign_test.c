#include "base/test.h"
#include "codec/hex.h"
#include "crypto/hash.h"
#include "crypto/p256_sign.h"
#include <string.h>

static void from_hex(const char *text, uint8_t *out, size_t len)
{
    assert_true(hex_decode(slice_str(text), out, len, NULL));
}

/* RFC 6979, appendix A.2.5: P-256 with SHA-256. */
static const char secret_hex[] = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char public_hex[] = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                                 "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
static const struct {
    const char *message, *signature;
} vectors[] = {
    {"sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
               "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    {"test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
             "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
};

static void test_public_key_of_a_secret(void **state)
{
    (void)state;
    uint8_t secret[32], public_key[64], wanted[64];
    from_hex(secret_hex, secret, sizeof secret);
    from_hex(public_hex, wanted, sizeof wanted);
    assert_true(p256_sign_public(secret, public_key));
    assert_memory_equal(public_key, wanted, sizeof wanted);
}

static void test_signs_as_rfc_6979_says(void **state)
{
    (void)state;
    uint8_t secret[32], signature[64], wanted[64];
    from_hex(secret_hex, secret, sizeof secret);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct hash digest = hash_sha256(slice_str(vectors[i].message));
        p256_sign(secret, digest.bytes, signature);
        from_hex(vectors[i].signature, wanted, sizeof wanted);
        assert_memory_equal(signature, wanted, sizeof wanted);
    }
}

static void test_flipping_s_twice_gives_it_back(void **state)
{
    (void)state;
    uint8_t signature[64], before[64];
    from_hex(vectors[0].signature, signature, sizeof signature);
    memcpy(before, signature, sizeof before);
    p256_sign_flip_s(signature);
    assert_memory_equal(signature, before, 32);
    assert_memory_not_equal(signature + 32, before + 32, 32);
    p256_sign_flip_s(signature);
    assert_memory_equal(signature, before, sizeof before);
}

static void test_secrets_outside_the_order_are_refused(void **state)
{
    (void)state;
    uint8_t secret[32] = {0}, public_key[64];
    assert_false(p256_sign_public(secret, public_key));
    memset(secret, 0xff, sizeof secret);
    assert_false(p256_sign_public(secret, public_key));
    from_hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", secret, sizeof secret); /* the order itself */
    assert_false(p256_sign_public(secret, public_key));
    secret[31]--;
    assert_true(p256_sign_public(secret, public_key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_key_of_a_secret),
        cmocka_unit_test(test_signs_as_rfc_6979_says),
        cmocka_unit_test(test_flipping_s_twice_gives_it_back),
        cmocka_unit_test(test_secrets_outside_the_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
