#include "base/test.h"
#include "codec/json_doc.h"

static json_t *parsed(const char *text)
{
    json_t *doc = NULL;
    assert_null(json_doc_parse(slice_str(text), &doc));
    return doc;
}

static void refused(struct err *e, const char *text)
{
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
    assert_string_equal(err_text(e), text);
    err_free(e);
}

static void reads_members_of_the_right_kind(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = parsed("{\"s\":\"x\",\"n\":9223372036854775807,\"b\":true,\"z\":null}");
    struct slice s = {0};
    uint64_t n = 0;
    bool b = false;
    assert_null(json_doc_str(doc, "s", &s));
    assert_true(slice_eq_str(s, "x"));
    assert_null(json_doc_u64(doc, "n", &n));
    assert_true(n == INT64_MAX);
    assert_null(json_doc_bool(doc, "b", &b));
    assert_true(b);
    assert_null(json_doc_u64_opt(doc, "z", &n));
    assert_null(json_doc_u64_opt(doc, "none", &n));
    assert_true(n == INT64_MAX);
}

static void names_the_member_that_is_wrong(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = parsed("{\"n\":-1,\"r\":1.5,\"s\":7,\"z\":null}");
    struct slice s = {0};
    uint64_t n = 0;
    bool b = false;
    refused(json_doc_u64(doc, "n", &n), "member `n` is not a whole number from 0 to 2^63 - 1");
    refused(json_doc_u64_opt(doc, "r", &n), "member `r` is not a whole number from 0 to 2^63 - 1");
    refused(json_doc_str(doc, "s", &s), "member `s` is not a string");
    refused(json_doc_str(doc, "q", &s), "member `q` is missing");
    refused(json_doc_bool(doc, "z", &b), "member `z` is not true or false");
    AUTO(json) json_t *array = parsed("[1]");
    refused(json_doc_str(array, "q", &s), "expected an object with the member `q`");
}

static void money_is_a_string_of_digits(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = parsed("{\"most\":\"340282366920938463463374607431768211455\",\"over\":"
                                    "\"340282366920938463463374607431768211456\",\"number\":1,\"minus\":\"-1\"}");
    u128 value = 7;
    refused(json_doc_u128(doc, "over", &value), "member `over` is not a decimal number below 2^128");
    refused(json_doc_u128(doc, "minus", &value), "member `minus` is not a decimal number below 2^128");
    refused(json_doc_u128(doc, "number", &value), "member `number` is not a string");
    assert_true(value == 7);
    assert_ok(json_doc_u128(doc, "most", &value));
    assert_true(value == U128_MAX);
}

static void a_number_too_large_spoils_only_itself(void **state)
{
    (void)state;
    AUTO(json) json_t *doc = parsed("{\"payment\":50000000000000000000000,\"id\":41,\"s\":\"x\"}");
    uint64_t n = 0;
    assert_null(json_doc_u64(doc, "id", &n));
    assert_true(n == 41);
    refused(json_doc_u64(doc, "payment", &n), "member `payment` is not a whole number from 0 to 2^63 - 1");
}

static void hostile_documents_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{", "{\"a\":1,\"a\":2}", "\"\xff\"", "1e999", "[1]x", "nul", "\"\\ud800\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *doc = NULL;
        struct err *e = json_doc_parse(slice_str(texts[i]), &doc);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
        err_free(e);
    }
    AUTO(buf) struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_append_byte(&deep, '[');
    json_t *doc = NULL;
    struct err *e = json_doc_parse(buf_slice(&deep), &doc);
    assert_non_null(e);
    err_free(e);
}

static void bytes_that_are_no_text_become_replacement_characters(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"abc", "abc"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"a\xffz", "a\xef\xbf\xbdz"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *value = json_doc_string(slice_str(cases[i].in));
        assert_true(slice_eq_str(json_doc_text(value), cases[i].out));
    }
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    struct slice euro = SLICE("a\xe2\x82\xac");
    assert_int_equal(json_doc_cut_utf8(euro, 4).len, 4);
    assert_int_equal(json_doc_cut_utf8(euro, 3).len, 1);
    assert_int_equal(json_doc_cut_utf8(euro, 2).len, 1);
    assert_int_equal(json_doc_cut_utf8(euro, 0).len, 0);
}

static void numbers_over_2_63_are_written_with_all_digits(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *doc = json_pack("{s:o,s:[o,s,{s:o}],s:{},s:[]}", "max", json_doc_number(UINT64_MAX), "list",
                                       json_doc_number(1), "\n", "next", json_doc_number(UINT64_C(1) << 63), "none", "empty");
    json_doc_write(doc, &text);
    assert_string_equal(buf_str(&text), "{\"max\":18446744073709551615,\"list\":[1,\"\\n\",{\"next\":9223372036854775808}],"
                                        "\"none\":{},\"empty\":[]}");
    buf_clear(&text);
    AUTO(json) json_t *small = json_doc_number(INT64_MAX);
    assert_true(json_is_integer(small));
    json_doc_write(small, &text);
    assert_string_equal(buf_str(&text), "9223372036854775807");
}

static void bytes_are_an_array_of_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"[]", true},     {"[0,255,7]", true}, {"[256]", false}, {"[-1]", false},
                 {"[1.0]", false}, {"[\"1\"]", false},  {"\"x\"", false}, {"null", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *doc = NULL;
        AUTO(buf) struct buf out = {0};
        assert_ok(json_doc_parse(slice_str(cases[i].text), &doc));
        assert_int_equal(json_doc_bytes(doc, &out), cases[i].good);
        if (i == 1)
            assert_true(slice_eq(buf_slice(&out), SLICE("\0\xff\7")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_members_of_the_right_kind),
        cmocka_unit_test(names_the_member_that_is_wrong),
        cmocka_unit_test(money_is_a_string_of_digits),
        cmocka_unit_test(a_number_too_large_spoils_only_itself),
        cmocka_unit_test(hostile_documents_are_refused),
        cmocka_unit_test(bytes_that_are_no_text_become_replacement_characters),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(numbers_over_2_63_are_written_with_all_digits),
        cmocka_unit_test(bytes_are_an_array_of_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
