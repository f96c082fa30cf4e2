#include "base/sentence.h"
#include "base/test.h"

SENTENCES(sentences, "all is well\0"
                     "\0"
                     "100% wrong\0");

static void assert_sentence(size_t number, const char *expected)
{
    AUTO(buf) struct buf out = {0};
    buf_append_str(&out, "> ");
    sentence_append(&out, sentences, number);
    assert_string_equal(buf_str(&out) + 2, expected);
}

static void a_sentence_is_found_by_its_number(void **state)
{
    (void)state;
    assert_sentence(0, "all is well");
    assert_sentence(1, "");
    assert_sentence(2, "100% wrong");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_is_found_by_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
