#include "base/test.h"
#include "engine/text.h"
#include <string.h>

static void text_becomes_fit_for_people(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max_len;
        enum text_lines lines;
        const char *clean;
        bool all;
    } cases[] = {
        {"plain", 100, TEXT_ONE_LINE, "plain", true},
        {"two\n  lines\x01", 100, TEXT_ONE_LINE, "two lines ", true},
        {"two\n\tlines\x1b[31m", 100, TEXT_KEEP_LINES, "two\n\tlines [31m", true},
        {"one \xc2\x9b"
         "2J\xc2\x85two\xc2\xa0",
         100, TEXT_ONE_LINE, "one 2J two\xc2\xa0", true},
        {"\xc2\x80\xc2\x9f", 100, TEXT_KEEP_LINES, "  ", true},
        {"gr\xc3\xbc\xc3\x9f", 5, TEXT_ONE_LINE, "gr\xc3\xbc", false},
        {"gr\xc3\xbc\xc3\x9f", 6, TEXT_ONE_LINE, "gr\xc3\xbc\xc3\x9f", true},
        {"\xc3", 10, TEXT_ONE_LINE, "?", true},
        {"\xc0\xaf \xed\xa0\x80 \xf5", 10, TEXT_ONE_LINE, "?? ??? ?", true},
        {"\xe2\x82", 10, TEXT_ONE_LINE, "??", true},
        {"\xf0\x9f\x98\x80!", 10, TEXT_ONE_LINE, "\xf0\x9f\x98\x80!", true},
        {"abc", 0, TEXT_ONE_LINE, "", false},
        {"", 0, TEXT_ONE_LINE, "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        assert_int_equal(text_append_clean(&out, slice_str(cases[i].text), cases[i].max_len, cases[i].lines), cases[i].all);
        assert_string_equal(buf_str(&out), cases[i].clean);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_becomes_fit_for_people)};
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
