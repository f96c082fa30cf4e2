#include "base/test.h"
#include "codec/attestation_record.h"
#include "codec/hex.h"
#include <string.h>

static struct attestation_record full(void)
{
    struct attestation_record r = {
        .chain = SLICE("devnet"),
        .contract = SLICE("outlayer.devnet"),
        .subject = ATTESTATION_REQUEST,
        .request_id = 7,
        .outcome = SLICE("completed"),
        .max_instructions = 1000000,
        .max_memory_mb = 128,
        .max_seconds = 60,
        .instructions = 1234,
        .time_ms = 5,
        .caller = SLICE("alice.devnet"),
        .project = SLICE("alice.devnet/app"),
        .secrets = SLICE("alice.devnet/default"),
        .block_height = 100,
        .time_s = 1767225600,
    };
    memset(r.code, 0xc0, sizeof r.code);
    memset(r.input, 0x11, sizeof r.input);
    memset(r.output, 0x22, sizeof r.output);
    memset(r.worker_key, 0xee, sizeof r.worker_key);
    return r;
}

static void test_what_was_written_is_read(void **state)
{
    (void)state;
    struct attestation_record r = full(), back;
    AUTO(buf) struct buf bytes = {0};
    attestation_record_write(&r, &bytes);
    assert_true(attestation_record_read(buf_slice(&bytes), &back));
    assert_true(slice_eq(back.chain, r.chain) && slice_eq(back.contract, r.contract) && slice_eq(back.caller, r.caller));
    assert_true(slice_eq(back.outcome, r.outcome) && slice_eq(back.project, r.project) && slice_eq(back.secrets, r.secrets));
    assert_int_equal(back.request_id, 7);
    assert_int_equal(back.time_s, r.time_s);
    assert_int_equal(back.block_height, 100);
    assert_int_equal(back.max_seconds, 60);
    assert_memory_equal(back.output, r.output, sizeof r.output);
    assert_memory_equal(back.worker_key, r.worker_key, sizeof r.worker_key);
}

/* docs/attestation.md shows this layout; a change of it is a new version. */
static void test_the_layout_is_fixed(void **state)
{
    (void)state;
    struct attestation_record r = full();
    AUTO(buf) struct buf bytes = {0};
    attestation_record_write(&r, &bytes);
    assert_int_equal(bytes.len, 311);
    assert_memory_equal(bytes.ptr, "OUTLAYER-RUN-v2\n\6\0\0\0devnet\x0f\0\0\0outlayer.devnet\1\7\0\0\0\0\0\0\0\xc0", 55);
    assert_memory_equal(bytes.ptr + bytes.len - 48, "\x64\0\0\0\0\0\0\0\x00\xb9\x55\x69\0\0\0\0\xee", 17);
}

static void test_a_call_has_its_id_in_the_place_of_the_request(void **state)
{
    (void)state;
    struct attestation_record r = full(), back;
    AUTO(buf) struct buf bytes = {0};
    r.subject = ATTESTATION_CALL;
    r.call_id = SLICE("6f1c");
    attestation_record_write(&r, &bytes);
    assert_true(attestation_record_read(buf_slice(&bytes), &back));
    assert_true(slice_eq_str(back.call_id, "6f1c"));
    assert_int_equal(back.request_id, 0);
}

static void test_whatever_is_cut_off_or_added_is_no_record(void **state)
{
    (void)state;
    struct attestation_record r = full(), back;
    AUTO(buf) struct buf bytes = {0};
    attestation_record_write(&r, &bytes);
    for (size_t len = 0; len < bytes.len; len++)
        assert_false(attestation_record_read(slice_from(bytes.ptr, len), &back));
    buf_append_byte(&bytes, 0);
    assert_false(attestation_record_read(buf_slice(&bytes), &back));
}

static void test_another_tag_subject_or_a_long_text_is_no_record(void **state)
{
    (void)state;
    struct attestation_record r = full(), back;
    char text[ATTESTATION_TEXT_MAX + 1];
    memset(text, 'a', sizeof text);
    AUTO(buf) struct buf bytes = {0};
    attestation_record_write(&r, &bytes);
    bytes.ptr[14] = '1';
    assert_false(attestation_record_read(buf_slice(&bytes), &back));
    bytes.ptr[14] = '2';
    bytes.ptr[45] = 3;
    assert_false(attestation_record_read(buf_slice(&bytes), &back));
    buf_clear(&bytes);
    r.project = slice_from(text, ATTESTATION_TEXT_MAX);
    attestation_record_write(&r, &bytes);
    assert_true(attestation_record_read(buf_slice(&bytes), &back));
    buf_clear(&bytes);
    r.project = slice_from(text, sizeof text);
    attestation_record_write(&r, &bytes);
    assert_false(attestation_record_read(buf_slice(&bytes), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),
        cmocka_unit_test(test_the_layout_is_fixed),
        cmocka_unit_test(test_a_call_has_its_id_in_the_place_of_the_request),
        cmocka_unit_test(test_whatever_is_cut_off_or_added_is_no_record),
        cmocka_unit_test(test_another_tag_subject_or_a_long_text_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
