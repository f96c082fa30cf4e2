#include "base/test.h"
#include "tee/measurements.h"
#include <stdio.h>
#include <string.h>

#define HEX(digit) digit digit digit digit digit digit digit digit digit digit digit digit
#define M(c)       HEX(c c c c c c c c)

static struct err *read_text(const char *text, struct measurements *out)
{
    AUTO(json) json_t *doc = NULL;
    assert_ok(json_doc_parse(slice_str(text), &doc));
    return measurements_read_json(doc, out);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct measurements m, again;
    AUTO(buf) struct buf text = {0};
    for (size_t i = 0; i < MEASUREMENT_COUNT; i++)
        memset(m.of[i], (int)(0xa0 + i), MEASUREMENT_LEN);
    measurements_write_json(&m, &text);
    assert_ok(read_text(buf_str(&text), &again));
    assert_memory_equal(&again, &m, sizeof m);
}

static void case_does_not_matter(void **state)
{
    (void)state;
    struct measurements lower, upper;
    assert_ok(read_text("{\"mrtd\":\"" M("a") "\",\"rtmr0\":\"" M("b") "\",\"rtmr1\":\"" M("c") "\",\"rtmr2\":\"" M(
                            "d") "\",\"rtmr3\":\"" M("e") "\"}",
                        &lower));
    assert_ok(read_text("{\"mrtd\":\"" M("A") "\",\"rtmr0\":\"" M("B") "\",\"rtmr1\":\"" M("C") "\",\"rtmr2\":\"" M(
                            "D") "\",\"rtmr3\":\"" M("E") "\"}",
                        &upper));
    assert_memory_equal(&lower, &upper, sizeof lower);
}

static void what_is_none_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[]", "mrtd"},
        {"{}", "mrtd"},
        {"{\"mrtd\":7}", "mrtd"},
        {"{\"mrtd\":\"ab\"}", "member `mrtd`: a measurement is 96 hex digits, not `ab`"},
        {"{\"mrtd\":\"" M("a") "\"}", "rtmr0"},
        {"{\"mrtd\":\"" M("a") "\",\"rtmr0\":\"" M("g") "\"}", "member `rtmr0`: a measurement is 96 hex digits"},
        {"{\"mrtd\":\"" M("a") "\",\"rtmr0\":\"" M("a") "a\"}", "member `rtmr0`: a measurement is 96 hex digits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct measurements m;
        AUTO(err) struct err *e = read_text(cases[i].text, &m);
        if (!e || err_code(e) != ERR_INVALID || !strstr(err_text(e), cases[i].words))
            fail_msg("%s: %s", cases[i].text, e ? err_text(e) : "is read");
    }
}

static void what_is_no_quote_has_none(void **state)
{
    (void)state;
    struct measurements m;
    static const uint8_t short_quote[600] = {4};
    static const uint8_t of_another_version[2000] = {3};
    assert_fails(measurements_of_quote(SLICE(""), &m), ERR_INVALID, "0 bytes are no TDX quote of version 4 or 5");
    assert_fails(measurements_of_quote(slice_from(short_quote, sizeof short_quote), &m), ERR_INVALID,
                 "600 bytes are no TDX quote of version 4 or 5");
    assert_fails(measurements_of_quote(slice_from(of_another_version, sizeof of_another_version), &m), ERR_INVALID,
                 "2000 bytes are no TDX quote of version 4 or 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(what_is_none_is_named),
        cmocka_unit_test(what_is_no_quote_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
