#include "base/test.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "tee/session.h"
#include <string.h>

#define CHALLENGE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ORIGIN    SLICE("http://127.0.0.1:8080")

static struct secret_key worker_key(void)
{
    static const uint8_t seed[32] = {7};
    return secret_key_from_seed(seed);
}

static json_t *answer(struct slice origin)
{
    json_t *body = NULL;
    struct secret_key key = worker_key();
    assert_ok(tee_session_answer(&key, SLICE(CHALLENGE), origin, &body));
    return body;
}

static void both_ways_to_sign_verify(void **state)
{
    (void)state;
    struct slice origins[] = {{0}, ORIGIN};
    for (size_t i = 0; i < 2; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(json) json_t *body = answer(origins[i]);
        struct tee_session_request r;
        assert_ok(tee_session_parse(body, &arena, &r));
        assert_ok(tee_session_verify(&r, ORIGIN));
    }
}

static void hex_stands_for_key_and_signature_too(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *body = answer((struct slice){0});
    AUTO(buf) struct buf text = {0};
    struct tee_session_request r;
    assert_ok(tee_session_parse(body, &arena, &r));
    hex_append(&text, slice_from(r.key.raw, 32));
    json_object_set_new(body, "public_key", json_doc_string(buf_slice(&text)));
    buf_clear(&text);
    hex_append(&text, slice_from(r.signature.raw, 64));
    json_object_set_new(body, "signature", json_doc_string(buf_slice(&text)));
    assert_ok(tee_session_parse(body, &arena, &r));
    assert_ok(tee_session_verify(&r, ORIGIN));
}

/* Whoever passes on the challenge of another service gets an answer that is worth nothing there. */
static void an_answer_for_another_service_is_refused(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *body = answer(SLICE("http://relay.example"));
    struct tee_session_request r;
    assert_ok(tee_session_parse(body, &arena, &r));
    assert_fails(tee_session_verify(&r, ORIGIN), ERR_DENIED,
                 "it was made for the service at http://relay.example, this one is http://127.0.0.1:8080");
    json_object_set_new(body, "origin", json_doc_string(ORIGIN)); /* renamed: the signature does not fit */
    assert_ok(tee_session_parse(body, &arena, &r));
    assert_fails(tee_session_verify(&r, ORIGIN), ERR_DENIED, "signature verification failed");
    json_object_del(body, "origin"); /* taken away: neither */
    assert_ok(tee_session_parse(body, &arena, &r));
    assert_fails(tee_session_verify(&r, ORIGIN), ERR_DENIED, "signature verification failed");
}

static void another_key_or_challenge_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value;
    } changes[] = {
        {"challenge", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe"},
        {"public_key", "ed25519:11111111111111111111111111111112"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(json) json_t *body = answer(ORIGIN);
        struct tee_session_request r;
        json_object_set_new(body, changes[i].member, json_string(changes[i].value));
        assert_ok(tee_session_parse(body, &arena, &r));
        assert_fails(tee_session_verify(&r, ORIGIN), ERR_DENIED, "signature verification failed");
    }
}

static void what_does_not_read_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value, *what;
    } cases[] = {
        {"challenge", NULL, "challenge"},
        {"challenge", "\"00\"", "challenge"},
        {"public_key", NULL, "public_key"},
        {"public_key", "\"ml-dsa-65:1111\"", "public_key"},
        {"public_key", "7", "public_key"},
        {"signature", NULL, "signature"},
        {"signature", "\"ed25519:1\"", "signature"},
        {"signature", "\"00\"", "signature"},
        {"origin", "7", "origin"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(json) json_t *body = answer(ORIGIN);
        json_t *value = NULL;
        struct tee_session_request r;
        json_object_del(body, cases[i].member);
        if (cases[i].value) {
            assert_ok(json_doc_parse(slice_str(cases[i].value), &value));
            json_object_set_new(body, cases[i].member, value);
        }
        AUTO(err) struct err *e = tee_session_parse(body, &arena, &r);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
        assert_non_null(strstr(err_text(e), cases[i].what));
    }
    struct secret_key key = worker_key();
    json_t *none = NULL;
    assert_fails(tee_session_answer(&key, SLICE("zz"), ORIGIN, &none), ERR_INVALID, "the challenge is not 64 hex digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_to_sign_verify),
        cmocka_unit_test(hex_stands_for_key_and_signature_too),
        cmocka_unit_test(an_answer_for_another_service_is_refused),
        cmocka_unit_test(another_key_or_challenge_is_refused),
        cmocka_unit_test(what_does_not_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
