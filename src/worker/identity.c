#include "worker/identity.h"
#include "base/entropy.h"
#include "base/fs.h"
#include "base/log.h"
#include "codec/json_doc.h"
#include "tee/simulator/seed.h"
#include <string.h>

enum { KEY_FILE_MAX = 4096 };

static struct err *parse_key(struct slice text, struct secret_key *out)
{
    AUTO(json) json_t *doc = NULL;
    struct slice secret;
    TRY(json_doc_parse(text, &doc));
    TRY(json_doc_str(doc, "private_key", &secret));
    TRY(secret_key_parse(secret, out));
    return out->curve == KEY_ED25519 ? NULL : err_new(ERR_INVALID, "a worker's key is ed25519");
}

static void key_path(const struct worker_settings *s, struct buf *out)
{
    buf_append_fmt(out, "%s/worker-keypair.json", s->data_dir);
}

static struct err *write_key(const struct worker_settings *s, const struct secret_key *key)
{
    char public_text[KEY_TEXT_MAX], secret_text[SECRET_TEXT_MAX];
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf text = {0};
    key_path(s, &path);
    struct public_key public_key = secret_key_public(key);
    public_key_text(&public_key, public_text);
    secret_key_text(key, secret_text);
    buf_append_fmt(&text, "{\"public_key\":\"%s\",\"private_key\":\"%s\"}\n", public_text, secret_text);
    struct err *e = fs_write_atomic(buf_str(&path), buf_slice(&text), 0600);
    explicit_bzero(text.ptr, text.cap);
    explicit_bzero(secret_text, sizeof secret_text);
    return e;
}

static struct err *make_key(const struct worker_settings *s, struct secret_key *out)
{
    secret_key_generate(&entropy_system, out);
    return write_key(s, out);
}

/* Kept, so that a restarted worker need not be registered again. */
static struct err *keep_key(const struct worker_settings *s, struct secret_key *out)
{
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf text = {0};
    key_path(s, &path);
    struct err *e = fs_read(buf_str(&path), KEY_FILE_MAX, &text);
    if (e && err_code(e) == ERR_NOT_FOUND) {
        err_free(e);
        return make_key(s, out);
    }
    if (!e)
        e = parse_key(buf_slice(&text), out);
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    return err_doing(e, "%s", buf_str(&path));
}

static struct err *open_simulator(const struct worker_settings *s, struct quote_source **out)
{
    struct simulator_config config = {0};
    TRY_DOING(simulator_seed_read(s->tee_simulator_seed_file, config.seed), "TEE_SIMULATOR_SEED_FILE");
    simulator_worker_measurements(&config.measurements);
    quote_source_simulator(&config, out);
    explicit_bzero(&config, sizeof config);
    return NULL;
}

static struct err *open_quotes(const struct worker_settings *s, struct quote_source **out)
{
    return strcmp(s->tee_mode, "simulator") ? quote_source_find(out) : open_simulator(s, out);
}

struct err *identity_open(const struct worker_settings *s, struct identity *out)
{
    char text[KEY_TEXT_MAX];
    pthread_mutex_init(&out->key_lock, NULL);
    pthread_mutex_init(&out->quote_lock, NULL);
    if (!strcmp(s->tee_mode, "none"))
        return NULL;
    TRY_DOING(keep_key(s, &out->key), "the worker's key");
    struct public_key public_key = secret_key_public(&out->key);
    TRY_DOING(open_quotes(s, &out->quotes), "TEE_MODE=%s", s->tee_mode);
    log_info("the worker's key is ready", LOG_STR("public_key", public_key_text(&public_key, text)),
             LOG_STR("quotes", quote_source_name(out->quotes)));
    if (quote_source_is_simulated(out->quotes))
        log_warn("TDX is simulated: attestations prove nothing to anybody who does not trust the simulator's root");
    return NULL;
}

void identity_close(struct identity *i)
{
    secret_key_wipe(&i->key);
    quote_source_free(i->quotes);
    i->quotes = NULL;
}

void identity_key(struct identity *i, struct secret_key *out)
{
    pthread_mutex_lock(&i->key_lock);
    *out = i->key;
    pthread_mutex_unlock(&i->key_lock);
}

struct public_key identity_public_key(struct identity *i)
{
    AUTO(secret_key) struct secret_key key;
    identity_key(i, &key);
    return secret_key_public(&key);
}

struct err *identity_renew(struct identity *i, const struct worker_settings *s)
{
    AUTO(secret_key) struct secret_key key = {0};
    TRY_DOING(make_key(s, &key), "replacing the worker's key");
    pthread_mutex_lock(&i->key_lock);
    secret_key_wipe(&i->key);
    i->key = key;
    pthread_mutex_unlock(&i->key_lock);
    return NULL;
}

struct err *identity_quote(struct identity *i, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    pthread_mutex_lock(&i->quote_lock);
    struct err *e = quote_source_quote(i->quotes, report_data, out);
    pthread_mutex_unlock(&i->quote_lock);
    return e;
}

struct err *identity_quote_key(struct identity *i, const uint8_t nonce[IDENTITY_NONCE_LEN], struct buf *out)
{
    uint8_t report_data[REPORT_DATA_LEN] = {0};
    struct public_key key = identity_public_key(i);
    struct slice raw = public_key_raw(&key);
    memcpy(report_data, raw.ptr, raw.len);
    if (nonce)
        memcpy(report_data + REPORT_DATA_LEN - IDENTITY_NONCE_LEN, nonce, IDENTITY_NONCE_LEN);
    return identity_quote(i, report_data, out);
}
