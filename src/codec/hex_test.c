#include "base/test.h"
#include "codec/hex.h"
#include <string.h>

static void test_encodes_lower_case(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    hex_append(&out, SLICE("\x00\x01\x7f\xAB\xff"));
    assert_string_equal(buf_str(&out), "00017fabff");
    hex_append(&out, SLICE(""));
    assert_int_equal(out.len, 10);
}

static void test_decodes_both_cases(void **state)
{
    (void)state;
    uint8_t bytes[3];
    assert_true(hex_decode(SLICE("abCD0f"), bytes, 3, NULL));
    assert_memory_equal(bytes, "\xab\xcd\x0f", 3);
    AUTO(buf) struct buf out = {0};
    assert_true(hex_decode_append(SLICE("61"), &out, NULL) && hex_decode_append(SLICE(""), &out, NULL));
    assert_string_equal(buf_str(&out), "a");
}

static void test_names_the_place_of_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t fault_at;
    } cases[] = {{"0g00", 1}, {"0x00", 1}, {" 000", 0}, {"00", 2},   {"000", 3},  {"00000", 4},
                 {"000/", 3}, {"000:", 3}, {"000@", 3}, {"000G", 3}, {"000`", 3}, {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[2];
        size_t fault_at = 99;
        assert_false(hex_decode(slice_str(cases[i].text), bytes, 2, &fault_at));
        assert_int_equal(fault_at, cases[i].fault_at);
    }
}

static void test_an_odd_text_ends_too_early_and_adds_nothing(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    size_t fault_at = 99;
    assert_false(hex_decode_append(SLICE("616"), &out, &fault_at));
    assert_int_equal(fault_at, 3);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodes_lower_case),
        cmocka_unit_test(test_decodes_both_cases),
        cmocka_unit_test(test_names_the_place_of_a_fault),
        cmocka_unit_test(test_an_odd_text_ends_too_early_and_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
