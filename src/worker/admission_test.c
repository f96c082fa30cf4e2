/* A worker's key is refused, looked for, replaced and registered, against a scripted node. */
#include "base/clock.h"
#include "base/fs.h"
#include "near/credentials.h"
#include "near/node_fake.h"
#include "worker/admission.h"
#include "worker/registration.h"
#include <stdlib.h>
#include <unistd.h>

#define WORKER_KEY(allowance)                                                                                                \
    "{\"FunctionCall\":{\"allowance\":\"" allowance "\",\"receiver_id\":\"c.test\",\"method_names\":[\"resolve_execution\"," \
    "\"submit_execution_output_and_resolve\",\"resume_topup\",\"resume_delete_payment_key\"]}}"
#define TEN_NEAR "10000000000000000000000000"

static struct fixture {
    struct node_fake node;
    char dir[64], init_path[128], seed_path[128];
    struct worker_settings settings;
    struct identity identity;
    struct signer *signer;
    struct stop stop;
    struct admission admission;
} f;

static void write_credentials(void)
{
    struct credentials init = {0};
    assert_ok(account_id_parse(SLICE("init.test"), &init.account_id));
    secret_key_generate(&entropy_system, &init.key);
    snprintf(f.init_path, sizeof f.init_path, "%s/init.json", f.dir);
    assert_ok(credentials_write_file(f.init_path, &init));
    snprintf(f.seed_path, sizeof f.seed_path, "%s/seed", f.dir);
    assert_ok(fs_write_atomic(f.seed_path, SLICE("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"), 0600));
}

static void open_admission(void)
{
    struct account_id id;
    AUTO(secret_key) struct secret_key key = {0};
    identity_key(&f.identity, &key);
    assert_ok(account_id_parse(SLICE("op.test"), &id));
    const struct signer_config config = {
        .rpc = {.url = f.node.url, .attempts = 1}, .account_id = &id, .key = &key, .patience_ms = 300};
    assert_ok(signer_new(&config, &f.signer));
    f.admission = (struct admission){.settings = &f.settings,
                                     .identity = &f.identity,
                                     .signer = f.signer,
                                     .key = secret_key_public(&key),
                                     .stop = &f.stop,
                                     .first_pause_ms = 20};
    admission_init(&f.admission);
}

static int start(void **state)
{
    (void)state;
    f = (struct fixture){.dir = "/tmp/outlayer-admission-XXXXXX"};
    f.node = (struct node_fake){
        .nonce = 100, .view = "true", .permission = WORKER_KEY(TEN_NEAR), .failure = "Smart contract panicked: no"};
    if (!mkdtemp(f.dir))
        return -1;
    node_start(&f.node);
    stop_init(&f.stop);
    write_credentials();
    f.settings = (struct worker_settings){.data_dir = f.dir,
                                          .near_rpc_url = f.node.url,
                                          .contract_id = "c.test",
                                          .network_id = "devnet",
                                          .operator_account_id = "op.test",
                                          .init_account_credentials = f.init_path,
                                          .tee_mode = "simulator",
                                          .tee_simulator_seed_file = f.seed_path};
    assert_ok(identity_open(&f.settings, &f.identity));
    open_admission();
    return 0;
}

static int end(void **state)
{
    (void)state;
    signer_free(f.signer);
    identity_close(&f.identity);
    node_stop(&f.node);
    err_free(fs_remove_tree(f.dir));
    return 0;
}

static bool is_present_key(const struct public_key *key)
{
    struct public_key present = identity_public_key(&f.identity);
    return public_key_eq(&present, key);
}

static void refuse(uint64_t number)
{
    AUTO(err) struct err *why = err_new(ERR_DENIED, "no such key");
    admission_refuse(&f.admission, number, why);
}

static struct err *send(void)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    return signer_call(f.signer, SLICE("c.test"), "ping", SLICE("{}"), 1, 0, TX_LEVEL_FINAL, &outcome);
}

static void expect_registered(size_t index)
{
    char text[KEY_TEXT_MAX];
    struct public_key key = identity_public_key(&f.identity);
    assert_string_equal(f.node.methods[index], "register_worker_key");
    assert_non_null(strstr(f.node.args[index], public_key_text(&key, text)));
}

static void a_key_that_the_chain_has_is_admitted_as_it_is(void **state)
{
    (void)state;
    struct public_key key = identity_public_key(&f.identity);
    assert_false(admission_is_admitted(&f.admission));
    assert_true(admission_enter(&f.admission));
    assert_true(admission_is_admitted(&f.admission));
    assert_true(is_present_key(&key));
    assert_int_equal(f.node.sends, 0);
    assert_int_equal(admission_key_number(&f.admission), 0);
}

/* Whatever is wrong with it, its successor is registered, stored and used. */
static void expect_a_new_key(void)
{
    struct identity kept = {0};
    struct public_key old = identity_public_key(&f.identity);
    assert_true(admission_enter(&f.admission));
    assert_false(is_present_key(&old));
    assert_int_equal(admission_key_number(&f.admission), 1);
    assert_int_equal(f.node.executed_count, 1);
    expect_registered(0);
    assert_ok(identity_open(&f.settings, &kept));
    struct public_key stored = identity_public_key(&kept);
    assert_true(is_present_key(&stored));
    identity_close(&kept);
    assert_ok(send());
    assert_true(public_key_eq(&f.node.signed_by, &stored));
}

static void a_key_that_is_gone_is_replaced_and_registered(void **state)
{
    (void)state;
    assert_true(admission_enter(&f.admission));
    f.node.key_gone = true;
    refuse(0);
    assert_false(admission_is_admitted(&f.admission));
    expect_a_new_key();
}

static void a_key_without_allowance_is_replaced(void **state)
{
    (void)state;
    f.node.permission = WORKER_KEY("499999999999999999999999");
    expect_a_new_key();
}

static void a_key_for_something_else_is_replaced(void **state)
{
    (void)state;
    f.node.permission = NULL; /* full access */
    expect_a_new_key();
}

static void a_late_refusal_of_the_old_key_is_not_one_of_the_new(void **state)
{
    (void)state;
    f.node.key_gone = true;
    assert_true(admission_enter(&f.admission));
    assert_int_equal(admission_key_number(&f.admission), 1);
    refuse(0);
    assert_true(admission_is_admitted(&f.admission));
    refuse(1);
    assert_false(admission_is_admitted(&f.admission));
}

static void what_was_left_over_is_taken_once(void **state)
{
    (void)state;
    assert_true(admission_enter(&f.admission));
    assert_false(admission_take_left_over(&f.admission));
    refuse(0);
    assert_false(admission_take_left_over(&f.admission));
    assert_true(admission_enter(&f.admission));
    assert_true(admission_take_left_over(&f.admission));
    assert_false(admission_take_left_over(&f.admission));
}

/* A refusal that the chain does not confirm costs a pause, and no key. */
static void a_key_that_is_good_after_all_is_kept(void **state)
{
    (void)state;
    struct public_key key = identity_public_key(&f.identity);
    for (int i = 0; i < 3; i++) {
        assert_true(admission_enter(&f.admission));
        refuse(0);
    }
    assert_true(f.admission.pause_ms == 80);
    assert_true(admission_enter(&f.admission));
    admission_confirm(&f.admission, 0);
    assert_int_equal(f.admission.pause_ms, 0);
    assert_true(is_present_key(&key));
    assert_int_equal(f.node.sends, 0);
}

static void *enter(void *context)
{
    (void)context;
    return admission_enter(&f.admission) ? &f : NULL;
}

static unsigned views(void)
{
    pthread_mutex_lock(&f.node.lock);
    unsigned views = f.node.views;
    pthread_mutex_unlock(&f.node.lock);
    return views;
}

static void rest_until_asked(unsigned times)
{
    while (views() < times)
        usleep(5000);
}

static void measurements_that_are_not_approved_are_waited_for(void **state)
{
    (void)state;
    pthread_t first, second;
    void *entered = NULL;
    f.node.view = "false";
    f.node.key_gone = true;
    assert_int_equal(pthread_create(&first, NULL, enter, NULL), 0);
    assert_int_equal(pthread_create(&second, NULL, enter, NULL), 0);
    rest_until_asked(6); /* of the nonce and of the measurements, each time */
    assert_false(admission_is_admitted(&f.admission));
    assert_int_equal(admission_key_number(&f.admission), 1); /* one new key, however long it takes */
    pthread_mutex_lock(&f.node.lock);
    assert_int_equal(f.node.sends, 0);
    f.node.view = "true";
    pthread_mutex_unlock(&f.node.lock);
    pthread_join(first, &entered);
    assert_non_null(entered);
    pthread_join(second, &entered);
    assert_non_null(entered);
    assert_int_equal(f.node.executed_count, 1);
    expect_registered(0);
}

static void who_waits_is_ended_at_once(void **state)
{
    (void)state;
    pthread_t first, second;
    void *entered = NULL;
    f.node.view = "false";
    f.node.key_gone = true;
    f.admission.first_pause_ms = 3600 * 1000;
    uint64_t started = clock_monotonic_ns(&clock_system);
    assert_int_equal(pthread_create(&first, NULL, enter, NULL), 0);
    assert_int_equal(pthread_create(&second, NULL, enter, NULL), 0);
    rest_until_asked(2);
    stop_want(&f.stop);
    pthread_join(first, &entered);
    assert_null(entered);
    pthread_join(second, &entered);
    assert_null(entered);
    assert_true(clock_monotonic_ns(&clock_system) - started < 60 * NS_PER_SEC);
    assert_false(admission_is_admitted(&f.admission));
}

static void a_registration_that_is_refused_is_tried_again_with_the_same_key(void **state)
{
    (void)state;
    f.node.steps[0] = NODE_FAIL;
    f.node.step_count = 1;
    f.node.key_gone = true;
    assert_true(admission_enter(&f.admission));
    assert_int_equal(admission_key_number(&f.admission), 1);
    assert_int_equal(f.node.executed_count, 2);
    expect_registered(0);
    expect_registered(1);
}

static void a_contract_without_a_nonce_gets_a_quote_without(void **state)
{
    (void)state;
    f.node.view = "true"; /* what every view answers, that of the nonce too */
    assert_ok(registration_send(&f.settings, &f.identity));
    expect_registered(0);
}

static void who_is_not_approved_is_told_the_remedy(void **state)
{
    (void)state;
    f.node.view = "false";
    AUTO(err) struct err *e = registration_send(&f.settings, &f.identity);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_DENIED);
    assert_non_null(
        strstr(err_text(e), "its owner does with `outlayer tee approve op.test --network devnet --measurements '{\"mrtd\":\""));
    assert_int_equal(f.node.sends, 0);
}

static void who_does_not_register_waits_for_its_key(void **state)
{
    (void)state;
    pthread_t thread;
    void *entered = NULL;
    f.settings.init_account_credentials = "";
    f.node.permission = NULL;
    f.node.key_gone = true;
    assert_int_equal(pthread_create(&thread, NULL, enter, NULL), 0);
    for (unsigned seen = 0; seen < 2;) {
        pthread_mutex_lock(&f.node.lock);
        seen = f.node.key_views;
        f.node.key_gone = seen < 2;
        pthread_mutex_unlock(&f.node.lock);
    }
    pthread_join(thread, &entered);
    assert_non_null(entered);
    assert_int_equal(f.node.sends, 0);
    assert_int_equal(admission_key_number(&f.admission), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(a_key_that_the_chain_has_is_admitted_as_it_is),
        TEST(a_key_that_is_gone_is_replaced_and_registered),
        TEST(a_key_without_allowance_is_replaced),
        TEST(a_key_for_something_else_is_replaced),
        TEST(a_late_refusal_of_the_old_key_is_not_one_of_the_new),
        TEST(what_was_left_over_is_taken_once),
        TEST(a_key_that_is_good_after_all_is_kept),
        TEST(measurements_that_are_not_approved_are_waited_for),
        TEST(who_waits_is_ended_at_once),
        TEST(a_registration_that_is_refused_is_tried_again_with_the_same_key),
        TEST(a_contract_without_a_nonce_gets_a_quote_without),
        TEST(who_is_not_approved_is_told_the_remedy),
        TEST(who_does_not_register_waits_for_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
