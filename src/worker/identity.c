#include "worker/identity.h"
#include "base/entropy.h"
#include "base/fs.h"
#include "base/log.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include "near/signer.h"
#include "tee/measurements.h"
#include "tee/simulator/seed.h"
#include "worker/stop.h"
#include <string.h>

enum { KEY_FILE_MAX = 4096, APPROVAL_ROUNDS = 100, APPROVAL_PAUSE_MS = 5000 };

#define REGISTER_GAS UINT64_C(300000000000000)

static struct err *parse_key(struct slice text, struct secret_key *out)
{
    AUTO(json) json_t *doc = NULL;
    struct slice secret;
    TRY(json_doc_parse(text, &doc));
    TRY(json_doc_str(doc, "private_key", &secret));
    TRY(secret_key_parse(secret, out));
    return out->curve == KEY_ED25519 ? NULL : err_new(ERR_INVALID, "a worker's key is ed25519");
}

static struct err *write_key(const char *path, const struct secret_key *key)
{
    char public_text[KEY_TEXT_MAX], secret_text[SECRET_TEXT_MAX];
    AUTO(buf) struct buf text = {0};
    struct public_key public_key = secret_key_public(key);
    public_key_text(&public_key, public_text);
    secret_key_text(key, secret_text);
    buf_append_fmt(&text, "{\"public_key\":\"%s\",\"private_key\":\"%s\"}\n", public_text, secret_text);
    struct err *e = fs_write_atomic(path, buf_slice(&text), 0600);
    explicit_bzero(text.ptr, text.cap);
    explicit_bzero(secret_text, sizeof secret_text);
    return e;
}

/* Kept, so that a restarted worker need not be registered again. */
static struct err *keep_key(const char *data_dir, struct secret_key *out)
{
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf text = {0};
    buf_append_fmt(&path, "%s/worker-keypair.json", data_dir);
    struct err *e = fs_read(buf_str(&path), KEY_FILE_MAX, &text);
    if (e && err_code(e) == ERR_NOT_FOUND) {
        err_free(e);
        secret_key_generate(&entropy_system, out);
        return write_key(buf_str(&path), out);
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
    if (!strcmp(s->tee_mode, "none"))
        return NULL;
    TRY_DOING(keep_key(s->data_dir, &out->key), "the worker's key");
    out->public_key = secret_key_public(&out->key);
    public_key_text(&out->public_key, out->text);
    TRY_DOING(open_quotes(s, &out->quotes), "TEE_MODE=%s", s->tee_mode);
    log_info("the worker's key is ready", LOG_STR("public_key", out->text), LOG_STR("quotes", quote_source_name(out->quotes)));
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

struct err *identity_quote(const struct identity *i, struct buf *out)
{
    uint8_t report_data[REPORT_DATA_LEN] = {0};
    struct slice raw = public_key_raw(&i->public_key);
    memcpy(report_data, raw.ptr, raw.len);
    return quote_source_quote(i->quotes, report_data, out);
}

static struct err *is_registered(struct rpc_client *rpc, const struct identity *i, const struct worker_settings *s, bool *out)
{
    AUTO(json) json_t *permission = NULL;
    struct err *e = rpc_view_permission(rpc, slice_str(s->operator_account_id), &i->public_key, &permission);
    *out = !e;
    if (e && err_code(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    return e;
}

/* Before gas is spent: a worker may be started before its measurements are approved. When the question itself fails the transaction will tell. */
static struct err *wait_for_approval(struct rpc_client *rpc, const struct worker_settings *s, struct slice quote,
                                     struct stop *stop)
{
    AUTO(buf) struct buf args = {0};
    struct measurements m;
    TRY(measurements_of_quote(quote, &m));
    buf_append_str(&args, "{\"measurements\":");
    measurements_write_json(&m, &args);
    buf_append_str(&args, "}");
    for (int round = 0; round < APPROVAL_ROUNDS; round++) {
        AUTO(buf) struct buf answer = {0};
        struct err *e =
            rpc_view_call(rpc, slice_str(s->operator_account_id), "is_measurements_approved", buf_slice(&args), &answer);
        if (e)
            log_warn("cannot ask whether the measurements are approved, going on", LOG_ERR(e));
        err_free(e);
        if (e || slice_eq_str(buf_slice(&answer), "true"))
            return NULL;
        if (round == 0)
            log_warn("the register contract does not know these measurements yet, waiting",
                     LOG_SLICE("arguments", buf_slice(&args)));
        if (stop_rest(stop, APPROVAL_PAUSE_MS))
            break;
    }
    return err_new(ERR_DENIED, "%s has not approved the measurements %.*s", s->operator_account_id,
                   SLICE_FMT(buf_slice(&args)));
}

static struct err *send_registration(const struct identity *i, const struct worker_settings *s, struct slice quote)
{
    AUTO(credentials) struct credentials init = {0};
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    AUTO(buf) struct buf args = {0};
    TRY_DOING(credentials_read_file(s->init_account_credentials, &init), "reading INIT_ACCOUNT_CREDENTIALS");
    TRY(signer_new(&(struct signer_config){.rpc = {.url = s->near_rpc_url}, .account_id = &init.account_id, .key = &init.key},
                   &signer));
    buf_append_fmt(&args, "{\"public_key\":\"%s\",\"tdx_quote_hex\":\"", i->text);
    hex_append(&args, quote);
    buf_append_str(&args, "\"}");
    TRY(signer_call(signer, slice_str(s->operator_account_id), "register_worker_key", buf_slice(&args), REGISTER_GAS, 0,
                    TX_LEVEL_FINAL, &outcome));
    return tx_outcome_expect(&outcome, "register_worker_key");
}

struct err *identity_register(const struct identity *i, const struct worker_settings *s, struct stop *stop)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf quote = {0};
    bool registered = false;
    TRY(rpc_client_new(&(struct rpc_config){.url = s->near_rpc_url}, &rpc));
    TRY_DOING(is_registered(rpc, i, s, &registered), "looking for the worker's key on %s", s->operator_account_id);
    if (registered)
        return NULL;
    TRY(identity_quote(i, &quote));
    TRY(wait_for_approval(rpc, s, buf_slice(&quote), stop));
    TRY_DOING(send_registration(i, s, buf_slice(&quote)), "registering the worker's key");
    log_info("the worker's key is registered", LOG_STR("public_key", i->text), LOG_STR("account", s->operator_account_id));
    return NULL;
}
