#include "tee/event_log/event_log.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_doc.h"
#include "crypto/keccak.h"
#include "crypto/sha384.h"
#include <string.h>

enum { RUNTIME_REGISTER = 3, DIGEST_V1 = 1, DIGEST_V2 = 2, PAYLOAD_MAX = 1 << 20 };

struct event {
    uint64_t imr, type, version;
    struct slice name, payload_hex;
    uint8_t digest[SHA384_LEN];
    struct buf payload;
};

static void auto_event(struct event *e)
{
    buf_free(&e->payload);
}

static struct err *read_event(const json_t *item, struct event *out)
{
    struct slice digest;
    out->version = DIGEST_V1;
    TRY(json_doc_u64(item, "imr", &out->imr));
    TRY(json_doc_u64(item, "event_type", &out->type));
    TRY(json_doc_u64_opt(item, "version", &out->version));
    TRY(json_doc_str(item, "digest", &digest));
    TRY(json_doc_str_opt(item, "event", &out->name));
    TRY(json_doc_str_opt(item, "event_payload", &out->payload_hex));
    if (out->imr >= EVENT_LOG_REGISTERS || out->type > UINT32_MAX)
        return err_new(ERR_INVALID, "register %llu or type %llu does not exist", (unsigned long long)out->imr,
                       (unsigned long long)out->type);
    if (!hex_decode(digest, out->digest, sizeof out->digest, NULL))
        return err_new(ERR_INVALID, "`digest` is not %d hex digits", 2 * SHA384_LEN);
    if (out->payload_hex.len > 2 * (size_t)PAYLOAD_MAX || !hex_decode_append(out->payload_hex, &out->payload, NULL))
        return err_new(ERR_INVALID, "`event_payload` is not hex of at most %d bytes", PAYLOAD_MAX);
    return NULL;
}

/* SHA384(u32 type ‖ ":" ‖ name ‖ ":" ‖ payload) */
static void digest_v1(const struct event *e, uint8_t *out)
{
    uint8_t type[4] = {(uint8_t)e->type, (uint8_t)(e->type >> 8), (uint8_t)(e->type >> 16), (uint8_t)(e->type >> 24)};
    const struct slice parts[] = {slice_from(type, sizeof type), SLICE(":"), e->name, SLICE(":"), buf_slice(&e->payload)};
    sha384_parts(parts, 5, out);
}

/* SHA384 of {"name":…,"payload":"<hex>","type":…} */
static void digest_v2(const struct event *e, uint8_t *out)
{
    AUTO(buf) struct buf text = {0};
    AUTO(buf) struct buf hex = {0};
    hex_append(&hex, buf_slice(&e->payload));
    json_write_open(&text, '{');
    json_write_name(&text, SLICE("name"));
    json_write_string(&text, e->name);
    json_write_name(&text, SLICE("payload"));
    json_write_string(&text, buf_slice(&hex));
    json_write_name(&text, SLICE("type"));
    json_write_u64(&text, e->type);
    json_write_close(&text, '}');
    const struct slice part = buf_slice(&text);
    sha384_parts(&part, 1, out);
}

static struct err *check_digest(const struct event *e)
{
    uint8_t digest[SHA384_LEN];
    if (e->version == DIGEST_V1)
        digest_v1(e, digest);
    else if (e->version == DIGEST_V2)
        digest_v2(e, digest);
    else
        return err_new(ERR_INVALID, "digests of version %llu are unknown", (unsigned long long)e->version);
    if (memcmp(digest, e->digest, sizeof digest) != 0)
        return err_new(ERR_INVALID, "the digest is not that of `%.*s` and its payload", SLICE_FMT(e->name));
    return NULL;
}

static void extend(uint8_t *rtmr, const uint8_t *digest)
{
    const struct slice parts[] = {slice_from(rtmr, MEASUREMENT_LEN), slice_from(digest, SHA384_LEN)};
    uint8_t next[SHA384_LEN];
    sha384_parts(parts, 2, next);
    memcpy(rtmr, next, sizeof next);
}

/* A value that must come once, and with this length. */
static struct err *take_value(const struct event *e, const char *name, bool late, bool *has, uint8_t *value, size_t len)
{
    if (*has)
        return err_new(ERR_INVALID, "`%s` occurs twice", name);
    if (late)
        return err_new(ERR_INVALID, "`%s` stands after boot-mr-done, where the application itself may have put it", name);
    if (e->payload.len != len)
        return err_new(ERR_INVALID, "`%s` is %zu bytes, expected %zu", name, e->payload.len, len);
    memcpy(value, e->payload.ptr, len);
    *has = true;
    return NULL;
}

static struct err *take_meaning(const struct event *e, struct event_log *l)
{
    if (slice_eq_str(e->name, "app-id"))
        return take_value(e, "app-id", l->booted, &l->has_app_id, l->app_id, APP_ID_LEN);
    if (slice_eq_str(e->name, "compose-hash"))
        return take_value(e, "compose-hash", l->booted, &l->has_compose_hash, l->compose_hash.bytes, HASH_LEN);
    if (slice_eq_str(e->name, "instance-id") && e->payload.len)
        return take_value(e, "instance-id", l->booted, &l->has_instance_id, l->instance_id, APP_ID_LEN);
    if (slice_eq_str(e->name, "os-image-hash"))
        return take_value(e, "os-image-hash", false, &l->has_os_image_hash, l->os_image_hash.bytes, HASH_LEN);
    if (slice_eq_str(e->name, "key-provider")) {
        if (l->key_provider.len)
            return err_new(ERR_INVALID, "`key-provider` occurs twice");
        buf_append(&l->key_provider, buf_slice(&e->payload));
    }
    if (slice_eq_str(e->name, "boot-mr-done")) {
        if (l->booted)
            return err_new(ERR_INVALID, "`boot-mr-done` occurs twice");
        l->booted = true;
    }
    return NULL;
}

static struct err *take_event(const json_t *item, struct event_log *l)
{
    AUTO(event) struct event e = {0};
    TRY(read_event(item, &e));
    if (e.imr == RUNTIME_REGISTER) {
        TRY(check_digest(&e));
        TRY(take_meaning(&e, l));
    }
    extend(l->rtmr[e.imr], e.digest);
    return NULL;
}

struct err *event_log_replay(struct slice json, struct event_log *out)
{
    AUTO(json) json_t *doc = NULL;
    size_t i;
    json_t *item;
    if (json.len > EVENT_LOG_MAX)
        return err_new(ERR_LIMIT, "an event log of %zu bytes, at most %d are read", json.len, EVENT_LOG_MAX);
    TRY_DOING(json_doc_parse(json, &doc), "event log");
    if (!json_is_array(doc))
        return err_new(ERR_INVALID, "an event log is an array of events");
    json_array_foreach(doc, i, item) TRY_DOING(take_event(item, out), "event %zu", i);
    return NULL;
}

void event_log_free(struct event_log *l)
{
    buf_free(&l->key_provider);
}

struct hash compose_hash(struct slice app_compose)
{
    return hash_sha256(app_compose);
}

void compose_app_id(const struct hash *compose_hash, uint8_t out[APP_ID_LEN])
{
    memcpy(out, compose_hash->bytes, APP_ID_LEN);
}

static void app_config_value(const struct mr_config *c, uint8_t *out)
{
    AUTO(buf) struct buf bytes = {0};
    buf_append(&bytes, hash_slice(&c->compose_hash));
    buf_append(&bytes, slice_from(c->app_id, APP_ID_LEN));
    buf_append_byte(&bytes, c->key_provider);
    buf_append(&bytes, c->key_provider_id);
    keccak(buf_slice(&bytes), out, HASH_LEN);
}

void mr_config_id(const struct mr_config *c, uint8_t out[MEASUREMENT_LEN])
{
    static const char tag[] = "dstack-mr-config-v3:"; /* with its zero byte */
    const struct slice parts[] = {slice_from(tag, sizeof tag), c->document};
    struct hash document;
    memset(out, 0, MEASUREMENT_LEN);
    out[0] = (uint8_t)c->form;
    switch (c->form) {
    case MR_CONFIG_NONE:
        break;
    case MR_CONFIG_COMPOSE:
        memcpy(out + 1, c->compose_hash.bytes, HASH_LEN);
        break;
    case MR_CONFIG_APP:
        app_config_value(c, out + 1);
        break;
    case MR_CONFIG_DOCUMENT:
        document = hash_sha256_parts(parts, 2);
        memcpy(out + 1, document.bytes, HASH_LEN);
        break;
    }
}
