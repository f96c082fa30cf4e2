#include "worker/registration.h"
#include "base/log.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include "near/signer.h"
#include "tee/measurements.h"
#include "tee/worker_key.h"

#define REGISTER_GAS UINT64_C(300000000000000)

struct err *registration_look(const struct worker_settings *s, const struct public_key *key)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    struct rpc_access_key found;
    TRY(rpc_client_new(&(struct rpc_config){.url = s->near_rpc_url}, &rpc));
    struct err *e = *s->init_account_credentials
                        ? tee_worker_key_check_able(rpc, slice_str(s->operator_account_id), slice_str(s->contract_id), key)
                        : rpc_view_access_key(rpc, slice_str(s->operator_account_id), key, &found);
    return err_doing(e, "looking for the worker's key on %s", s->operator_account_id);
}

/* True when the contract gives a nonce; contracts of the reference know none. */
static bool ask_nonce(struct rpc_client *rpc, const struct worker_settings *s, uint8_t nonce[IDENTITY_NONCE_LEN])
{
    AUTO(buf) struct buf answer = {0};
    AUTO(json) json_t *text = NULL;
    struct err *e = rpc_view_call(rpc, slice_str(s->operator_account_id), "get_registration_nonce", SLICE("{}"), &answer);
    if (!e)
        e = json_doc_parse(buf_slice(&answer), &text);
    bool known = !e && hex_decode(json_doc_text(text), nonce, IDENTITY_NONCE_LEN, NULL);
    if (!known)
        log_debug("the register contract gives no nonce, the quote goes without");
    err_free(e);
    return known;
}

/* Before gas is spent. When the question itself fails the transaction will tell. */
static struct err *check_approved(struct rpc_client *rpc, const struct worker_settings *s, struct slice quote)
{
    AUTO(buf) struct buf json = {0};
    AUTO(buf) struct buf args = {0};
    AUTO(buf) struct buf answer = {0};
    struct measurements m;
    TRY(measurements_of_quote(quote, &m));
    measurements_write_json(&m, &json);
    buf_append_fmt(&args, "{\"measurements\":%s}", buf_str(&json));
    AUTO(err) struct err *e =
        rpc_view_call(rpc, slice_str(s->operator_account_id), "is_measurements_approved", buf_slice(&args), &answer);
    if (e)
        log_warn("cannot ask whether the measurements are approved, going on", LOG_ERR(e));
    if (e || slice_eq_str(buf_slice(&answer), "true"))
        return NULL;
    return err_new(ERR_DENIED,
                   "%s does not approve this worker's measurements; its owner does with"
                   " `outlayer tee approve %s --network %s --measurements '%s'`",
                   s->operator_account_id, s->operator_account_id, s->network_id, buf_str(&json));
}

static struct err *send_quote(const struct worker_settings *s, const struct public_key *key, struct slice quote)
{
    AUTO(credentials) struct credentials init = {0};
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    AUTO(buf) struct buf args = {0};
    char text[KEY_TEXT_MAX];
    TRY_DOING(credentials_read_file(s->init_account_credentials, &init), "reading INIT_ACCOUNT_CREDENTIALS");
    TRY(signer_new(&(struct signer_config){.rpc = {.url = s->near_rpc_url}, .account_id = &init.account_id, .key = &init.key},
                   &signer));
    buf_append_fmt(&args, "{\"public_key\":\"%s\",\"tdx_quote_hex\":\"", public_key_text(key, text));
    hex_append(&args, quote);
    buf_append_str(&args, "\"}");
    TRY(signer_call(signer, slice_str(s->operator_account_id), "register_worker_key", buf_slice(&args), REGISTER_GAS, 0,
                    TX_LEVEL_FINAL, &outcome));
    return tx_outcome_expect(&outcome, "register_worker_key");
}

struct err *registration_send(const struct worker_settings *s, struct identity *i)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf quote = {0};
    uint8_t nonce[IDENTITY_NONCE_LEN];
    struct public_key key = identity_public_key(i);
    char text[KEY_TEXT_MAX];
    TRY(rpc_client_new(&(struct rpc_config){.url = s->near_rpc_url}, &rpc));
    TRY(identity_quote_key(i, ask_nonce(rpc, s, nonce) ? nonce : NULL, &quote));
    TRY(check_approved(rpc, s, buf_slice(&quote)));
    TRY_DOING(send_quote(s, &key, buf_slice(&quote)),
              "registering the worker's key with the account of INIT_ACCOUNT_CREDENTIALS");
    log_info("the worker's key is registered", LOG_STR("public_key", public_key_text(&key, text)),
             LOG_STR("account", s->operator_account_id));
    return NULL;
}
