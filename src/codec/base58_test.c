#include "base/test.h"
#include "codec/base58.h"
#include "codec/hex.h"
#include <string.h>

/* Hex and text: the vectors of the Internet-Draft "The Base58 Encoding Scheme" and of Bitcoin's test set. */
static const struct {
    const char *hex, *text;
} vectors[] = {
    {"", ""},
    {"00", "1"},
    {"61", "2g"},
    {"626262", "a3gV"},
    {"636363", "aPEr"},
    {"48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"},
    {"0000287fb4cd", "11233QC4"},
    {"516b6fcd0f", "ABnLTmg"},
    {"572e4794", "3EFU7m"},
    {"10c8511e", "Rt5zm"},
    {"00000000000000000000", "1111111111"},
    {"73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"},
    {"00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"},
    {"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c", "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"},
};

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        AUTO(buf) struct buf bytes = {0};
        assert_true(hex_decode_append(slice_str(vectors[i].hex), &bytes, NULL));
        char text[BASE58_TEXT_MAX];
        size_t len = base58_encode(buf_slice(&bytes), text);
        assert_true(slice_eq_str(slice_from(text, len), vectors[i].text));
        uint8_t back[BASE58_BYTES_MAX];
        assert_true(base58_decode(slice_str(vectors[i].text), back, &len, NULL));
        assert_true(slice_eq(slice_from(back, len), buf_slice(&bytes)));
    }
}

static void test_every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[BASE58_BYTES_MAX], back[BASE58_BYTES_MAX];
    static const uint8_t fills[] = {0x00, 0x01, 0x80, 0xff};
    for (size_t f = 0; f < sizeof fills; f++) {
        for (size_t len = 0; len <= sizeof bytes; len++) {
            char text[BASE58_ENCODED_MAX(BASE58_BYTES_MAX)];
            memset(bytes, fills[f], sizeof bytes);
            size_t text_len = base58_encode(slice_from(bytes, len), text), back_len = 0;
            assert_true(text_len <= BASE58_ENCODED_MAX(len) && text_len <= BASE58_TEXT_MAX);
            assert_true(base58_decode(slice_from(text, text_len), back, &back_len, NULL));
            assert_true(slice_eq(slice_from(back, back_len), slice_from(bytes, len)));
        }
    }
}

static void test_every_character_outside_the_alphabet_is_refused(void **state)
{
    (void)state;
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    for (int c = 0; c < 256; c++) {
        uint8_t text[7] = {'2', '2', '2', '2', '2', '2', (uint8_t)c}, out[BASE58_BYTES_MAX];
        size_t len, fault_at = 99;
        bool good = c && strchr(alphabet, c);
        assert_int_equal(base58_decode(slice_from(text, 7), out, &len, &fault_at), good);
        assert_int_equal(fault_at, good ? 99 : 6);
    }
}

static void test_too_long_is_refused_at_once(void **state)
{
    (void)state;
    uint8_t bytes[BASE58_BYTES_MAX + 1] = {0}, out[BASE58_BYTES_MAX];
    char text[BASE58_TEXT_MAX + 100];
    size_t len = 0, fault_at = 0;
    assert_int_equal(base58_encode(slice_from(bytes, sizeof bytes), text), 0);
    memset(text, 'z', sizeof text);
    assert_false(base58_decode(slice_from(text, sizeof text), out, &len, &fault_at));
    assert_int_equal(fault_at, BASE58_TEXT_MAX);
    /* As many characters can stand for more bytes, as can one leading 1 more than there is room for. */
    assert_false(base58_decode(slice_from(text, BASE58_TEXT_MAX), out, &len, &fault_at));
    assert_int_equal(fault_at, BASE58_TEXT_MAX);
    memset(text, '1', sizeof text);
    assert_false(base58_decode(slice_from(text, BASE58_BYTES_MAX + 1), out, &len, &fault_at));
    text[BASE58_BYTES_MAX] = '2';
    assert_false(base58_decode(slice_from(text, BASE58_BYTES_MAX + 1), out, &len, &fault_at));
}

static void test_exact_length(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    size_t fault_at = 99;
    assert_true(base58_decode_exact(SLICE("3EFU7m"), out, 4, NULL));
    assert_memory_equal(out, "\x57\x2e\x47\x94", 4);
    assert_false(base58_decode_exact(SLICE("a3gV"), out, 4, &fault_at));
    assert_int_equal(fault_at, 4);
    assert_memory_equal(out, "\x57\x2e\x47\x94", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_every_character_outside_the_alphabet_is_refused),
        cmocka_unit_test(test_too_long_is_refused_at_once),
        cmocka_unit_test(test_exact_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
