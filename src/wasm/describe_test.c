#include "base/test.h"
#include "wasm/describe.h"
#include <stdio.h>
#include <string.h>

struct story {
    char text[1024];
};

static void tell(void *self, const struct wasm_part *part)
{
    struct story *s = self;
    size_t len = strlen(s->text);
    static const char *const kinds[] = {"import", "export", "memory", "custom"};
    snprintf(s->text + len, sizeof s->text - len, "%s %.*s|%.*s %s %lu %ld %zu; ", kinds[part->kind], SLICE_FMT(part->module),
             SLICE_FMT(part->name), part->sort ? part->sort : "-", (unsigned long)part->min_pages, (long)part->max_pages,
             part->content.len);
}

static bool describe(struct slice bytes, enum wasm_shape *shape, struct story *s)
{
    *s = (struct story){{0}};
    return wasm_describe(bytes, shape, tell, s);
}

/* (module (import "env" "log" (func)) (import "env" "t" (table 1 funcref)) (memory (export "memory") 2 3) (@custom "about" "xyz")) */
#define MODULE                                                                                                            \
    "\0asm\1\0\0\0\x01\x04\x01\x60\0\0\x02\x15\x02\x03\x65nv\x03log\0\0\x03\x65nv\x01t\x01\x70\0\x01\x05\x04\x01\x01\x02" \
    "\x03\x07\x0a\x01\x06memory\x02\0\0\x09\x05\x61\x62outxyz"

static void a_module_tells_its_parts(void **state)
{
    (void)state;
    enum wasm_shape shape;
    struct story s;
    assert_true(describe(SLICE(MODULE), &shape, &s));
    assert_int_equal(shape, WASM_SHAPE_MODULE);
    assert_string_equal(s.text, "import env|log function 0 0 0; import env|t table 0 0 0; memory | - 2 3 0; "
                                "export |memory memory 0 0 0; custom |about - 0 0 3; ");
}

/* A component with an import of an interface, a module with a memory, and an export. */
#define COMPONENT_HEAD "\0asm\x0d\0\1\0"
#define COMPONENT                                                                                                           \
    COMPONENT_HEAD "\x0a\x17\x01\0\x12wasi:io/poll@0.2.0\x05\0\x01\x0d\0asm\1\0\0\0\x05\x03\x01\0\x01\x0b\x09\x01\0\x03run" \
                   "\x05\0\0"

static void a_component_tells_interfaces_and_memories(void **state)
{
    (void)state;
    enum wasm_shape shape;
    struct story s;
    assert_true(describe(SLICE(COMPONENT), &shape, &s));
    assert_int_equal(shape, WASM_SHAPE_COMPONENT);
    assert_string_equal(s.text, "import |wasi:io/poll@0.2.0 interface 0 0 0; memory | - 1 -1 0; export |run interface 0 0 0; ");
}

static void what_is_cut_off_is_told_so_far(void **state)
{
    (void)state;
    enum wasm_shape shape;
    struct story s;
    struct slice whole = SLICE(MODULE);
    for (size_t len = 9; len < whole.len; len++)
        if (describe(slice_first(whole, len), &shape, &s)) /* only between two sections */
            assert_true(len == 14 || len == 37 || len == 43 || len == 55);
    assert_false(describe(SLICE("\0asm\1\0\0\0\x02\x03\x01\xff\xff"), &shape, &s));
    assert_false(describe(SLICE(COMPONENT_HEAD "\x0a\x06\x01\x02\x01"
                                               "x"
                                               "\x05\0"),
                          &shape, &s)); /* a form of names nobody knows */
    assert_true(describe(SLICE("#!/bin/sh"), &shape, &s));
    assert_int_equal(shape, WASM_SHAPE_NONE);
}

/* Components within components, without end. */
static void depth_is_bounded(void **state)
{
    (void)state;
    enum wasm_shape shape;
    struct story s;
    uint8_t nest[20 * 10] = {0};
    for (size_t at = 0; at < sizeof nest; at += 10) {
        memcpy(nest + at, COMPONENT_HEAD "\x04", 9);
        nest[at + 9] = (uint8_t)(sizeof nest - at - 10 < 128 ? sizeof nest - at - 10 : 0);
    }
    assert_false(describe(slice_from(nest + 60, sizeof nest - 60), &shape, &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_tells_its_parts),
        cmocka_unit_test(a_component_tells_interfaces_and_memories),
        cmocka_unit_test(what_is_cut_off_is_told_so_far),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}
