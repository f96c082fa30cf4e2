/* near:vrf against a stand-in for the keystore that speaks its protocol and signs with a made-up master of 32 zero bytes. The vector is
 * of OutLayer's own derivation: seed = HMAC-SHA256(master, "vrf-key"). */
#include "codec/hex.h"
#include "crypto/ed25519.h"
#include "worker/host/host_testing.h"
#include <sodium.h>

static struct host_fixture f;
static struct http_server *keystore;
static char url[64];
static uint8_t public_key[ED25519_PUBLIC_LEN], secret[ED25519_SECRET_LEN];
static unsigned requests;
static int answer_status;
static const char *answer_body; /* NULL: the right one */

static void append_hex_member(struct buf *out, const char *name, struct slice bytes)
{
    buf_append_fmt(out, "\"%s\":\"", name);
    hex_append(out, bytes);
    buf_append_byte(out, '"');
}

static void generate(struct http_exchange *x, void *context)
{
    (void)context;
    uint8_t signature[ED25519_SIGNATURE_LEN];
    AUTO(json) json_t *body = NULL;
    AUTO(buf) struct buf out = {0};
    struct slice alpha = {0};
    requests++;
    assert_true(slice_eq_str(http_request_header(x, "authorization"), "Bearer keystore token"));
    assert_true(slice_eq_str(http_request_header(x, "x-tee-session"), "session 1"));
    assert_ok(json_doc_parse(http_request_body(x), &body));
    assert_ok(json_doc_str(body, "alpha", &alpha));
    ed25519_sign(secret, alpha, signature);
    struct hash output = hash_sha256(slice_from(signature, sizeof signature));
    buf_append_byte(&out, '{');
    append_hex_member(&out, "output_hex", hash_slice(&output));
    buf_append_byte(&out, ',');
    append_hex_member(&out, "signature_hex", slice_from(signature, sizeof signature));
    buf_append_byte(&out, '}');
    http_reply(x, answer_status, NULL, answer_body ? slice_str(answer_body) : buf_slice(&out));
}

static void pubkey(struct http_exchange *x, void *context)
{
    (void)context;
    AUTO(buf) struct buf out = {0};
    assert_null(http_request_header(x, "authorization").ptr);
    buf_append_byte(&out, '{');
    append_hex_member(&out, "vrf_public_key_hex", slice_from(public_key, sizeof public_key));
    buf_append_byte(&out, '}');
    http_reply(x, answer_status, NULL, buf_slice(&out));
}

static int set_up(void **state)
{
    (void)state;
    static const struct http_route routes[] = {{HTTP_POST, "/vrf/generate", generate}, {HTTP_GET, "/vrf/pubkey", pubkey}};
    const struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 2};
    const uint8_t master[32] = {0};
    uint8_t seed[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256(seed, (const uint8_t *)"vrf-key", 7, master);
    ed25519_from_seed(seed, public_key, secret);
    host_fixture_open(&f);
    assert_ok(http_server_start(&config, &keystore));
    snprintf(url, sizeof url, "http://127.0.0.1:%u", http_server_port(keystore));
    f.config.keystore = (struct host_peer){url, "keystore token", "session 1"};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_stop(keystore, 100);
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    requests = 0;
    answer_status = 200;
    answer_body = NULL;
    f.id = (struct host_identity){.request_id = SLICE("98321"), .vrf_sender = SLICE("alice.near")};
    return 0;
}

static void the_payers_stream_is_drawn(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "vrf_generate\tlottery-7\nvrf_pubkey"),
                        "ok 18ef6a419107e67d66ad4f3c76ee2b63bcfc31c12501110fa7856c7116405f03\n"
                        "ok 2daf7a6f2f86a80ef8dcd6e54c50f4184803d436dbbd13b19b7b1f9c45154219\n");
}

static void a_seed_cannot_forge_another_alpha(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "vrf_generate\tx:bob.near:y\n"), "error user_seed must not contain ':'\n");
    assert_int_equal(requests, 0);
}

static void ten_draws_are_all(void **state)
{
    (void)state;
    assert_says(complete(&f, "times\t12\tvrf_generate\ts"), "error VRF rate limit exceeded: 10 calls (max: 10)\n");
    assert_int_equal(requests, 10);
}

static void faults_of_the_keystore_are_told(void **state)
{
    (void)state;
    answer_status = 503;
    assert_says(complete(&f, "vrf_generate\ts\n"), "error Keystore VRF failed (503): {");
    assert_says(complete(&f, "vrf_pubkey\n"), "error Keystore VRF pubkey failed (503): {");
    answer_status = 200;
    answer_body = "{\"output_hex\":\"00\"}";
    assert_string_equal(complete(&f, "vrf_generate\ts\n"),
                        "error Failed to parse VRF response: output_hex or signature_hex is missing\n");
    answer_body = "<html>";
    assert_says(complete(&f, "vrf_generate\ts\n"), "error Failed to parse VRF response: ");
}

static void without_keystore_or_payer_there_is_none(void **state)
{
    (void)state;
    struct host_peer peer = f.config.keystore;
    f.config.keystore.url = NULL;
    assert_says(complete(&f, "vrf_generate\ts\n"), "error WASM imports near:vrf/api but VRF is not available.");
    f.config.keystore = peer;
    f.id.vrf_sender = (struct slice){0};
    assert_says(complete(&f, "vrf_generate\ts\n"), "error WASM imports near:vrf/api but VRF is not available.");
}

static void a_silent_keystore_is_an_error(void **state)
{
    (void)state;
    struct host_peer peer = f.config.keystore;
    f.config.keystore.url = "http://127.0.0.1:1";
    assert_string_equal(complete(&f, "vrf_generate\ts\nvrf_pubkey\n"),
                        "error VRF request failed: the keystore does not answer\n"
                        "error VRF request failed: the keystore does not answer\n");
    f.config.keystore = peer;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_payers_stream_is_drawn, fresh),
        cmocka_unit_test_setup(a_seed_cannot_forge_another_alpha, fresh),
        cmocka_unit_test_setup(ten_draws_are_all, fresh),
        cmocka_unit_test_setup(faults_of_the_keystore_are_told, fresh),
        cmocka_unit_test_setup(without_keystore_or_payer_there_is_none, fresh),
        cmocka_unit_test_setup(a_silent_keystore_is_an_error, fresh),
    };
    return cmocka_run_group_tests_name("near:vrf", tests, set_up, tear_down);
}
