/* The reader takes exactly JSON, says what is wrong in serde_json's words, and the writers give the one compact text. */
#include "codec/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char *fault_of(struct json_reader *r, struct buf *text)
{
    buf_clear(text);
    json_write_fault(r, text);
    return buf_str(text);
}

static void assert_text(const struct buf *b, const char *expected)
{
    struct buf copy = {0};
    buf_append(&copy, buf_slice(b));
    assert_string_equal(buf_str(&copy), expected);
    buf_free(&copy);
}

static void a_value_of_any_kind_is_passed(void **state)
{
    (void)state;
    static const char *const good[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+10",
        "1E2",
        "\"\"",
        "\"a\\u00e9\\ud83d\\ude00\\n\"",
        "\"\xc3\xa9\"",
        "[]",
        "[1,[2],{}]",
        "{}",
        "{\"a\":{\"b\":[null]}}",
        " \t\r\n{ \"a\" : [ 1 , 2 ] } ",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct json_reader r = json_reader_of(slice_str(good[i]));
        json_skip(&r);
        assert_true(json_end(&r));
    }
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "EOF while parsing a value at line 1 column 0"},
        {"  ", "EOF while parsing a value at line 1 column 2"},
        {"nul", "EOF while parsing a value at line 1 column 3"},
        {"nulx", "expected ident at line 1 column 4"},
        {"tru3", "expected ident at line 1 column 4"},
        {"x", "expected value at line 1 column 1"},
        {"[1,2", "EOF while parsing a list at line 1 column 4"},
        {"[1,]", "trailing comma at line 1 column 4"},
        {"[1 2]", "expected `,` or `]` at line 1 column 4"},
        {"[,1]", "expected value at line 1 column 2"},
        {"{", "EOF while parsing an object at line 1 column 1"},
        {"{\"a\"", "EOF while parsing an object at line 1 column 4"},
        {"{\"a\" 1}", "expected `:` at line 1 column 6"},
        {"{\"a\":}", "expected value at line 1 column 6"},
        {"{\"a\":1,}", "trailing comma at line 1 column 8"},
        {"{\"a\":1 \"b\"", "expected `,` or `}` at line 1 column 8"},
        {"{a:1}", "key must be a string at line 1 column 2"},
        {"\"a", "EOF while parsing a string at line 1 column 2"},
        {"\"\\x\"", "invalid escape at line 1 column 3"},
        {"\"\\u12g4\"", "invalid escape at line 1 column 6"},
        {"\"\\u12", "EOF while parsing a string at line 1 column 5"},
        {"\"\\ud800\"", "unexpected end of hex escape at line 1 column 8"},
        {"\"\\ud800\\u0041\"", "lone leading surrogate in hex escape at line 1 column 13"},
        {"\"\\udc00\"", "lone leading surrogate in hex escape at line 1 column 7"},
        {"\"a\nb\"", "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0"},
        {"\"\xff\"", "invalid unicode code point at line 1 column 2"},
        {"\"\xc0\xaf\"", "invalid unicode code point at line 1 column 2"},
        {"\"\xed\xa0\x80\"", "invalid unicode code point at line 1 column 2"},
        {"\"\xf4\x90\x80\x80\"", "invalid unicode code point at line 1 column 2"},
        {"\"\xe2\x82", "invalid unicode code point at line 1 column 2"},
        {"01", "invalid number at line 1 column 2"},
        {"-", "EOF while parsing a value at line 1 column 1"},
        {"-a", "invalid number at line 1 column 2"},
        {"1.", "EOF while parsing a value at line 1 column 2"},
        {"1.e1", "invalid number at line 1 column 3"},
        {"1e", "EOF while parsing a value at line 1 column 2"},
        {"1 1", "trailing characters at line 1 column 3"},
        {"{}\n}", "trailing characters at line 2 column 1"},
    };
    struct buf text = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_reader r = json_reader_of(slice_str(bad[i].text));
        json_skip(&r);
        assert_false(json_end(&r));
        assert_string_equal(fault_of(&r, &text), bad[i].says);
    }
    buf_free(&text);
}

static void nesting_ends_at_128_levels(void **state)
{
    (void)state;
    struct buf text = {0}, why = {0};
    for (int depth = 128; depth <= 129; depth++) {
        buf_clear(&text);
        for (int i = 0; i < depth; i++)
            buf_append_byte(&text, '[');
        for (int i = 0; i < depth; i++)
            buf_append_byte(&text, ']');
        struct json_reader r = json_reader_of(buf_slice(&text));
        json_skip(&r);
        assert_int_equal(json_end(&r), depth == 128);
        if (depth == 129)
            assert_string_equal(fault_of(&r, &why), "recursion limit exceeded at line 1 column 129");
    }
    buf_free(&text);
    buf_free(&why);
}

static void an_object_is_walked_by_its_keys(void **state)
{
    (void)state;
    struct json_reader r = json_reader_of(SLICE("{\"a\":1,\"b\\n\":[true,false],\"c\":{},\"d\":\"x\"}"));
    struct buf room = {0};
    struct slice key;
    assert_true(json_begin_object(&r, SLICE("a map")));
    assert_true(json_next_key(&r, &key, &room));
    assert_true(slice_eq_str(key, "a"));
    assert_int_equal(json_read_u64(&r, 255, SLICE("u8")), 1);
    assert_true(json_next_key(&r, &key, &room));
    assert_true(slice_eq_str(key, "b\n"));
    assert_true(json_begin_array(&r, SLICE("a sequence")));
    assert_true(json_next_item(&r));
    assert_true(json_read_bool(&r));
    assert_true(json_next_item(&r));
    assert_false(json_read_bool(&r));
    assert_false(json_next_item(&r));
    assert_true(json_next_key(&r, &key, &room));
    assert_true(slice_eq_str(json_read_raw(&r), "{}"));
    assert_true(json_next_key(&r, &key, &room));
    assert_false(json_read_null(&r));
    assert_true(slice_eq_str(json_read_string(&r, &room), "x"));
    assert_false(json_next_key(&r, &key, &room));
    assert_true(json_end(&r));
    buf_free(&room);
}

static void a_string_is_borrowed_until_it_has_escapes(void **state)
{
    (void)state;
    struct slice text = SLICE("\"plain\"");
    struct buf room = {0};
    struct json_reader r = json_reader_of(text);
    struct slice s = json_read_string(&r, &room);
    assert_ptr_equal(s.ptr, text.ptr + 1);
    r = json_reader_of(SLICE("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u20ac\\ud83d\\ude00z\""));
    s = json_read_string(&r, &room);
    assert_true(json_end(&r));
    assert_true(slice_eq(s, SLICE("a\"\\/\b\f\n\r\t\0\xe2\x82\xac\xf0\x9f\x98\x80z")));
    buf_free(&room);
}

enum as { AS_U64, AS_U8, AS_U128, AS_STRING, AS_BOOL, AS_OBJECT };

static void read_as(struct json_reader *r, enum as as)
{
    struct buf room = {0};
    switch (as) {
    case AS_U64:
        json_read_u64(r, UINT64_MAX, SLICE("u64"));
        break;
    case AS_U8:
        json_read_u64(r, UINT8_MAX, SLICE("u8"));
        break;
    case AS_U128:
        json_read_u128(r);
        break;
    case AS_STRING:
        json_read_string(r, &room);
        break;
    case AS_BOOL:
        json_read_bool(r);
        break;
    case AS_OBJECT:
        json_begin_object(r, SLICE("struct Input"));
        break;
    }
    buf_free(&room);
}

static void another_type_is_named_with_what_was_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum as as;
        const char *says;
    } bad[] = {
        {"\"1\"", AS_U64, "invalid type: string \"1\", expected u64 at line 1 column 3"},
        {"1.0", AS_U64, "invalid type: floating point `1.0`, expected u64 at line 1 column 3"},
        {"-1", AS_U64, "invalid value: integer `-1`, expected u64 at line 1 column 2"},
        {"256", AS_U8, "invalid value: integer `256`, expected u8 at line 1 column 3"},
        {"18446744073709551616", AS_U64, "invalid type: integer `18446744073709551616`, expected u64 at line 1 column 20"},
        {"null", AS_STRING, "invalid type: null, expected a string at line 1 column 4"},
        {"7", AS_STRING, "invalid type: integer `7`, expected a string at line 1 column 1"},
        {"[1]", AS_STRING, "invalid type: sequence, expected a string at line 1 column 0"},
        {"true", AS_OBJECT, "invalid type: boolean `true`, expected struct Input at line 1 column 4"},
        {"{}", AS_BOOL, "invalid type: map, expected a boolean at line 1 column 0"},
        {"5", AS_U128, "invalid type: integer `5`, expected a string at line 1 column 1"},
        {"\"\"", AS_U128, "cannot parse integer from empty string at line 1 column 2"},
        {"\"1x\"", AS_U128, "invalid digit found in string at line 1 column 4"},
        {"\"340282366920938463463374607431768211456\"", AS_U128, "number too large to fit in target type at line 1 column 41"},
        {"", AS_OBJECT, "EOF while parsing a value at line 1 column 0"},
    };
    struct buf text = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_reader r = json_reader_of(slice_str(bad[i].text));
        read_as(&r, bad[i].as);
        assert_string_equal(fault_of(&r, &text), bad[i].says);
    }
    buf_free(&text);
}

static void the_largest_numbers_are_exact(void **state)
{
    (void)state;
    struct json_reader r = json_reader_of(SLICE("18446744073709551615"));
    assert_true(json_read_u64(&r, UINT64_MAX, SLICE("u64")) == UINT64_MAX && json_end(&r));
    r = json_reader_of(SLICE("\"340282366920938463463374607431768211455\""));
    assert_true(json_read_u128(&r) == U128_MAX && json_end(&r));
}

static void the_first_fault_stays(void **state)
{
    (void)state;
    struct buf text = {0};
    struct json_reader r = json_reader_of(SLICE("{\"a\":x}"));
    struct slice key;
    json_begin_object(&r, SLICE("a map"));
    json_next_key(&r, &key, NULL);
    assert_int_equal(json_read_u64(&r, 9, SLICE("u8")), 0);
    assert_false(json_next_key(&r, &key, NULL));
    json_fail(&r, JSON_MISSING_FIELD, SLICE("b"));
    assert_false(json_end(&r));
    assert_string_equal(fault_of(&r, &text), "expected value at line 1 column 6");
    buf_free(&text);
}

static void a_caller_can_report_faults_of_its_own(void **state)
{
    (void)state;
    struct buf text = {0};
    struct slice key;
    struct json_reader r = json_reader_of(SLICE("{}"));
    json_begin_object(&r, SLICE("a map"));
    assert_false(json_next_key(&r, &key, NULL));
    json_fail(&r, JSON_MISSING_FIELD, SLICE("x"));
    assert_string_equal(fault_of(&r, &text), "missing field `x` at line 1 column 2");
    r = json_reader_of(SLICE("{\"x\" :1}"));
    json_begin_object(&r, SLICE("a map"));
    assert_true(json_next_key(&r, &key, NULL));
    json_fail(&r, JSON_DUPLICATE_FIELD, SLICE("x"));
    assert_string_equal(fault_of(&r, &text), "duplicate field `x` at line 1 column 4");
    buf_free(&text);
}

static void writing_is_compact_with_commas_where_they_belong(void **state)
{
    (void)state;
    struct buf out = {0};
    json_write_open(&out, '{');
    json_write_key(&out, SLICE("a\"b"));
    json_write_u64(&out, UINT64_MAX);
    json_write_name(&out, SLICE("list"));
    json_write_open(&out, '[');
    json_write_u128(&out, U128_MAX);
    json_write_u128_bare(&out, 0);
    json_write_bool(&out, true);
    json_write_null(&out);
    json_write_open(&out, '{');
    json_write_close(&out, '}');
    json_write_bytes(&out, slice_from("\0\x09\x0a\x63\x64\xff", 6));
    json_write_bytes(&out, slice_from(NULL, 0));
    json_write_close(&out, ']');
    json_write_name(&out, SLICE("raw"));
    json_write_raw(&out, SLICE("1.5"));
    json_write_close(&out, '}');
    assert_text(&out, "{\"a\\\"b\":18446744073709551615,\"list\":[\"340282366920938463463374607431768211455\",0,true,null,{},"
                      "[0,9,10,99,100,255],[]],\"raw\":1.5}");
    buf_free(&out);
}

static void only_quotes_backslashes_and_controls_are_escaped(void **state)
{
    (void)state;
    struct buf out = {0};
    json_write_string(&out, SLICE("\"\\/\b\f\n\r\t\x01\x0b\x1f\x7f\xc3\xa9"));
    assert_text(&out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7f\xc3\xa9\"");
    buf_free(&out);
}

static void a_long_string_is_escaped_piece_by_piece(void **state)
{
    (void)state;
    struct buf text = {0}, out = {0}, room = {0};
    for (int i = 0; i < 5000; i++)
        buf_append_byte(&text, (uint8_t)(i % 128));
    json_write_string(&out, buf_slice(&text));
    struct json_reader r = json_reader_of(buf_slice(&out));
    assert_true(slice_eq(json_read_string(&r, &room), buf_slice(&text)));
    assert_true(json_end(&r));
    buf_free(&text);
    buf_free(&out);
    buf_free(&room);
}

static void the_sorted_form_is_the_same_for_equal_values(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"b\":1,\"a\":[1,2.5,null,\"\\u00e9\"]}", "{\"a\":[1,2.5,null,\"\xc3\xa9\"],\"b\":1}"},
        {" { \"a\" : 1 , \"b\" : { \"d\" : 1 , \"c\" : 2 } } ", "{\"a\":1,\"b\":{\"c\":2,\"d\":1}}"},
        {"{\"a\":1,\"a\":2,\"b\":3,\"a\":4}", "{\"a\":4,\"b\":3}"},
        {"{\"b\":{\"x\":[]},\"aa\":{},\"a\":\"\\n\"}", "{\"a\":\"\\n\",\"aa\":{},\"b\":{\"x\":[]}}"},
        {"[{\"2\":0,\"1\":0},[3,2,1]]", "[{\"1\":0,\"2\":0},[3,2,1]]"},
        {"{\"#\":1,\"\\\"\":2,\"\\n\":3}", "{\"\\n\":3,\"\\\"\":2,\"#\":1}"},
        {"123456789012345678901234567890.10", "123456789012345678901234567890.10"},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_reader r = json_reader_of(slice_str(cases[i].in));
        buf_clear(&out);
        json_write_sorted(&out, &r);
        assert_true(json_end(&r));
        assert_text(&out, cases[i].out);
    }
    buf_free(&out);
}

static void many_members_sort_in_bounded_time(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    struct buf in = {0}, out = {0}, room = {0};
    json_write_open(&in, '{');
    for (unsigned i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "%05u", (i * 7919u) % COUNT);
        json_write_key(&in, slice_str(name));
        json_write_u64(&in, i);
    }
    json_write_close(&in, '}');
    struct json_reader r = json_reader_of(buf_slice(&in));
    json_write_sorted(&out, &r);
    assert_true(json_end(&r));
    struct slice key;
    unsigned count = 0;
    for (r = json_reader_of(buf_slice(&out)), json_begin_object(&r, SLICE("")); json_next_key(&r, &key, &room); count++) {
        char name[16];
        snprintf(name, sizeof name, "%05u", count);
        assert_true(slice_eq_str(key, name));
        json_skip(&r);
    }
    assert_int_equal(count, COUNT);
    buf_free(&in);
    buf_free(&out);
    buf_free(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_any_kind_is_passed),
        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(nesting_ends_at_128_levels),
        cmocka_unit_test(an_object_is_walked_by_its_keys),
        cmocka_unit_test(a_string_is_borrowed_until_it_has_escapes),
        cmocka_unit_test(another_type_is_named_with_what_was_found),
        cmocka_unit_test(the_largest_numbers_are_exact),
        cmocka_unit_test(the_first_fault_stays),
        cmocka_unit_test(a_caller_can_report_faults_of_its_own),
        cmocka_unit_test(writing_is_compact_with_commas_where_they_belong),
        cmocka_unit_test(only_quotes_backslashes_and_controls_are_escaped),
        cmocka_unit_test(a_long_string_is_escaped_piece_by_piece),
        cmocka_unit_test(the_sorted_form_is_the_same_for_equal_values),
        cmocka_unit_test(many_members_sort_in_bounded_time),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
