#include "base/test.h"
#include "crypto/hash.h"
#include <string.h>

/* The examples that NIST publishes with FIPS 180-4. */
static void test_fips_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hash h = hash_sha256(slice_str(cases[i].text));
        char hex[HASH_HEX_MAX];
        assert_string_equal(hash_hex(&h, hex), cases[i].hex);
    }
}

static void test_a_million_letters(void **state)
{
    (void)state;
    static uint8_t letters[1000000];
    memset(letters, 'a', sizeof letters);
    struct hash h = hash_sha256(slice_from(letters, sizeof letters));
    char hex[HASH_HEX_MAX];
    assert_string_equal(hash_hex(&h, hex), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Parts, however large, are libsodium's. */
static void test_large_and_small_ones_are_of_one_kind(void **state)
{
    (void)state;
    static uint8_t bytes[100000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 3);
    for (size_t len = 16 * 1024 - 70; len <= sizeof bytes; len += len < 16 * 1024 + 70 ? 1 : 1009) {
        const struct slice part = slice_from(bytes, len);
        struct hash whole = hash_sha256(part), parts = hash_sha256_parts(&part, 1);
        assert_true(hash_eq(&whole, &parts));
    }
}

static void test_parts_hash_as_one(void **state)
{
    (void)state;
    const struct slice parts[] = {SLICE("a"), {0}, SLICE("b"), SLICE("c")};
    struct hash whole = hash_sha256(SLICE("abc")), joined = hash_sha256_parts(parts, 4), none = hash_sha256_parts(NULL, 0);
    struct hash empty = hash_sha256((struct slice){0});
    assert_true(hash_eq(&whole, &joined));
    assert_true(hash_eq(&empty, &none));
    assert_false(hash_eq(&whole, &empty));
}

static void test_text_is_base58(void **state)
{
    (void)state;
    struct hash h = hash_sha256(SLICE("devnet")), zero = {0}, back;
    char text[HASH_TEXT_MAX];
    assert_string_equal(hash_text(&h, text), "FnGR97A8wSCRRcheohtmkJwNV4mdfwbiTd4oFdVTmid7");
    assert_true(hash_parse_text(slice_str(text), &back) && hash_eq(&h, &back));
    assert_string_equal(hash_text(&zero, text), "11111111111111111111111111111111");
    h = hash_sha256(SLICE(""));
    assert_string_equal(hash_text(&h, text), "GKot5hBsd81kMupNCXHaqbhv3huEbxAFMLnpcX2hniwn");
}

static void test_other_lengths_and_letters_are_no_hash(void **state)
{
    (void)state;
    struct hash h = {{7}}, before = h;
    static const char *const texts[] = {"", "1111111111111111111111111111111", "111111111111111111111111111111111",
                                        "GKot5hBsd81kMupNCXHaqbhv3huEbxAFMLnpcX2hniw0",
                                        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(hash_parse_text(slice_str(texts[i]), &h));
    assert_false(hash_parse_hex(SLICE("00"), &h));
    assert_false(hash_parse_hex(SLICE("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8zz"), &h));
    assert_true(hash_eq(&h, &before));
    assert_true(hash_parse_hex(SLICE("E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fips_vectors),
        cmocka_unit_test(test_a_million_letters),
        cmocka_unit_test(test_large_and_small_ones_are_of_one_kind),
        cmocka_unit_test(test_parts_hash_as_one),
        cmocka_unit_test(test_text_is_base58),
        cmocka_unit_test(test_other_lengths_and_letters_are_no_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
