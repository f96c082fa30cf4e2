#include "tee/session.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "crypto/ed25519.h"

static struct err *parse_key(const json_t *body, struct public_key *out)
{
    struct slice text = {0};
    TRY(json_doc_str(body, "public_key", &text));
    *out = (struct public_key){.curve = KEY_ED25519};
    if (hex_decode(text, out->raw, ED25519_PUBLIC_LEN, NULL))
        return NULL;
    TRY_DOING(public_key_parse(text, out), "member `public_key`");
    return NULL;
}

static struct err *parse_signature(const json_t *body, struct signature *out)
{
    struct slice text = {0};
    TRY(json_doc_str(body, "signature", &text));
    *out = (struct signature){.curve = KEY_ED25519};
    if (hex_decode(text, out->raw, ED25519_SIGNATURE_LEN, NULL))
        return NULL;
    TRY_DOING(signature_parse(text, out), "member `signature`");
    return NULL;
}

static struct err *parse_challenge(struct slice text, uint8_t out[TEE_CHALLENGE_LEN])
{
    return hex_decode(text, out, TEE_CHALLENGE_LEN, NULL) ? NULL : err_new(ERR_INVALID, "the challenge is not 64 hex digits");
}

struct err *tee_session_parse(const json_t *body, struct arena *arena, struct tee_session_request *out)
{
    *out = (struct tee_session_request){0};
    if (!json_is_object(body))
        return err_new(ERR_INVALID, "the body is not a JSON object");
    TRY(json_doc_str(body, "challenge", &out->challenge_text));
    TRY(parse_challenge(out->challenge_text, out->challenge));
    out->challenge_text = arena_copy(arena, out->challenge_text);
    TRY(parse_key(body, &out->key));
    TRY(parse_signature(body, &out->signature));
    TRY(json_doc_str_opt(body, "origin", &out->origin));
    if (out->origin.len > TEE_ORIGIN_MAX)
        return err_new(ERR_INVALID, "member `origin` has %zu bytes, expected at most %d", out->origin.len, TEE_ORIGIN_MAX);
    if (out->origin.ptr)
        out->origin = arena_copy(arena, out->origin);
    return NULL;
}

void tee_session_message(struct slice origin, struct slice challenge_hex, struct buf *out)
{
    buf_append_str(out, "outlayer tee session 1\n");
    buf_append(out, origin);
    buf_append_byte(out, '\n');
    buf_append(out, challenge_hex);
    buf_append_byte(out, '\n');
}

struct err *tee_session_verify(const struct tee_session_request *r, struct slice origin)
{
    AUTO(buf) struct buf message = {0};
    if (r->origin.ptr && !slice_eq(r->origin, origin))
        return err_new(ERR_DENIED, "it was made for the service at %.*s, this one is %.*s", SLICE_FMT(r->origin),
                       SLICE_FMT(origin));
    if (r->origin.ptr)
        tee_session_message(r->origin, r->challenge_text, &message);
    else
        buf_append(&message, slice_from(r->challenge, sizeof r->challenge));
    if (!signature_verify(&r->signature, &r->key, buf_slice(&message)))
        return err_new(ERR_DENIED, "signature verification failed");
    return NULL;
}

struct err *tee_session_answer(const struct secret_key *key, struct slice challenge_hex, struct slice origin, json_t **body)
{
    AUTO(buf) struct buf message = {0};
    uint8_t challenge[TEE_CHALLENGE_LEN];
    char key_text[KEY_TEXT_MAX], sig_text[SIGNATURE_TEXT_MAX];
    struct public_key public = secret_key_public(key);
    TRY(parse_challenge(challenge_hex, challenge));
    if (origin.ptr)
        tee_session_message(origin, challenge_hex, &message);
    else
        buf_append(&message, slice_from(challenge, sizeof challenge));
    struct signature signature = secret_key_sign(key, buf_slice(&message));
    *body = json_object();
    json_object_set_new(*body, "public_key", json_string(public_key_text(&public, key_text)));
    json_object_set_new(*body, "challenge", json_doc_string(challenge_hex));
    json_object_set_new(*body, "signature", json_string(signature_text(&signature, sig_text)));
    if (origin.ptr)
        json_object_set_new(*body, "origin", json_doc_string(origin));
    return NULL;
}
