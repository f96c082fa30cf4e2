#include "base/test.h"
#include "codec/hex.h"
#include "tee/attestation/v1.h"
#include <string.h>

#define RANDOM_ARK  "45070a47cb68e4a4a80cef011fbc16cd625b6f6423d9652b4f387dbdc06fccff"
#define WEATHER_ARK "788e865fffddb333cf36c29b7f2251a9c3c4da8306e5527d2b1e8c7045ec4ff0"

/* The first four are records that the existing network published, with the hash in their quotes' report data; the others are made up and were computed with Python's
 * hashlib. */
static const struct {
    struct attestation_v1 record;
    const char *hash;
} vectors[] = {
    {{.task_type = SLICE("execute"),
      .task_id = 205123,
      .repo = SLICE("https://github.com/zavodil/random-ark"),
      .commit = SLICE("main"),
      .build_target = SLICE("wasm32-wasip1"),
      .wasm_hash = SLICE(RANDOM_ARK),
      .input_hash = SLICE("0cf36617a12e749a9875f4527b96c750cb3c64aae7e981627930c04b3f74162a"),
      .output_hash = SLICE("82b2b42f1755c0e200fdcedbde8ca04d358c2a31177df5f5609123e8810560df"),
      .has_block_height = true,
      .block_height = 209012631,
      .caller = SLICE("humblemee.near"),
      .secrets = SLICE("humblemee.near/humble"),
      .timestamp = 1785309658,
      .attached_usd = SLICE("0")},
     "7d19e4dcb6e3b36ff6f5e62580224e956fec8adac57e54156befc2c263c57efe"},
    {{.task_type = SLICE("execute"),
      .task_id = 2008,
      .repo = SLICE("https://github.com/zavodil/weather-ark"),
      .commit = SLICE("main"),
      .build_target = SLICE("wasm32-wasip2"),
      .wasm_hash = SLICE(WEATHER_ARK),
      .input_hash = SLICE("48592c499d13432c061534fafc8e6bd6353aeec799e6264a915805f3718344b0"),
      .output_hash = SLICE("ca6e60c897ffa2b10211bb75e5e7cfa2f8ddc0ab1727097e35b383c1ea919a29"),
      .has_block_height = true,
      .block_height = 261245882,
      .caller = SLICE("maguila.testnet"),
      .secrets = SLICE("zavodil2.testnet/default"),
      .timestamp = 1785196543,
      .attached_usd = SLICE("0")},
     "1b91f4f71b77abae936bf0003fd07bf9f7d2c52195aca2f623aa2e78607eb1b1"},
    {{.task_type = SLICE("execute"),
      .task_id = 221092,
      .build_target = SLICE("wasm32-wasip2"),
      .wasm_hash = SLICE("3ff2c6fb9241ad4f5a3a40298b78d68b4da31b6760ecea3d5253579ec33809e7"),
      .input_hash = SLICE("832f0aa124f7f4c39c5b47e370680356c0ec105a4df232ea1cb91bf2954e6f2f"),
      .output_hash = SLICE("7c27847fa9387d25f5f459ddb9e55423a8cf53ef724eb93286d2f369d093e1c5"),
      .caller = SLICE("ref-labs.near"),
      .project = SLICE("price-oracle.near/price-oracle"),
      .secrets = SLICE("price-oracle.near/oracle"),
      .timestamp = 1785490592,
      .attached_usd = SLICE("0")},
     "fb894ba0011caafe2427f7d4ea88cd4e92ca6123e63beea9fbc2467ed8e1b232"},
    {{.task_type = SLICE("execute"), /* before the cut: caller and time are not covered */
      .task_id = 500,
      .build_target = SLICE("wasm32-wasip2"),
      .wasm_hash = SLICE("ddaa9df2d989b311289dd1d7af19611a24b03180cd66d46d171d16f28f7fb94b"),
      .input_hash = SLICE("0a7d71085812f8eff09d42240cac5f8ccb88d851e25c76c3270d96e0d22df88a"),
      .output_hash = SLICE("9e8427241137bb0c28575777378aed63218f2f554c2bef0cfac7b25b0316b4fb"),
      .has_block_height = true,
      .block_height = 183384885,
      .caller = SLICE("somebody.near"),
      .timestamp = 1769781716},
     "ff60d3fa7acf5d8da64844dea25de7e056732a9c74a43a0efcd923a817973755"},
    {{.task_type = SLICE("execute"),
      .task_id = 7,
      .build_target = SLICE("wasm32-wasip2"),
      .wasm_hash = SLICE("0000000000000000000000000000000000000000000000000000000000000000"),
      .input_hash = SLICE("2bfd14f43d17fc7cea24e0917a8879b4b2f880b8baeec1b9d90fbaad655e71bd"),
      .output_hash = SLICE("c48b5b1a9776c84602de2306d7903a7241158a5077e7a8519af75c33441b8334"),
      .caller = SLICE("alice.near"),
      .project = SLICE("alice.near/app"),
      .secrets = SLICE("alice.near/default"),
      .timestamp = 1770000000,
      .attached_usd = SLICE("0")},
     "8d51746a94be58364949a03024b321940bbff4c11e4c79a7b3fedf5d95ac4888"},
    {{.task_type = SLICE("compile"),
      .task_id = 6,
      .repo = SLICE("https://github.com/u/r"),
      .commit = SLICE("main"),
      .build_target = SLICE("wasm32-wasip1"),
      .output_hash = SLICE("274d1a113f026e106d833aa9c7c8e99e06744191f91e70406080aa049119192e"),
      .has_block_height = true,
      .block_height = 100,
      .caller = SLICE("alice.near"),
      .timestamp = 1770000000},
     "179fda57f29fabd9ada5c760a3a811ba856a5ebdd07d75b27e0320209730a8d7"},
};

static void test_hashes_of_published_and_made_up_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char hex[HASH_HEX_MAX];
        struct hash h = attestation_v1_hash(&vectors[i].record);
        assert_string_equal(hash_hex(&h, hex), vectors[i].hash);
    }
}

static void test_the_second_half_of_the_report_data_is_zero(void **state)
{
    (void)state;
    uint8_t data[REPORT_DATA_LEN], wanted[REPORT_DATA_LEN] = {0};
    assert_true(hex_decode(slice_str(vectors[0].hash), wanted, HASH_LEN, NULL));
    attestation_v1_report_data(&vectors[0].record, data);
    assert_memory_equal(data, wanted, sizeof wanted);
}

static void test_a_coordinators_record_is_read(void **state)
{
    (void)state;
    AUTO(json) json_t *record = NULL;
    struct attestation_v1 a;
    assert_ok(
        json_doc_parse(SLICE("{\"task_id\":7,\"task_type\":\"execute\",\"request_id\":null,\"build_target\":\"wasm32-wasip2\","
                             "\"wasm_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\","
                             "\"input_hash\":\"2bfd14f43d17fc7cea24e0917a8879b4b2f880b8baeec1b9d90fbaad655e71bd\","
                             "\"output_hash\":\"c48b5b1a9776c84602de2306d7903a7241158a5077e7a8519af75c33441b8334\","
                             "\"caller_account_id\":\"alice.near\",\"project_id\":\"alice.near/app\","
                             "\"secrets_ref\":\"alice.near/default\",\"block_height\":null,\"timestamp\":1770000000,"
                             "\"attached_usd\":\"0\"}"),
                       &record));
    assert_ok(attestation_v1_read(record, &a));
    char hex[HASH_HEX_MAX];
    struct hash h = attestation_v1_hash(&a);
    assert_string_equal(hash_hex(&h, hex), vectors[4].hash);
}

static void test_a_record_without_what_it_must_have_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"task_type", "output_hash", "task_id", "timestamp"};
    for (size_t i = 0; i < 4; i++) {
        struct attestation_v1 a;
        AUTO(json) json_t *record =
            json_pack("{ss ss si si}", "task_type", "execute", "output_hash", "", "task_id", 1, "timestamp", 1);
        assert_ok(attestation_v1_read(record, &a));
        json_object_del(record, names[i]);
        AUTO(err) struct err *e = attestation_v1_read(record, &a);
        assert_non_null(e);
        assert_non_null(strstr(err_text(e), names[i]));
    }
}

static void assert_output_hash(const char *json, const char *of_text)
{
    struct hash got, wanted = hash_sha256(slice_str(of_text));
    assert_ok(attestation_v1_output_hash(slice_str(json), &got));
    assert_true(hash_eq(&got, &wanted));
}

static void test_outputs_are_hashed_as_canonical_json(void **state)
{
    (void)state;
    struct hash h;
    char hex[HASH_HEX_MAX];
    assert_ok(attestation_v1_output_hash(SLICE("\"ok\""), &h));
    assert_string_equal(hash_hex(&h, hex), "c48b5b1a9776c84602de2306d7903a7241158a5077e7a8519af75c33441b8334");
    assert_output_hash("{\"b\": 1.50, \"a\": [1e20, -0]}", "{\"a\":[1e+20,-0.0],\"b\":1.5}");
    AUTO(err) struct err *e = attestation_v1_output_hash(SLICE("{"), &h);
    assert_int_equal(err_code(e), ERR_INVALID);
}

static void test_failures_have_fixed_hashes(void **state)
{
    (void)state;
    char hex[HASH_HEX_MAX];
    struct hash chain = attestation_v1_failed_hash(true), call = attestation_v1_failed_hash(false);
    assert_string_equal(hash_hex(&chain, hex), "27763d31b47cd269bbcfbf1c53c43a80df7b79d64c83d679c484962b0aeffae1");
    assert_string_equal(hash_hex(&call, hex), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_of_published_and_made_up_records),
        cmocka_unit_test(test_the_second_half_of_the_report_data_is_zero),
        cmocka_unit_test(test_a_coordinators_record_is_read),
        cmocka_unit_test(test_a_record_without_what_it_must_have_is_refused),
        cmocka_unit_test(test_outputs_are_hashed_as_canonical_json),
        cmocka_unit_test(test_failures_have_fixed_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
