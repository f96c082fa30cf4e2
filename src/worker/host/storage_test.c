/* near:storage against stand-ins for keystore and coordinator (storage_peers_fake.h). */
#include "worker/host/storage_peers_fake.h"

static struct host_fixture f;

static int set_up(void **state)
{
    (void)state;
    host_fixture_open(&f);
    fake_start(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_stop();
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    fake_clear_all();
    f.id = (struct host_identity){
        .project_uuid = SLICE("p0123456789abcdef"), .wasm_hash = SLICE("aa11"), .account = SLICE("alice.near")};
    return 0;
}

static void what_is_set_is_there_until_it_is_deleted(void **state)
{
    (void)state;
    assert_string_equal(complete(&f,
                                 "storage_get\tk\nstorage_has\tk\nstorage_set\tk\tone\nstorage_has\tk\nstorage_get\tk\n"
                                 "storage_set\tk\ttwo\nstorage_get\tk\nstorage_delete\tk\nstorage_delete\tk\nstorage_get\tk\n"),
                        "ok \nfalse\nok \ntrue\nok one\nok \nok two\ntrue\nfalse\nok \n");
    assert_int_equal(fake.count, 0);
}

static void accounts_and_projects_do_not_meet(void **state)
{
    (void)state;
    complete(&f, "storage_set\tk\talice's\n");
    f.id.account = SLICE("bob.near");
    assert_string_equal(complete(&f, "storage_get\tk\nstorage_list_keys\t\n"), "ok \nok []\n");
    f.id.account = SLICE("alice.near");
    f.id.project_uuid = SLICE("pffffffffffffffff");
    assert_string_equal(complete(&f, "storage_get\tk\n"), "ok \n");
}

static void conditional_writes_compare_what_the_program_sees(void **state)
{
    (void)state;
    assert_string_equal(
        complete(&f, "storage_set_if_absent\tk\tone\nstorage_set_if_absent\tk\ttwo\nstorage_get\tk\n"
                     "storage_set_if_equals\tk\tother\tthree\nstorage_set_if_equals\tk\tone\tthree\nstorage_get\tk\n"
                     "storage_set_if_equals\tmissing\t\tx\n"),
        "ok true \nok false \nok one\nok false one\nok true \nok three\nok false \n");
    fake.conflicts = 1; /* somebody else was faster between reading and writing */
    assert_string_equal(complete(&f, "storage_set_if_equals\tk\tthree\tfour\n"), "ok false three\n");
}

static void counters_count_under_contention(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "storage_increment\tn\t5\nstorage_increment\tn\t-2\nstorage_decrement\tn\t4\n"),
                        "ok 5 \nok 3 \nok -1 \n");
    fake.conflicts = 4;
    assert_string_equal(complete(&f, "storage_increment\tn\t1\n"), "ok 0 \n");
    fake.conflicts = 5;
    assert_string_equal(complete(&f, "storage_increment\tn\t1\n"), "error 0 increment: max retries (5) exceeded for key=n\n");
    fake.conflicts = 2; /* of a missing one, insertion is what comes too late */
    assert_string_equal(complete(&f, "storage_increment\tfresh\t7\n"), "ok 7 \n");
}

static void counters_that_are_none_are_named(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "storage_set\tn\tabc\nstorage_increment\tn\t1\n"),
                        "ok \nerror 0 increment: invalid value format, expected 8 bytes (i64), got 3\n");
    assert_string_equal(complete(&f, "storage_increment\tm\t9223372036854775807\nstorage_increment\tm\t1\n"
                                     "storage_decrement\tm\t-9223372036854775808\n"),
                        "ok 9223372036854775807 \nerror 0 increment: overflow\nerror 0 increment: overflow\n");
}

static void cells_of_the_worker_can_be_public(void **state)
{
    (void)state;
    f.id.account = (struct slice){0}; /* they belong to no account */
    assert_string_equal(complete(&f, "storage_set_worker\topen\tfor all\tpublic\nstorage_set_worker\tclosed\tmine\tprivate\n"
                                     "storage_get_worker\topen\nstorage_get_worker\tclosed\n"),
                        "ok \nok \nok for all\nok mine\n");
    f.id.project_uuid = SLICE("pffffffffffffffff");
    assert_string_equal(complete(&f,
                                 "storage_get_worker\topen\tp0123456789abcdef\nstorage_get_worker\tclosed\tp0123456789abcdef\n"
                                 "storage_get_worker\tmissing\tp0123456789abcdef\n"),
                        "ok for all\n"
                        "error Storage key 'closed' in project 'p0123456789abcdef' is not public (encrypted)\n"
                        "ok \n");
}

static void versions_have_their_own_rows(void **state)
{
    (void)state;
    complete(&f, "storage_set\told\t1\n");
    f.id.wasm_hash = SLICE("bb22");
    assert_string_equal(complete(&f,
                                 "storage_set\tnew\t2\nstorage_get_by_version\told\taa11\nstorage_get_by_version\told\tbb22\n"
                                 "storage_clear_version\taa11\nstorage_list_keys\t\nstorage_clear_all\nstorage_list_keys\t\n"),
                        "ok \nok 1\nok \nok \nok [\"new\"]\nok \nok []\n");
}

static void a_cleared_version_is_this_projects_alone(void **state)
{
    (void)state;
    complete(&f, "storage_set\tk\tfirst\n");
    f.id.project_uuid = SLICE("pffffffffffffffff");
    complete(&f, "storage_set\tk\tsecond\nstorage_clear_version\taa11\n");
    f.id.project_uuid = SLICE("p0123456789abcdef");
    assert_string_equal(complete(&f, "storage_get\tk\n"), "ok first\n");
}

static void keys_are_listed_to_the_last_page(void **state)
{
    (void)state;
    for (int pages = 0; pages < 2; pages++) {
        fake_clear_all();
        fake.pages = pages;
        for (unsigned i = 0; i < 1200; i++) {
            char key[24], project[] = "p0123456789abcdef";
            snprintf(key, sizeof key, "%s-%04u", i % 400 ? "b" : "a", i);
            struct hash hash = hash_sha256(slice_str(key));
            char hex[HASH_HEX_MAX];
            AUTO(json) json_t *plain = json_pack("{s:s,s:s,s:s,s:s}", "project_uuid", project, "account_id", "alice.near",
                                                 "key", key, "value_base64", "");
            AUTO(json) json_t *sealed = fake_encrypt(plain);
            AUTO(buf) struct buf bytes = {0};
            AUTO(json) json_t *array = json_array();
            assert_true(base64_decode(slice_str(fake_str(sealed, "encrypted_key_base64")), &bytes, NULL));
            for (size_t b = 0; b < bytes.len; b++)
                json_array_append_new(array, json_integer(bytes.ptr[b]));
            json_object_set_new(plain, "key_hash", json_string(hash_hex(&hash, hex)));
            json_object_set(plain, "encrypted_key", array);
            json_object_set(plain, "encrypted_value", array);
            fake_put(plain, "encrypted_key", "encrypted_value");
        }
        assert_string_equal(complete(&f, "storage_list_keys\ta-\n"), "ok [\"a-0000\",\"a-0400\",\"a-0800\"]\n");
    }
}

static void bounds_are_named(void **state)
{
    (void)state;
    AUTO(buf) struct buf script = {0};
    buf_append_str(&script, "storage_get\t");
    for (int i = 0; i < 1025; i++)
        buf_append_byte(&script, 'k');
    assert_string_equal(complete(&f, buf_str(&script)), "error Storage takes keys of at most 1024 bytes, this one has 1025\n");
    assert_int_equal(fake.requests, 0);
    assert_says(complete(&f, "times\t1000\tstorage_has\tk\nstorage_get\tk\n"),
                "false\nerror Storage rate limit exceeded: 1000 calls (max: 1000)\n");
    f.id.account = (struct slice){0};
    assert_string_equal(complete(&f, "storage_get\tk\n"),
                        "error Storage needs to know who pays for this run, and nobody is named\n");
}

static void faults_of_the_peers_are_told(void **state)
{
    (void)state;
    complete(&f, "storage_set\tk\tv\n");
    fake.keystore_status = 503;
    assert_string_equal(complete(&f, "storage_set\tk\tw\nstorage_get\tk\nstorage_list_keys\t\n"),
                        "error Keystore encrypt failed: 503 - {\"error\":\"the keystore's reason\"}\n"
                        "error Keystore decrypt failed: 503 - {\"error\":\"the keystore's reason\"}\n"
                        "ok []\n");
    struct host_peer peer = f.config.coordinator;
    f.config.coordinator.url = "http://127.0.0.1:1";
    assert_string_equal(complete(&f, "storage_get\tk\nstorage_has\tk\nstorage_clear_all\n"),
                        "error Storage get failed: no answer\nfalse\nerror Storage clear-all failed: no answer\n");
    f.config.coordinator = peer;
}

static void without_a_project_there_is_none(void **state)
{
    (void)state;
    f.id.project_uuid = (struct slice){0};
    assert_says(complete(&f, "storage_get\tk\n"), "error WASM imports `near:storage/api` but storage is not configured.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_set_is_there_until_it_is_deleted, fresh),
        cmocka_unit_test_setup(accounts_and_projects_do_not_meet, fresh),
        cmocka_unit_test_setup(conditional_writes_compare_what_the_program_sees, fresh),
        cmocka_unit_test_setup(counters_count_under_contention, fresh),
        cmocka_unit_test_setup(counters_that_are_none_are_named, fresh),
        cmocka_unit_test_setup(cells_of_the_worker_can_be_public, fresh),
        cmocka_unit_test_setup(versions_have_their_own_rows, fresh),
        cmocka_unit_test_setup(a_cleared_version_is_this_projects_alone, fresh),
        cmocka_unit_test_setup(keys_are_listed_to_the_last_page, fresh),
        cmocka_unit_test_setup(bounds_are_named, fresh),
        cmocka_unit_test_setup(faults_of_the_peers_are_told, fresh),
        cmocka_unit_test_setup(without_a_project_there_is_none, fresh),
    };
    return cmocka_run_group_tests_name("near:storage", tests, set_up, tear_down);
}
