#include "base/fs.h"
#include "base/test.h"
#include "codec/hex.h"
#include "crypto/keccak.h"
#include "tee/event_log/event_log.h"
#include <string.h>

#define LOG(events) "[" events "]"
#define APP_ID_EVENT                                                                   \
    "{\"imr\":3,\"event_type\":134217729,\"digest\":"                                  \
    "\"8afd336904cd928ad9bd019a89b31b387673ea9b07e82bb30fb9a65c80bb358548eb47ed2c57b8" \
    "044a6e1f1533af243f\",\"event\":\"app-id\",\"event_payload\":\"000102030405060708090a0b0c0d0e0f10111213\"}"
#define COMPOSE_EVENT                                                                  \
    "{\"imr\":3,\"event_type\":134217729,\"digest\":"                                  \
    "\"995fc2d1e40be2686664a113a203d59c8c8060131a18acf7037004278c8829be49e07562a72766" \
    "b621c8c1009ddd58f1\",\"event\":\"compose-hash\",\"event_payload\":"               \
    "\"5c7cdc25294eea469831a8a4d0070ba8d984a2d01ac4bcf0b502a0e5e5fe6"                  \
    "e96\"}"
#define BOOTED_EVENT                                                                   \
    "{\"imr\":3,\"event_type\":134217729,\"digest\":"                                  \
    "\"98bd7e6bd3952720b65027fd494834045d06b4a714bf737a06b874638b3ea00ff402f7f583e3e3" \
    "b05e921c8570433ac6\",\"event\":\"boot-mr-done\",\"event_payload\":\"\"}"
#define SHORT_APP_ID_EVENT                                                             \
    "{\"imr\":3,\"event_type\":134217729,\"digest\":"                                  \
    "\"e3c3f3f3c458d501fd05ccd8fa0bfd4faa50964c3b306c2541373624cbf6f9212fb3cb235f64aa" \
    "c0a5ceaa8d8f504f8f\",\"event\":\"app-id\",\"event_payload\":\"000102030405060708090a0b0c0d0e0f101112\"}"

static void assert_hex(const uint8_t *bytes, size_t len, const char *wanted)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, slice_from(bytes, len));
    assert_string_equal(buf_str(&text), wanted);
}

/* tests/fuzz/corpus/event_log_fuzz/good: a boot in dstack's order with digests of both versions, made with Python's hashlib. */
static void test_registers_and_names_of_a_boot(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    AUTO(event_log) struct event_log log = {0};
    assert_ok(fs_read("tests/fuzz/corpus/event_log_fuzz/good", EVENT_LOG_MAX, &text));
    assert_ok(event_log_replay(buf_slice(&text), &log));
    assert_hex(log.rtmr[0], MEASUREMENT_LEN,
               "c7304e0aec48bbbc703c099b425485b7a60e19b6a83630b0fb558ce2f02ec41e4cdf205335b4b613b3537ad83eb62262");
    assert_hex(log.rtmr[3], MEASUREMENT_LEN,
               "eb1df5820e764b0ff0f906c732569bd78df61d7a69206760e3096723f237531a4fb1071003eb75d2e11f2ff9ef070d65");
    assert_true(log.has_app_id && log.has_compose_hash && log.has_instance_id && log.booted && !log.has_os_image_hash);
    assert_hex(log.app_id, APP_ID_LEN, "000102030405060708090a0b0c0d0e0f10111213");
    assert_hex(log.instance_id, APP_ID_LEN, "6465666768696a6b6c6d6e6f7071727374757677");
    struct hash compose = compose_hash(SLICE("{\"name\":\"app\"}"));
    assert_true(hash_eq(&log.compose_hash, &compose));
    assert_string_equal(buf_str(&log.key_provider), "{\"name\":\"kms\",\"id\":\"00\"}");
}

static void test_an_empty_log_leaves_the_registers_zero(void **state)
{
    (void)state;
    static const uint8_t zeros[MEASUREMENT_LEN];
    AUTO(event_log) struct event_log log = {0};
    assert_ok(event_log_replay(SLICE("[]"), &log));
    for (size_t i = 0; i < EVENT_LOG_REGISTERS; i++)
        assert_memory_equal(log.rtmr[i], zeros, sizeof zeros);
}

static void test_hostile_logs_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *log, *text;
    } cases[] = {
        {"{}", "an event log is an array of events"},
        {LOG(APP_ID_EVENT "," APP_ID_EVENT), "event 1: `app-id` occurs twice"},
        {LOG(APP_ID_EVENT "," BOOTED_EVENT "," COMPOSE_EVENT),
         "event 2: `compose-hash` stands after boot-mr-done, where the application itself may have put it"},
        {LOG(BOOTED_EVENT "," BOOTED_EVENT), "event 1: `boot-mr-done` occurs twice"},
        {LOG(SHORT_APP_ID_EVENT), "event 0: `app-id` is 19 bytes, expected 20"},
        {LOG("{\"imr\":4,\"event_type\":1,\"digest\":\"\"}"), "event 0: register 4 or type 1 does not exist"},
        {LOG("{\"imr\":0,\"event_type\":1,\"digest\":\"00\"}"), "event 0: `digest` is not 96 hex digits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(event_log) struct event_log log = {0};
        assert_fails(event_log_replay(slice_str(cases[i].log), &log), ERR_INVALID, cases[i].text);
    }
}

static void test_a_changed_payload_name_or_digest_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put;
    } changes[] = {{"0001020304", "ff01020304"}, {"\"app-id\"", "\"app-iD\""}, {"8afd", "8afe"}, {"134217729", "134217730"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        AUTO(event_log) struct event_log log = {0};
        char text[] = LOG(APP_ID_EVENT);
        char *at = strstr(text, changes[i].find);
        memcpy(at, changes[i].put, strlen(changes[i].put));
        AUTO(err) struct err *e = event_log_replay(slice_str(text), &log);
        assert_non_null(e);
        assert_non_null(strstr(err_text(e), "the digest is not that of"));
    }
}

static void test_app_id_is_the_start_of_the_compose_hash(void **state)
{
    (void)state;
    struct hash compose = compose_hash(SLICE("{\"name\":\"app\"}"));
    uint8_t app_id[APP_ID_LEN];
    compose_app_id(&compose, app_id);
    assert_hex(app_id, APP_ID_LEN, "5c7cdc25294eea469831a8a4d0070ba8d984a2d0");
}

static void test_the_forms_of_mr_config_id(void **state)
{
    (void)state;
    uint8_t id[MEASUREMENT_LEN];
    struct mr_config c = {.form = MR_CONFIG_COMPOSE, .compose_hash = compose_hash(SLICE("{\"name\":\"app\"}"))};
    mr_config_id(&c, id);
    assert_hex(id, MEASUREMENT_LEN,
               "015c7cdc25294eea469831a8a4d0070ba8d984a2d01ac4bcf0b502a0e5e5fe6e96000000000000000000000000000000");
    c.form = MR_CONFIG_DOCUMENT;
    c.document = SLICE("{\"a\":1}");
    mr_config_id(&c, id);
    assert_hex(id, MEASUREMENT_LEN,
               "03131907436f6da6403b4c7c946d374528b04c11c607992c070dc64fbdeae8eab9000000000000000000000000000000");
    c.form = MR_CONFIG_APP;
    c.key_provider = 2;
    c.key_provider_id = SLICE("kms");
    mr_config_id(&c, id);
    uint8_t preimage[32 + 20 + 1 + 3] = {0}, wanted[32];
    memcpy(preimage, c.compose_hash.bytes, 32);
    memcpy(preimage + 52, "\2kms", 4);
    keccak(slice_from(preimage, sizeof preimage), wanted, sizeof wanted);
    assert_int_equal(id[0], 2);
    assert_memory_equal(id + 1, wanted, sizeof wanted);
    c.form = MR_CONFIG_NONE;
    mr_config_id(&c, id);
    assert_int_equal(id[0] | id[1] | id[47], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers_and_names_of_a_boot),
        cmocka_unit_test(test_an_empty_log_leaves_the_registers_zero),
        cmocka_unit_test(test_hostile_logs_are_refused_by_name),
        cmocka_unit_test(test_a_changed_payload_name_or_digest_is_found),
        cmocka_unit_test(test_app_id_is_the_start_of_the_compose_hash),
        cmocka_unit_test(test_the_forms_of_mr_config_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
