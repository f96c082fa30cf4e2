#include "base/fs.h"
#include "base/test.h"
#include "wasm/sniff.h"
#include <string.h>

static void a_contract_is_a_module(void **state)
{
    (void)state;
    AUTO(buf) struct buf file = {0};
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    assert_ok(fs_read("tests/vectors/near-vm/ops.wasm", 1 << 20, &file));
    assert_true(wasm_sniff(buf_slice(&file), &arena, &facts));
    assert_int_equal(facts.shape, WASM_SHAPE_MODULE);
    assert_int_equal(facts.import_count, 3);
    assert_true(slice_eq_str(facts.imports[2].module, "env"));
    assert_true(slice_eq_str(facts.imports[2].name, "block_index"));
    assert_int_equal(facts.imports[2].kind, 0);
    assert_true(facts.has_memory);
    assert_int_equal(facts.memory_min_pages, 1);
    assert_true(facts.function_count > 60);
    assert_true(facts.code_len > 1000 && facts.code_len < file.len);
}

static enum wasm_shape shape_of(struct slice bytes)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    assert_true(wasm_sniff(bytes, &arena, &facts));
    return facts.shape;
}

static void shapes_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(shape_of(SLICE("\0asm\1\0\0\0")), WASM_SHAPE_MODULE);
    assert_int_equal(shape_of(SLICE("\0asm\x0d\0\1\0")), WASM_SHAPE_COMPONENT);
    assert_int_equal(shape_of(SLICE("\0asm\2\0\0\0")), WASM_SHAPE_NONE);
    assert_int_equal(shape_of(SLICE("\0asm\1\0\0")), WASM_SHAPE_NONE);
    assert_int_equal(shape_of(SLICE("\x7f"
                                    "ELF\2\1\1\0")),
                     WASM_SHAPE_NONE);
    assert_int_equal(shape_of(SLICE("")), WASM_SHAPE_NONE);
}

static bool has_start(struct slice bytes)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    wasm_sniff(bytes, &arena, &facts);
    return facts.has_start;
}

#define MODULE_WITH_START    "\0asm\1\0\0\0\x08\1\0"
#define MODULE_WITHOUT_START "\0asm\1\0\0\0\x00\1\0"
#define COMPONENT            "\0asm\x0d\0\1\0"

/* Nothing of a program runs ahead of its task: what cannot be told counts as a start. */
static void a_start_section_is_found_however_deep(void **state)
{
    (void)state;
    assert_true(has_start(SLICE(MODULE_WITH_START)));
    assert_false(has_start(SLICE(MODULE_WITHOUT_START)));
    assert_false(has_start(SLICE(COMPONENT)));
    assert_false(has_start(SLICE(COMPONENT "\1\x0b" MODULE_WITHOUT_START)));
    assert_true(has_start(SLICE(COMPONENT "\1\x0b" MODULE_WITH_START)));
    assert_true(has_start(SLICE(COMPONENT "\1\x0b" MODULE_WITHOUT_START "\1\x0b" MODULE_WITH_START)));
    assert_true(has_start(SLICE(COMPONENT "\4\x15" COMPONENT "\1\x0b" MODULE_WITH_START)));
    assert_true(has_start(SLICE(COMPONENT "\1\x20" MODULE_WITHOUT_START)));
    assert_true(has_start(SLICE(COMPONENT "\1\x0a"
                                          "\0asm\1\0\0\0\x09\5")));
}

static bool is_whole(struct slice bytes)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    return wasm_sniff(bytes, &arena, &facts);
}

#define HEAD "\0asm\1\0\0\0"

static void lies_are_refused(void **state)
{
    (void)state;
    assert_false(is_whole(SLICE(HEAD "\1")));
    assert_false(is_whole(SLICE(HEAD "\1\5\0")));
    assert_false(is_whole(SLICE(HEAD "\1\xff\xff\xff\xff\x0f")));
    assert_false(is_whole(SLICE(HEAD "\2\5\xff\xff\xff\xff\x0f")));
    assert_false(is_whole(SLICE(HEAD "\2\6\1\1a\1b\7")));
    assert_false(is_whole(SLICE(HEAD "\3\2\5\0")));
    assert_false(is_whole(SLICE(HEAD "\5\2\1\0")));
    assert_true(is_whole(SLICE(HEAD "\2\7\1\1a\1b\0\0")));
    assert_true(is_whole(SLICE(HEAD "\5\3\1\0\1")));
}

static void a_64_bit_shared_memory_is_read(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    assert_true(wasm_sniff(SLICE(HEAD "\5\x0a\1\7\x80\x80\x80\x80\x20\xff\xff\x03"), &arena, &facts));
    assert_true(facts.memory_min_pages == UINT64_C(0x200000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contract_is_a_module),
        cmocka_unit_test(shapes_are_told_apart),
        cmocka_unit_test(a_start_section_is_found_however_deep),
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(a_64_bit_shared_memory_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
