#include "base/test.h"
#include "wasm/custom.h"

#define MODULE    "\0asm\1\0\0\0"
#define COMPONENT "\0asm\x0d\0\1\0"

static void the_first_section_of_a_name_is_found(void **state)
{
    (void)state;
    static const struct {
        struct slice wasm;
        const char *payload; /* NULL: none */
    } cases[] = {
        {SLICE(MODULE), NULL},
        {SLICE(MODULE "\0\3\1ahi"), NULL},
        {SLICE(MODULE "\0\4\1mhi"), "hi"},
        {SLICE(MODULE "\0\2\1m"), ""},
        {SLICE(MODULE "\0\4\1xhi\0\3\1mA\0\3\1mB"), "A"},
        {SLICE(MODULE "\1\2\1m\0\3\1mA"), "A"},
        {SLICE(COMPONENT "\0\3\1mA"), "A"},
        {SLICE(COMPONENT "\1\x0d" MODULE "\0\3\1mA\0\3\1mB"), "A"},
        {SLICE(COMPONENT "\4\x17" COMPONENT "\1\x0d" MODULE "\0\3\1mA"), "A"},
        {SLICE(MODULE "\1\x0d" MODULE "\0\3\1mA"), NULL}, /* of a module, section 1 is its types */
        {SLICE(""), NULL},
        {SLICE("\0asm"), NULL},
        {SLICE("#!/bin/sh --mA"), NULL},
        {SLICE(MODULE "\0\7\1mA"), NULL},
        {SLICE(MODULE "\0\xff\xff\xff\xff\x0f\1mA"), NULL},
        {SLICE(MODULE "\0\3\5mA"), NULL},
        {SLICE(MODULE "\0\0"), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice found = wasm_find_custom(cases[i].wasm, SLICE("m"));
        if (cases[i].payload ? !found.ptr || !slice_eq_str(found, cases[i].payload) : found.ptr != NULL)
            fail_msg("case %zu: `%.*s`", i, SLICE_FMT(found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_section_of_a_name_is_found),
    };
    return cmocka_run_group_tests_name("custom sections", tests, NULL, NULL);
}
