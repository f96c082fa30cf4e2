#include "base/test.h"
#include "codec/base64.h"
#include <string.h>

/* RFC 4648 section 10, and the two digits that its vectors lack. */
static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xef\xbe\xff\xff\xff", "++++////"},
};

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        AUTO(buf) struct buf text = {0}, bytes = {0};
        base64_append(&text, slice_str(vectors[i].bytes));
        assert_string_equal(buf_str(&text), vectors[i].text);
        assert_int_equal(text.len, BASE64_ENCODED_LEN(strlen(vectors[i].bytes)));
        assert_true(base64_decode(slice_str(vectors[i].text), &bytes, NULL));
        assert_string_equal(buf_str(&bytes), vectors[i].bytes);
    }
}

static void test_every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[256];
    for (size_t len = 0; len <= sizeof bytes; len++) {
        AUTO(buf) struct buf text = {0}, back = {0};
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(i * 7 + len);
        base64_append(&text, slice_from(bytes, len));
        assert_true(base64_decode(buf_slice(&text), &back, NULL));
        assert_true(slice_eq(buf_slice(&back), slice_from(bytes, len)));
    }
}

static void test_anything_but_the_one_text_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t fault_at;
    } cases[] = {
        {"Z", 1},        {"Zg", 2},       {"Zg=", 2},     {"Zm9", 3},      {"Zm9vZ", 5}, /* ends too early */
        {"Zh==", 1},     {"Zm9=", 2},                                                    /* unused bits are set */
        {"====", 0},     {"Z===", 1},     {"Zg=a", 3},    {"Zg==Zg==", 2},               /* padding in the wrong place */
        {"Zm8=Zm9v", 3}, {"Zm9v====", 4}, {"Zm9v\n", 4},  {" Zm9", 0},     {"Zm 9", 2},  /* spaces */
        {"Zm9-", 3},     {"Zm9_", 3},     {"Zm9\x80", 3},                                /* other alphabets */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        size_t fault_at = 99;
        buf_append_str(&out, "kept");
        assert_false(base64_decode(slice_str(cases[i].text), &out, &fault_at));
        assert_int_equal(fault_at, cases[i].fault_at);
        assert_string_equal(buf_str(&out), "kept");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_anything_but_the_one_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
