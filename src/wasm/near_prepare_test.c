#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "wasm/near_prepare.h"
#include <stdio.h>
#include <string.h>

/* Outcomes measured on the reference VM crate near-vm-runner 0.38.0 (tests/vectors/near-vm/README.md). */
static void each_fault_is_the_networks(void **state)
{
    (void)state;
    AUTO(buf) struct buf file = {0};
    assert_null(fs_read("tests/vectors/near-vm/prepare.jsonl", 4 << 20, &file));
    size_t count = 0;
    for (struct slice rest = buf_slice(&file), line; rest.len > 0; count++) {
        AUTO(json) json_t *vector = NULL;
        AUTO(buf) struct buf wasm = {0};
        AUTO(buf) struct buf out = {0};
        rest = slice_cut(rest, '\n', &line);
        assert_null(json_doc_parse(line, &vector));
        assert_true(hex_decode_append(json_doc_text(json_object_get(vector, "wasm")), &wasm, NULL));
        const char *fault = near_fault_name(near_prepare(buf_slice(&wasm), &out));
        if (strcmp(fault, json_string_value(json_object_get(vector, "fault"))) != 0)
            fail_msg("%s: %s", json_string_value(json_object_get(vector, "name")), fault);
    }
    assert_true(count > 100);
    printf("compared: %zu modules that are prepared or refused with what near-vm-runner 0.38.0 says of them, 0 differ\n",
           count);
}

static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
static const uint8_t one_type[] = {1, 4, 1, 0x60, 0, 0};

static void append_section(struct buf *out, uint8_t id, struct slice content)
{
    buf_append_byte(out, id);
    for (size_t len = content.len;; len >>= 7) {
        buf_append_byte(out, (uint8_t)((len & 0x7f) | (len > 0x7f ? 0x80 : 0)));
        if (len <= 0x7f)
            break;
    }
    buf_append(out, content);
}

static void append_u32(struct buf *out, uint32_t v)
{
    for (;; v >>= 7) {
        buf_append_byte(out, (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
        if (v <= 0x7f)
            return;
    }
}

/* One function whose body is `code` and `end`. */
static void make_module(struct buf *out, struct slice code)
{
    AUTO(buf) struct buf section = {0};
    buf_append(out, slice_from(head, sizeof head));
    buf_append(out, slice_from(one_type, sizeof one_type));
    append_section(out, 3, SLICE("\1\0"));
    append_u32(&section, 1);
    append_u32(&section, (uint32_t)code.len + 2);
    buf_append_byte(&section, 0);
    buf_append(&section, code);
    buf_append_byte(&section, 0x0b);
    append_section(out, 10, buf_slice(&section));
}

static enum near_fault prepare_repeated(struct slice code, size_t times)
{
    AUTO(buf) struct buf body = {0};
    AUTO(buf) struct buf wasm = {0};
    AUTO(buf) struct buf out = {0};
    for (size_t i = 0; i < times; i++)
        buf_append(&body, code);
    make_module(&wasm, buf_slice(&body));
    return near_prepare(buf_slice(&wasm), &out);
}

static void a_body_has_a_longest_size(void **state)
{
    (void)state;
    assert_int_equal(prepare_repeated(SLICE("\1"), 196606), NEAR_OK);
    assert_int_equal(prepare_repeated(SLICE("\1"), 196607), NEAR_FUNCTION_BODY_TOO_LARGE);
}

static void blocks_are_counted_dead_or_alive(void **state)
{
    (void)state;
    assert_int_equal(prepare_repeated(SLICE("\2\x40\x0b"), 5000), NEAR_OK);
    assert_int_equal(prepare_repeated(SLICE("\2\x40\x0b"), 5001), NEAR_TOO_MANY_BLOCKS_PER_FUNCTION);
}

/* 60,000 open blocks and a table of branches to each: neither depth nor targets may cost more than their bytes. */
static void deep_nesting_is_walked_in_linear_time(void **state)
{
    (void)state;
    AUTO(buf) struct buf body = {0};
    AUTO(buf) struct buf wasm = {0};
    AUTO(buf) struct buf out = {0};
    for (size_t i = 0; i < 60000; i++)
        buf_append(&body, SLICE("\2\x40"));
    for (size_t i = 0; i < 60000; i++)
        buf_append_byte(&body, 0x0b);
    make_module(&wasm, buf_slice(&body));
    assert_int_equal(near_prepare(buf_slice(&wasm), &out), NEAR_TOO_MANY_BLOCKS_PER_FUNCTION);
}

static void every_cut_of_a_module_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    make_module(&wasm, SLICE("\x41\1\x1a"));
    for (size_t len = 0; len < wasm.len; len++) {
        AUTO(buf) struct buf out = {0};
        bool is_whole_sections = len == sizeof head || len == sizeof head + sizeof one_type;
        enum near_fault fault = near_prepare(slice_first(buf_slice(&wasm), len), &out);
        assert_int_equal(fault, is_whole_sections ? NEAR_OK : NEAR_DESERIALIZATION);
    }
}

static void a_lying_count_takes_no_memory(void **state)
{
    (void)state;
    static const uint8_t ids[] = {2, 3, 4, 5, 6, 7, 9, 11};
    for (size_t i = 0; i < sizeof ids; i++) {
        AUTO(buf) struct buf wasm = {0};
        AUTO(buf) struct buf out = {0};
        buf_append(&wasm, slice_from(head, sizeof head));
        append_section(&wasm, ids[i], SLICE("\xff\xff\xff\xff\x0f"));
        assert_int_equal(near_prepare(buf_slice(&wasm), &out), NEAR_DESERIALIZATION);
    }
}

/* 100 divisions and some data. The network writes more code than is written here, and stops at 16,773,310 bytes of data. */
static enum near_fault prepare_with_data(uint32_t data_len)
{
    AUTO(buf) struct buf code = {0};
    AUTO(buf) struct buf data = {0};
    AUTO(buf) struct buf wasm = {0};
    AUTO(buf) struct buf out = {0};
    for (int i = 0; i < 100; i++)
        buf_append(&code, SLICE("\x41\1\x41\1\x6e\x1a"));
    make_module(&wasm, buf_slice(&code));
    buf_append(&data, SLICE("\1\1")); /* one segment, passive */
    append_u32(&data, data_len);
    memset(buf_reserve(&data, data_len), 0, data_len);
    data.len += data_len;
    append_section(&wasm, 11, buf_slice(&data));
    return near_prepare(buf_slice(&wasm), &out);
}

static void the_networks_own_rewriting_has_a_longest_size(void **state)
{
    (void)state;
    enum { NETWORK_MAX = 16773309, NEARLY = 8 };
    assert_int_equal(prepare_with_data(NETWORK_MAX - NEARLY), NEAR_OK);
    assert_int_equal(prepare_with_data(NETWORK_MAX + NEARLY), NEAR_INSTRUMENTED_CODE_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_the_networks),
        cmocka_unit_test(a_body_has_a_longest_size),
        cmocka_unit_test(blocks_are_counted_dead_or_alive),
        cmocka_unit_test(deep_nesting_is_walked_in_linear_time),
        cmocka_unit_test(every_cut_of_a_module_is_refused),
        cmocka_unit_test(a_lying_count_takes_no_memory),
        cmocka_unit_test(the_networks_own_rewriting_has_a_longest_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
