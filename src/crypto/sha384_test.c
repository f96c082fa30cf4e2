#include "base/test.h"
#include "codec/hex.h"
#include "crypto/sha384.h"

/* FIPS 180-4's examples, published with the standard. */
static void test_digests_of_the_standards_examples(void **state)
{
    (void)state;
    static const struct {
        const char *message, *digest;
    } cases[] = {
        {"abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
        {"", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
    };
    for (size_t i = 0; i < 2; i++) {
        uint8_t wanted[SHA384_LEN], got[SHA384_LEN];
        struct slice part = slice_str(cases[i].message);
        assert_true(hex_decode(slice_str(cases[i].digest), wanted, sizeof wanted, NULL));
        sha384_parts(&part, 1, got);
        assert_memory_equal(got, wanted, sizeof wanted);
    }
}

static void test_parts_are_one_message(void **state)
{
    (void)state;
    uint8_t whole[SHA384_LEN], split[SHA384_LEN];
    const struct slice one = SLICE("abcdef"), two[] = {SLICE("ab"), SLICE(""), SLICE("cdef")};
    sha384_parts(&one, 1, whole);
    sha384_parts(two, 3, split);
    assert_memory_equal(whole, split, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests_of_the_standards_examples),
        cmocka_unit_test(test_parts_are_one_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
