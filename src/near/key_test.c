#include "base/test.h"
#include "crypto/hash.h"
#include "near/key.h"
#include <string.h>

#define PUBLIC_TEXT "ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
#define SECRET_TEXT "ed25519:2AXDGYSE4f2sz7tvMMzyHvUfcoJmxudvdhBcmiUSo6iuCXagjUCKEQF21awZnUGxmwD4m9vGXuC3qieHXJQHAcT"
/* The public key of the secp256k1 secret 1, that is the generator. */
#define SECP_TEXT "secp256k1:3SB8tA9Kbn7FBtT6GWR6AJk73QceudisHaGThPoLCDgC9tan7d3cwZFiDZtrmhSAf8aTynEdQ3N7KXhMm3nWhekP"

static struct secret_key seed_key(void)
{
    uint8_t seed[32];
    memset(seed, 1, sizeof seed);
    return secret_key_from_seed(seed);
}

static void test_texts_of_a_known_seed(void **state)
{
    (void)state;
    struct secret_key secret = seed_key(), back;
    struct public_key key = secret_key_public(&secret), key_back;
    char text[KEY_TEXT_MAX];
    assert_string_equal(public_key_text(&key, text), PUBLIC_TEXT);
    assert_ok(public_key_parse(slice_str(text), &key_back));
    assert_true(public_key_eq(&key, &key_back));
    assert_string_equal(secret_key_text(&secret, text), SECRET_TEXT);
    assert_ok(secret_key_parse(slice_str(text), &back));
    assert_memory_equal(&secret, &back, sizeof secret);
}

static void test_prefix_may_be_missing_or_in_capitals(void **state)
{
    (void)state;
    struct public_key a, b, c;
    assert_ok(public_key_parse(SLICE(PUBLIC_TEXT), &a));
    assert_ok(public_key_parse(SLICE("AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"), &b));
    assert_ok(public_key_parse(SLICE("ED25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"), &c));
    assert_true(public_key_eq(&a, &b) && public_key_eq(&a, &c));
}

static void test_secp256k1_keys_are_carried(void **state)
{
    (void)state;
    struct public_key k, back;
    char text[KEY_TEXT_MAX];
    AUTO(buf) struct buf out = {0};
    assert_ok(public_key_parse(SLICE(SECP_TEXT), &k));
    assert_int_equal(k.curve, KEY_SECP256K1);
    assert_memory_equal(k.raw, "\x79\xbe\x66\x7e", 4);
    assert_string_equal(public_key_text(&k, text), SECP_TEXT);
    public_key_write(&out, &k);
    assert_int_equal(out.len, 65);
    struct borsh_reader r = borsh_reader_of(buf_slice(&out));
    assert_true(public_key_read(&r, &back) && borsh_done(&r) && public_key_eq(&k, &back));
}

static void test_the_longest_texts_fit(void **state)
{
    (void)state;
    struct public_key k = {.curve = KEY_SECP256K1};
    struct signature s = {.curve = KEY_SECP256K1}, back;
    char text[SIGNATURE_TEXT_MAX];
    memset(k.raw, 0xff, sizeof k.raw);
    memset(s.raw, 0xff, sizeof s.raw);
    assert_true(strlen(public_key_text(&k, text)) < KEY_TEXT_MAX);
    assert_true(strlen(signature_text(&s, text)) < SIGNATURE_TEXT_MAX);
    assert_ok(signature_parse(slice_str(text), &back));
    assert_memory_equal(s.raw, back.raw, sizeof s.raw);
}

static void test_wrong_public_keys_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "0 bytes, ed25519 needs 32"},
        {"ed25519:", "0 bytes, ed25519 needs 32"},
        {"rsa:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "unknown curve `rsa`"},
        {":AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "unknown curve ``"},
        {"secp256k1:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "32 bytes, secp256k1 needs 64"},
        {"ed25519:3EFU7m", "4 bytes, ed25519 needs 32"},
        {"ed25519:AKnL0NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "not base58 at character 5"},
        {"ed25519:ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "not base58 at character 8"},
        {SECRET_TEXT, "64 bytes, ed25519 needs 32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct public_key k;
        AUTO(err) struct err *e = public_key_parse(slice_str(cases[i].text), &k);
        assert_non_null(e);
        if (!strstr(err_text(e), cases[i].words))
            fail_msg("`%s` does not say `%s`", err_text(e), cases[i].words);
    }
}

static void test_an_endless_text_is_refused(void **state)
{
    (void)state;
    static char text[1 << 20];
    struct public_key k;
    memset(text, 'z', sizeof text);
    AUTO(err) struct err *e = public_key_parse(slice_from(text, sizeof text), &k);
    assert_non_null(e);
}

static void test_unknown_curves_and_short_keys_fail_in_borsh(void **state)
{
    (void)state;
    uint8_t bytes[66] = {0};
    struct public_key k;
    struct signature s;
    struct borsh_reader r = borsh_reader_of(slice_from(bytes, 32));
    assert_false(public_key_read(&r, &k));
    assert_true(r.failed);
    r = borsh_reader_of(slice_from(bytes, 64));
    assert_false(signature_read(&r, &s));
    bytes[0] = 2;
    r = borsh_reader_of(slice_from(bytes, sizeof bytes));
    assert_false(public_key_read(&r, &k));
    assert_true(r.failed);
}

static void test_a_seed_alone_is_a_secret_key(void **state)
{
    (void)state;
    struct secret_key k, expected = seed_key();
    assert_ok(secret_key_parse(SLICE("ed25519:4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"), &k));
    assert_memory_equal(&k, &expected, sizeof k);
}

static void test_a_secret_with_a_foreign_public_half_is_refused_without_showing_it(void **state)
{
    (void)state;
    struct secret_key k = seed_key(), out;
    char text[SECRET_TEXT_MAX];
    k.raw[40] ^= 1;
    secret_key_text(&k, text);
    AUTO(err) struct err *e = secret_key_parse(slice_str(text), &out);
    assert_non_null(e);
    assert_non_null(strstr(err_text(e), "does not belong to its seed"));
    assert_null(strstr(err_text(e), text + 8));
}

static void test_signatures(void **state)
{
    (void)state;
    struct secret_key secret = seed_key();
    struct public_key key = secret_key_public(&secret), secp;
    struct signature s = secret_key_sign(&secret, SLICE("hello")), other_curve = s;
    assert_true(signature_verify(&s, &key, SLICE("hello")));
    assert_false(signature_verify(&s, &key, SLICE("hellO")));
    assert_ok(public_key_parse(SLICE(SECP_TEXT), &secp));
    other_curve.curve = KEY_SECP256K1;
    assert_false(signature_verify(&s, &secp, SLICE("hello")));
    assert_false(signature_verify(&other_curve, &key, SLICE("hello")));
    assert_false(signature_verify(&other_curve, &secp, SLICE("hello")));
}

/* nearcore's key of the seed "test", and its signature of sha256("123"). */
static void test_secp256k1_signs_as_nearcore_does(void **state)
{
    (void)state;
    struct secret_key secret;
    char text[SIGNATURE_TEXT_MAX];
    assert_ok(secret_key_parse(SLICE("secp256k1:X4ETFKtQkSGVoZEnkn7bZ3LyajJaK2b3eweXaKmynGx"), &secret));
    struct public_key key = secret_key_public(&secret);
    assert_string_equal(public_key_text(&key, text),
                        "secp256k1:5ftgm7wYK5gtVqq1kxMGy7gSudkrfYCbpsjL6sH1nwx2oj5NR2JktohjzB6fbEhhRERQpiwJcpwnQjxtoX3GS3cQ");
    struct hash digest = hash_sha256(SLICE("123"));
    struct signature s = secret_key_sign(&secret, hash_slice(&digest));
    assert_string_equal(signature_text(&s, text),
                        "secp256k1:5N5CB9H1dmB9yraLGCo4ZCQTcF24zj4v2NT14MHdH3aVhRoRXrX3AhprHr2w6iXNBZDmjMS1Ntzjzq8Bv6iBvwth6");
    assert_true(signature_verify(&s, &key, hash_slice(&digest)));
    assert_false(signature_verify(&s, &key, SLICE("123")));
    assert_string_equal(secret_key_text(&secret, text), "secp256k1:X4ETFKtQkSGVoZEnkn7bZ3LyajJaK2b3eweXaKmynGx");
}

static void test_wrong_secp256k1_secrets_are_refused(void **state)
{
    (void)state;
    struct secret_key out;
    assert_fails(secret_key_parse(SLICE("secp256k1:11111111111111111111111111111111"), &out), ERR_INVALID,
                 "secret key is zero or above the order of secp256k1");
    assert_fails(secret_key_parse(SLICE(SECP_TEXT), &out), ERR_INVALID, "secret key has 64 bytes, secp256k1 needs 32");
}

static void test_generated_keys_come_from_the_entropy_given(void **state)
{
    (void)state;
    struct secret_key a, b;
    secret_key_generate(&entropy_system, &a);
    secret_key_generate(&entropy_system, &b);
    assert_memory_not_equal(&a, &b, sizeof a);
    secret_key_wipe(&a);
    for (size_t i = 0; i < sizeof a.raw; i++)
        assert_int_equal(a.raw[i], 0);
}

/* Borsh holds the key, the state and its text a digest of it; both texts lead to the same name. */
static void test_long_keys_go_by_a_digest(void **state)
{
    (void)state;
    enum { LEN = 1952 };
    AUTO(buf) struct buf bytes = {0}, again = {0}, name = {0};
    struct public_key key, by_text, by_digest, by_name;
    char text[KEY_TEXT_MAX];
    buf_append_byte(&bytes, KEY_ML_DSA_65);
    for (int i = 0; i < LEN; i++)
        buf_append_byte(&bytes, (uint8_t)(i * 7));
    struct borsh_reader r = borsh_reader_of(buf_slice(&bytes));
    assert_true(public_key_read(&r, &key) && borsh_done(&r));
    assert_ptr_equal(key.whole, bytes.ptr + 1);
    assert_int_equal(public_key_borsh_len(&key), 1 + LEN);
    public_key_write(&again, &key);
    assert_true(slice_eq(buf_slice(&again), buf_slice(&bytes)));

    assert_memory_equal(public_key_text(&key, text), "ml-dsa-65:", 10);
    assert_ok(public_key_parse(slice_str(text), &by_text));
    assert_true(public_key_eq(&key, &by_text) && !by_text.whole);
    assert_memory_equal(public_key_text(&by_text, text), "ml-dsa-65-hash:", 15);
    assert_ok(public_key_parse(slice_str(text), &by_digest));
    assert_true(public_key_eq(&key, &by_digest));

    buf_append_byte(&name, public_key_name_tag(&key));
    buf_append(&name, public_key_raw(&key));
    assert_int_equal(name.len, 33);
    r = borsh_reader_of(buf_slice(&name));
    assert_true(public_key_name_read(&r, &by_name) && borsh_done(&r) && public_key_eq(&key, &by_name));
    r = borsh_reader_of(buf_slice(&name));
    assert_false(public_key_read(&r, &by_name)); /* a digest is no key */
    r = borsh_reader_of(buf_slice(&bytes));
    assert_false(public_key_name_read(&r, &by_name)); /* a key is no name */
}

static void test_long_keys_only_verify(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key secret;
    struct signature signature;
    struct public_key key = {.curve = KEY_ML_DSA_65};
    assert_fails(secret_key_parse(SLICE("ml-dsa-65:2222"), &secret), ERR_INVALID,
                 "secret keys of ML-DSA-65 are not used here: clients sign with them");
    assert_fails(public_key_parse(SLICE("ml-dsa-65:2222"), &key), ERR_INVALID, "public key has 3 bytes, ml-dsa-65 needs 1952");
    assert_fails(public_key_parse(SLICE("ml-dsa-65-hash:2222"), &key), ERR_INVALID,
                 "public key is not the base58 of 32 bytes after ml-dsa-65-hash:");
    buf_append_byte(&bytes, KEY_ML_DSA_65);
    for (int i = 0; i < 3309; i++)
        buf_append_byte(&bytes, 0);
    struct borsh_reader r = borsh_reader_of(buf_slice(&bytes));
    assert_true(signature_read(&r, &signature) && borsh_done(&r));
    assert_false(signature_verify(&signature, &key, SLICE("m"))); /* only the key's digest is known */
    bytes.len--;
    r = borsh_reader_of(buf_slice(&bytes));
    assert_false(signature_read(&r, &signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_keys_go_by_a_digest),
        cmocka_unit_test(test_long_keys_only_verify),
        cmocka_unit_test(test_texts_of_a_known_seed),
        cmocka_unit_test(test_prefix_may_be_missing_or_in_capitals),
        cmocka_unit_test(test_secp256k1_keys_are_carried),
        cmocka_unit_test(test_the_longest_texts_fit),
        cmocka_unit_test(test_wrong_public_keys_are_refused),
        cmocka_unit_test(test_an_endless_text_is_refused),
        cmocka_unit_test(test_unknown_curves_and_short_keys_fail_in_borsh),
        cmocka_unit_test(test_a_seed_alone_is_a_secret_key),
        cmocka_unit_test(test_a_secret_with_a_foreign_public_half_is_refused_without_showing_it),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_secp256k1_signs_as_nearcore_does),
        cmocka_unit_test(test_wrong_secp256k1_secrets_are_refused),
        cmocka_unit_test(test_generated_keys_come_from_the_entropy_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
