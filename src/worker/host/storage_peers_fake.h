/* For tests: keystore and coordinator of near:storage, speaking their exact protocol on one port. The "encryption" is a prefix that
 * names project, account and a number that never repeats; it is opened only for the same project and account. */
#pragma once
#include "codec/base64.h"
#include "worker/host/host_testing.h"
#include <pthread.h>

enum { FAKE_ROWS_MAX = 2500 };

struct fake_row {
    char project[64], account[64], key_hash[65], wasm_hash[65];
    bool encrypted;
    json_t *key, *value; /* arrays of numbers */
};

static struct {
    struct http_server *server;
    char url[64];
    struct fake_row rows[FAKE_ROWS_MAX];
    size_t count;
    unsigned nonce, requests, conflicts; /* so many of the next conditional updates come too late */
    bool pages;                          /* /storage/list honours limit and offset */
    int keystore_status;                 /* 0: works */
    pthread_mutex_t lock;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline const char *fake_str(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}

static inline struct fake_row *fake_find(const json_t *b)
{
    for (size_t i = 0; i < fake.count; i++) {
        struct fake_row *r = &fake.rows[i];
        if (!strcmp(r->project, fake_str(b, "project_uuid")) && !strcmp(r->account, fake_str(b, "account_id")) &&
            !strcmp(r->key_hash, fake_str(b, "key_hash")))
            return r;
    }
    return NULL;
}

static inline void fake_drop(struct fake_row *r)
{
    json_decref(r->key);
    json_decref(r->value);
    *r = fake.rows[--fake.count];
}

static inline void fake_put(const json_t *b, const char *key, const char *value)
{
    struct fake_row *r = fake_find(b);
    if (r)
        fake_drop(r);
    r = &fake.rows[fake.count++];
    *r = (struct fake_row){.encrypted = !json_is_false(json_object_get(b, "is_encrypted"))};
    snprintf(r->project, sizeof r->project, "%s", fake_str(b, "project_uuid"));
    snprintf(r->account, sizeof r->account, "%s", fake_str(b, "account_id"));
    snprintf(r->key_hash, sizeof r->key_hash, "%s", fake_str(b, "key_hash"));
    snprintf(r->wasm_hash, sizeof r->wasm_hash, "%s", fake_str(b, "wasm_hash"));
    r->key = json_incref(json_object_get(b, key));
    r->value = json_incref(json_object_get(b, value));
}

static inline void fake_prefix(const json_t *b, struct buf *out)
{
    buf_append_fmt(out, "%s/%s/", fake_str(b, "project_uuid"), fake_str(b, "account_id"));
}

static inline json_t *fake_base64(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    base64_append(&text, bytes);
    return json_string(buf_str(&text));
}

static inline json_t *fake_encrypt(const json_t *b)
{
    AUTO(buf) struct buf key = {0}, value = {0};
    fake_prefix(b, &key);
    fake_prefix(b, &value);
    buf_append_fmt(&key, "%08u%s", ++fake.nonce, fake_str(b, "key"));
    buf_append_fmt(&value, "%08u", fake.nonce);
    assert_true(base64_decode(slice_str(fake_str(b, "value_base64")), &value, NULL));
    return json_pack("{s:o,s:o,s:s}", "encrypted_key_base64", fake_base64(buf_slice(&key)), "encrypted_value_base64",
                     fake_base64(buf_slice(&value)), "key_hash", "unused");
}

/* NULL: for another project or account. */
static inline json_t *fake_decrypt(const json_t *b)
{
    AUTO(buf) struct buf prefix = {0}, key = {0}, value = {0};
    fake_prefix(b, &prefix);
    if (!base64_decode(slice_str(fake_str(b, "encrypted_key_base64")), &key, NULL) ||
        !base64_decode(slice_str(fake_str(b, "encrypted_value_base64")), &value, NULL) ||
        !slice_starts_with(buf_slice(&value), buf_slice(&prefix)))
        return NULL;
    struct slice plain = slice_skip(buf_slice(&key), prefix.len + 8);
    return json_pack("{s:s%,s:o}", "key", plain.ptr, plain.len, "value_base64",
                     fake_base64(slice_skip(buf_slice(&value), prefix.len + 8)));
}

static inline json_t *fake_cell(const struct fake_row *r)
{
    if (!r)
        return json_pack("{s:b}", "exists", 0);
    return json_pack("{s:b,s:O,s:O,s:b}", "exists", 1, "encrypted_key", r->key, "encrypted_value", r->value, "is_encrypted",
                     r->encrypted);
}

/* Whether somebody else was first once more. */
static inline bool fake_conflict(void)
{
    if (fake.conflicts == 0)
        return false;
    fake.conflicts--;
    return true;
}

static inline json_t *fake_set_if_equals(const json_t *b)
{
    struct fake_row *r = fake_find(b);
    bool late = fake_conflict();
    if (!late && r && json_equal(r->value, json_object_get(b, "expected_encrypted_value"))) {
        fake_put(b, "new_encrypted_key", "new_encrypted_value");
        return json_pack("{s:b}", "updated", 1);
    }
    return r ? json_pack("{s:b,s:O,s:O}", "updated", 0, "current_encrypted_key", r->key, "current_encrypted_value", r->value)
             : json_pack("{s:b}", "updated", 0);
}

static inline json_t *fake_set_if_absent(const json_t *b)
{
    bool late = fake_conflict();
    if (late || fake_find(b))
        return json_pack("{s:b}", "inserted", 0);
    fake_put(b, "encrypted_key", "encrypted_value");
    return json_pack("{s:b}", "inserted", 1);
}

static inline json_t *fake_get_public(const json_t *b, int *status)
{
    for (size_t i = 0; i < fake.count; i++) {
        struct fake_row *r = &fake.rows[i];
        if (strcmp(r->project, fake_str(b, "project_uuid")) != 0 || strcmp(r->key_hash, fake_str(b, "key_hash")) != 0)
            continue;
        *status = r->encrypted ? 403 : 200;
        return r->encrypted ? json_object() : json_pack("{s:b,s:O}", "exists", 1, "value", r->value);
    }
    *status = 404;
    return json_object();
}

static inline json_t *fake_get_by_version(const json_t *b)
{
    struct fake_row *r = fake_find(b);
    return fake_cell(r && !strcmp(r->wasm_hash, fake_str(b, "wasm_hash")) ? r : NULL);
}

static inline json_t *fake_clear(const json_t *b, bool version)
{
    for (size_t i = fake.count; i--;) {
        struct fake_row *r = &fake.rows[i];
        if (!strcmp(r->project, fake_str(b, "project_uuid")) && !strcmp(r->account, fake_str(b, "account_id")) &&
            (!version || !strcmp(r->wasm_hash, fake_str(b, "wasm_hash"))))
            fake_drop(r);
    }
    return json_object();
}

static inline json_t *fake_delete(const json_t *b, int *status)
{
    struct fake_row *r = fake_find(b);
    *status = r ? 200 : 404;
    if (r)
        fake_drop(r);
    return json_object();
}

static inline json_t *fake_answer(const char *path, const json_t *b, int *status)
{
    json_t *answer = NULL;
    if (!strcmp(path, "/storage/encrypt") || !strcmp(path, "/storage/decrypt")) {
        if (!fake.keystore_status)
            answer = !strcmp(path, "/storage/encrypt") ? fake_encrypt(b) : fake_decrypt(b);
        *status = answer ? 200 : fake.keystore_status ? fake.keystore_status : 400;
        return answer ? answer : json_pack("{s:s}", "error", "the keystore's reason");
    }
    if (!strcmp(path, "/storage/set")) {
        fake_put(b, "encrypted_key", "encrypted_value");
        return json_object();
    }
    if (!strcmp(path, "/storage/get"))
        return fake_cell(fake_find(b));
    if (!strcmp(path, "/storage/has"))
        return json_pack("{s:b}", "exists", fake_find(b) != NULL);
    if (!strcmp(path, "/storage/delete"))
        return fake_delete(b, status);
    if (!strcmp(path, "/storage/set-if-absent"))
        return fake_set_if_absent(b);
    if (!strcmp(path, "/storage/set-if-equals"))
        return fake_set_if_equals(b);
    if (!strcmp(path, "/storage/get-by-version"))
        return fake_get_by_version(b);
    if (!strcmp(path, "/storage/get-public"))
        return fake_get_public(b, status);
    return fake_clear(b, !strcmp(path, "/storage/clear-version"));
}

static inline void fake_handle(struct http_exchange *x, void *context)
{
    (void)context;
    int status = 200;
    char path[64];
    AUTO(json) json_t *body = NULL;
    AUTO(buf) struct buf text = {0};
    assert_ok(json_doc_parse(http_request_body(x), &body));
    snprintf(path, sizeof path, "%.*s", SLICE_FMT(http_request_path(x)));
    assert_true(slice_eq_str(http_request_header(x, "authorization"), "Bearer token"));
    assert_true(slice_eq_str(http_request_header(x, "x-tee-session"), "session"));
    pthread_mutex_lock(&fake.lock);
    fake.requests++;
    AUTO(json) json_t *answer = fake_answer(path, body, &status);
    json_doc_write(answer, &text);
    pthread_mutex_unlock(&fake.lock);
    http_reply(x, status, NULL, buf_slice(&text));
}

static inline size_t fake_number(struct http_exchange *x, const char *name, size_t otherwise)
{
    struct slice value = http_request_query(x, name);
    char text[24];
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(value));
    return value.len ? strtoul(text, NULL, 10) : otherwise;
}

static inline void fake_list(struct http_exchange *x, void *context)
{
    (void)context;
    AUTO(json) json_t *keys = json_array();
    AUTO(buf) struct buf text = {0};
    size_t limit = fake_number(x, "limit", SIZE_MAX), offset = fake_number(x, "offset", 0), at = 0;
    pthread_mutex_lock(&fake.lock);
    for (size_t i = 0; i < fake.count; i++) {
        struct fake_row *r = &fake.rows[i];
        if (!slice_eq_str(http_request_query(x, "account_id"), r->account) ||
            !slice_eq_str(http_request_query(x, "project_uuid"), r->project))
            continue;
        if (fake.pages && (at++ < offset || json_array_size(keys) == limit))
            continue;
        json_array_append_new(
            keys, json_pack("{s:s,s:O,s:O}", "key_hash", r->key_hash, "encrypted_key", r->key, "encrypted_value", r->value));
    }
    pthread_mutex_unlock(&fake.lock);
    AUTO(json) json_t *answer = json_pack("{s:O}", "keys", keys);
    json_doc_write(answer, &text);
    http_reply(x, 200, NULL, buf_slice(&text));
}

static inline void fake_start(struct host_fixture *f)
{
    static const struct http_route routes[] = {{HTTP_POST, "/storage/{op}", fake_handle},
                                               {HTTP_GET, "/storage/list", fake_list}};
    const struct http_server_config config = {
        .address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 2, .max_body_len = 16 << 20};
    assert_ok(http_server_start(&config, &fake.server));
    snprintf(fake.url, sizeof fake.url, "http://127.0.0.1:%u", http_server_port(fake.server));
    f->config.keystore = f->config.coordinator = (struct host_peer){fake.url, "token", "session"};
}

static inline void fake_clear_all(void)
{
    while (fake.count)
        fake_drop(&fake.rows[fake.count - 1]);
    fake.conflicts = 0;
    fake.requests = 0;
    fake.keystore_status = 0;
    fake.pages = true;
}

static inline void fake_stop(void)
{
    http_server_stop(fake.server, 100);
    fake_clear_all();
}
