#include "base/test.h"
#include "codec/der_write.h"
#include "codec/hex.h"

static void assert_hex(const struct buf *got, const char *wanted)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, buf_slice(got));
    assert_string_equal(buf_str(&text), wanted);
}

static void test_integers_are_minimal_and_non_negative(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    der_write_uint(&out, 0);
    der_write_uint(&out, 127);
    der_write_uint(&out, 128);
    der_write_uint(&out, 0x10000);
    der_write_integer(&out, SLICE("\0\0\xff"));
    der_write_integer(&out, SLICE(""));
    assert_hex(&out, "020100"
                     "02017f"
                     "02020080"
                     "0203010000"
                     "020200ff"
                     "020100");
}

static void test_lengths_take_the_shortest_form(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *head;
    } cases[] = {{0, "0400"}, {127, "047f"}, {128, "048180"}, {255, "0481ff"}, {256, "04820100"}, {65536, "0483010000"}};
    static uint8_t zeros[65536];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        der_write(&out, DER_WRITE_OCTET_STRING, slice_from(zeros, cases[i].len));
        size_t head_len = out.len - cases[i].len;
        out.len = head_len;
        assert_hex(&out, cases[i].head);
    }
}

static void test_closing_wraps_what_was_written(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    size_t outer = der_open(&out);
    der_write_uint(&out, 1);
    size_t inner = der_open(&out);
    der_write_bits(&out, SLICE("\xaa"));
    der_close(&out, DER_WRITE_CONTEXT | 3, inner);
    der_close(&out, DER_WRITE_SEQUENCE, outer);
    assert_hex(&out, "3009"
                     "020101"
                     "a304"
                     "030200aa");
}

static void test_closing_moves_long_content_behind_its_head(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    static uint8_t ones[200];
    __builtin_memset(ones, 1, sizeof ones);
    buf_append_byte(&out, 9);
    size_t start = der_open(&out);
    buf_append(&out, slice_from(ones, sizeof ones));
    der_close(&out, DER_WRITE_SEQUENCE, start);
    assert_int_equal(out.len, 1 + 3 + sizeof ones);
    assert_memory_equal(out.ptr, "\x09\x30\x81\xc8\x01", 5);
    assert_int_equal(out.ptr[out.len - 1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_minimal_and_non_negative),
        cmocka_unit_test(test_lengths_take_the_shortest_form),
        cmocka_unit_test(test_closing_wraps_what_was_written),
        cmocka_unit_test(test_closing_moves_long_content_behind_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
