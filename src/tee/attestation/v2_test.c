#include "base/test.h"
#include "tee/attestation/v2.h"
#include <string.h>

static uint8_t secret[ED25519_SECRET_LEN];

static struct attestation_record record_of(uint64_t request_id)
{
    static const uint8_t seed[ED25519_SEED_LEN] = "a worker key of the tests";
    struct attestation_record r = {.chain = SLICE("devnet"),
                                   .contract = SLICE("outlayer.devnet"),
                                   .subject = ATTESTATION_REQUEST,
                                   .request_id = request_id,
                                   .outcome = SLICE("completed"),
                                   .caller = SLICE("alice.devnet"),
                                   .time_s = 1767225600};
    memset(r.code, 1, sizeof r.code);
    ed25519_from_seed(seed, r.worker_key, secret);
    return r;
}

static void sign(uint64_t request_id, struct attestation_v2 *out)
{
    struct attestation_record r = record_of(request_id);
    attestation_v2_sign(&r, secret, out);
}

static void test_a_signed_record_checks(void **state)
{
    (void)state;
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    struct attestation_record r;
    sign(7, &a);
    assert_true(attestation_v2_check(&a, &r));
    assert_int_equal(r.request_id, 7);
}

static void test_no_bit_of_record_or_signature_can_be_another(void **state)
{
    (void)state;
    AUTO(attestation_v2) struct attestation_v2 a = {0};
    struct attestation_record r;
    sign(7, &a);
    for (size_t bit = 0; bit < 8 * a.record.len; bit++) {
        a.record.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(attestation_v2_check(&a, &r));
        a.record.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof a.signature; bit++) {
        a.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(attestation_v2_check(&a, &r));
        a.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(attestation_v2_check(&a, &r));
}

/* Three records in one batch; each is led to the same report data. */
static void test_records_of_a_batch_share_its_report_data(void **state)
{
    (void)state;
    struct attestation_v2 batch[3] = {0};
    struct hash leaves[3];
    uint8_t wanted[REPORT_DATA_LEN], got[REPORT_DATA_LEN];
    for (size_t i = 0; i < 3; i++) {
        sign(i, &batch[i]);
        leaves[i] = merkle_leaf(buf_slice(&batch[i].record));
    }
    struct hash root = merkle_root(leaves, 3);
    attestation_batch_report_data(&root, 3, wanted);
    assert_memory_equal(wanted + 32, ATTESTATION_BATCH_TAG, 32);
    for (size_t i = 0; i < 3; i++) {
        assert_false(attestation_v2_report_data(&batch[i], got));
        batch[i].has_batch = true;
        merkle_prove(leaves, 3, i, &batch[i].path);
        assert_true(attestation_v2_report_data(&batch[i], got));
        assert_memory_equal(got, wanted, sizeof wanted);
        batch[i].record.ptr[40] ^= 1;
        assert_true(attestation_v2_report_data(&batch[i], got));
        assert_memory_not_equal(got, wanted, 32);
        attestation_v2_free(&batch[i]);
    }
}

static void test_the_number_of_records_is_covered(void **state)
{
    (void)state;
    uint8_t one[REPORT_DATA_LEN], two[REPORT_DATA_LEN];
    struct hash root = {{1}};
    attestation_batch_report_data(&root, 1, one);
    attestation_batch_report_data(&root, 2, two);
    assert_memory_not_equal(one, two, 32);
}

static struct err *read_text(const char *text, struct attestation_v2 *out)
{
    AUTO(json) json_t *doc = NULL;
    TRY(json_doc_parse(slice_str(text), &doc));
    return attestation_v2_read(doc, out);
}

static void test_json_and_back(void **state)
{
    (void)state;
    AUTO(attestation_v2) struct attestation_v2 a = {.has_batch = true};
    AUTO(attestation_v2) struct attestation_v2 b = {0};
    AUTO(buf) struct buf text = {0};
    struct hash leaves[2] = {{{1}}, {{2}}};
    struct attestation_record r;
    sign(9, &a);
    merkle_prove(leaves, 2, 1, &a.path);
    buf_append_str(&a.quote, "a quote");
    attestation_v2_write(&a, &text);
    assert_ok(read_text(buf_str(&text), &b));
    assert_true(attestation_v2_check(&b, &r));
    assert_int_equal(b.path.index, 1);
    assert_int_equal(b.path.step_count, 1);
    assert_true(hash_eq(&b.path.steps[0], &leaves[0]));
    assert_true(slice_eq(buf_slice(&a.quote), buf_slice(&b.quote)));
}

static void test_malformed_json_names_the_member(void **state)
{
    (void)state;
#define SIGNATURE                                                      \
    "0000000000000000000000000000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000000000"
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"version\":1}", "an attestation of version 1, expected 2"},
        {"{\"version\":2,\"record\":\"=\"}", "member `record` is not base64 of at most 4096 bytes"},
        {"{\"version\":2,\"record\":\"\",\"signature\":\"00\"}", "member `signature` is not 128 hex digits"},
        {"{\"version\":2,\"record\":\"\",\"signature\":\"" SIGNATURE "\",\"batch\":1}",
         "member `batch` is neither an object nor null"},
        {"{\"version\":2,\"record\":\"\",\"signature\":\"" SIGNATURE "\",\"batch\":{\"index\":0,\"count\":1,\"path\":[\"\"]}}",
         "item 0 of `path` is no SHA-256 in hex"},
        {"{\"version\":2,\"record\":\"\",\"signature\":\"" SIGNATURE "\",\"batch\":{\"index\":0,\"count\":1,\"path\":3}}",
         "member `path` is no list of at most 32 hashes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(attestation_v2) struct attestation_v2 a = {0};
        assert_fails(read_text(cases[i].json, &a), ERR_INVALID, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signed_record_checks),
        cmocka_unit_test(test_no_bit_of_record_or_signature_can_be_another),
        cmocka_unit_test(test_records_of_a_batch_share_its_report_data),
        cmocka_unit_test(test_the_number_of_records_is_covered),
        cmocka_unit_test(test_json_and_back),
        cmocka_unit_test(test_malformed_json_names_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
