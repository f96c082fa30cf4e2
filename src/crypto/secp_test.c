#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include <string.h>

static void read_hex(const char *text, uint8_t *out, size_t len)
{
    assert_true(hex_decode(slice_str(text), out, len, NULL));
}

/* The generator, which is the key of secret 1. Source: SEC 2 version 2, section 2.4.1. */
static const char generator[] = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                                "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
static const uint8_t one[SECP_SECRET_LEN] = {[31] = 1};

static void test_public_keys(void **state)
{
    (void)state;
    uint8_t expected[SECP_PUBLIC_LEN], key[SECP_PUBLIC_LEN], zero[SECP_SECRET_LEN] = {0}, above[SECP_SECRET_LEN];
    read_hex(generator, expected, sizeof expected);
    memset(above, 0xff, sizeof above);
    assert_true(secp_public(one, key));
    assert_memory_equal(key, expected, sizeof key);
    assert_false(secp_public(zero, key));
    assert_false(secp_public(above, key));
}

static void test_what_is_signed_verifies_and_names_its_key(void **state)
{
    (void)state;
    struct hash digest = hash_sha256(SLICE("pay bob"));
    uint8_t key[SECP_PUBLIC_LEN], recovered[SECP_PUBLIC_LEN], signature[SECP_SIGNATURE_LEN];
    assert_true(secp_public(one, key));
    secp_sign(one, digest.bytes, signature);
    assert_true(secp_verify(key, digest.bytes, signature));
    assert_true(secp_recover(digest.bytes, signature, recovered));
    assert_memory_equal(recovered, key, sizeof key);
}

static void test_every_changed_bit_is_refused(void **state)
{
    (void)state;
    struct hash digest = hash_sha256(SLICE("pay bob"));
    uint8_t key[SECP_PUBLIC_LEN], signature[SECP_SIGNATURE_LEN];
    assert_true(secp_public(one, key));
    secp_sign(one, digest.bytes, signature);
    for (unsigned bit = 0; bit < 8 * 64; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secp_verify(key, digest.bytes, signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secp_verify(key, digest.bytes, signature));
        key[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    digest.bytes[0] ^= 1;
    assert_false(secp_verify(key, digest.bytes, signature));
}

/* NEAR checks that v could be one, not that it is the right one. */
static void test_v_is_0_to_3(void **state)
{
    (void)state;
    struct hash digest = hash_sha256(SLICE("pay bob"));
    uint8_t key[SECP_PUBLIC_LEN], signature[SECP_SIGNATURE_LEN];
    assert_true(secp_public(one, key));
    secp_sign(one, digest.bytes, signature);
    for (unsigned v = 0; v < 256; v++) {
        signature[64] = (uint8_t)v;
        assert_int_equal(secp_verify(key, digest.bytes, signature), v <= 3);
    }
    assert_false(secp_recover(digest.bytes, signature, key));
}

static bool is_low(const uint8_t s[32])
{
    uint8_t half[32];
    read_hex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", half, sizeof half);
    return memcmp(s, half, sizeof half) <= 0;
}

static bool any_v_recovers(const struct hash *digest, const uint8_t *key, uint8_t *signature)
{
    uint8_t recovered[SECP_PUBLIC_LEN];
    for (signature[64] = 0; signature[64] <= 3; signature[64]++)
        if (secp_recover(digest->bytes, signature, recovered) && memcmp(recovered, key, sizeof recovered) == 0)
            return true;
    return false;
}

static void append_hex(struct buf *out, struct slice text)
{
    if (!slice_eq_str(text, "-"))
        assert_true(hex_decode_append(text, out, NULL));
}

static void check_wycheproof_line(struct slice line)
{
    AUTO(buf) struct buf key = {0}, message = {0}, signature = {0};
    struct slice fields[3], verdict = line;
    for (int i = 0; i < 3; i++)
        verdict = slice_cut(verdict, ' ', &fields[i]);
    append_hex(&key, fields[0]);
    append_hex(&message, fields[1]);
    append_hex(&signature, fields[2]);
    bool valid = slice_eq_str(verdict, "valid");
    if (signature.len != 64) {
        assert_false(valid);
        return;
    }
    struct hash digest = hash_sha256(buf_slice(&message));
    buf_append_byte(&signature, 0);
    if (secp_verify(key.ptr, digest.bytes, signature.ptr) != (valid && is_low(signature.ptr + 32)) ||
        any_v_recovers(&digest, key.ptr, signature.ptr) != valid)
        fail_msg("%.*s is not %.*s", SLICE_FMT(fields[2]), SLICE_FMT(verdict));
}

static void test_wycheproof(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    size_t count = 0;
    assert_ok(fs_read("tests/vectors/wycheproof/ecdsa_secp256k1_sha256.txt", 1 << 20, &text));
    for (struct slice line, rest = buf_slice(&text); rest.len;) {
        rest = slice_cut(rest, '\n', &line);
        if (slice_starts_with(line, SLICE("#")))
            continue;
        check_wycheproof_line(line);
        count++;
    }
    assert_int_equal(count, 252);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_keys),
        cmocka_unit_test(test_what_is_signed_verifies_and_names_its_key),
        cmocka_unit_test(test_every_changed_bit_is_refused),
        cmocka_unit_test(test_v_is_0_to_3),
        cmocka_unit_test(test_wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
