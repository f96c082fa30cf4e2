/* The books of deposits for secrets, payment keys and wallet policies, of withdrawn fees, and of top-ups with NEAR. */
#include "property_books.h"
#include <stdlib.h>
#include <string.h>

/* Secrets */

static size_t json_len(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t len = text ? strlen(text) : 0;
    free(text);
    return len;
}

/* "s<owner> <accessor> <profile>" */
static void name_secret(const struct account_id *owner, const json_t *accessor, const char *profile, char out[LEDGER_KEY_MAX])
{
    char *text = json_dumps(accessor, JSON_COMPACT | JSON_ENCODE_ANY);
    snprintf(out, LEDGER_KEY_MAX, "s%s %s %s", owner->text, text ? text : "", profile);
    free(text);
}

static size_t accessor_bytes(const json_t *accessor)
{
    const json_t *project = json_object_get(accessor, "Project"), *hash = json_object_get(accessor, "WasmHash"),
                 *repo = json_object_get(accessor, "Repo");
    if (project)
        return 1 + 4 + json_string_length(json_object_get(project, "project_id"));
    if (hash)
        return 1 + 4 + json_string_length(json_object_get(hash, "hash"));
    if (repo) {
        const json_t *branch = json_object_get(repo, "branch");
        return 1 + 4 + json_string_length(json_object_get(repo, "repo")) + 1 +
               (json_is_string(branch) ? 4 + json_string_length(branch) : 0);
    }
    return 2;
}

/* As docs/contract.md says: 150 bytes, the key, the ciphertext and the condition; 108 and the key once more with a vault. */
static size_t secret_bytes(const struct ledger_deposit *d)
{
    return 150 + d->key_bytes + d->content_len + d->access_len + (d->with_vault ? 108 + d->key_bytes : 0);
}

/* The record is worth `bytes` now: the difference is paid or comes back. */
static struct err *reprice(struct seen *s, struct ledger_deposit *d)
{
    u128 available = d->yocto + seen_attached(s), required = books_price(secret_bytes(d));
    if (available < required)
        return err_new(ERR_BUG, "%s for less than its price", d->key);
    d->yocto = required;
    return seen_pays(s, &s->receipt->predecessor, available - required);
}

static struct err *hold_floor(struct ledger *l, const struct account_id *owner, bool payment_key, size_t *bytes)
{
    char key[LEDGER_KEY_MAX];
    snprintf(key, sizeof key, "n%s", owner->text);
    *bytes = payment_key && !books_held(l, key) ? 49 + owner->len : 0;
    return *bytes ? books_hold(l, key, *bytes) : NULL;
}

/* The caller, or the agent whose key is named: its account is the key in hex. */
static struct account_id owner_of(const struct seen *s)
{
    struct account_id agent;
    struct slice curve, hex = slice_cut(slice_str(seen_text(s, "agent_pubkey")), ':', &curve);
    if (hex.len == 0)
        return s->receipt->predecessor;
    err_free(account_id_parse(hex, &agent));
    return agent;
}

static struct err *on_store(struct ledger *l, struct seen *s)
{
    char key[LEDGER_KEY_MAX];
    const struct account_id id = owner_of(s), *owner = &id;
    const json_t *accessor = json_object_get(s->args, "accessor");
    size_t floor_bytes;
    name_secret(owner, accessor, seen_text(s, "profile"), key);
    struct ledger_deposit *d = books_held(l, key);
    bool had = d != NULL;
    if (!had) {
        TRY(hold_floor(l, owner, json_object_get(accessor, "System") != NULL, &floor_bytes));
        TRY(books_hold(l, key, 0));
        d = books_held(l, key);
        d->key_bytes = accessor_bytes(accessor) + 4 + strlen(seen_text(s, "profile")) + 4 + owner->len;
    }
    d->content_len = strlen(seen_text(s, "encrypted_secrets_base64"));
    d->access_len = json_len(json_object_get(s->args, "access"));
    d->with_vault |= json_is_string(json_object_get(s->args, "vault_id"));
    if (had)
        return reprice(s, d);
    d->yocto = books_price(secret_bytes(d));
    return seen_returns_excess(s, secret_bytes(d) + floor_bytes);
}

static struct err *find_secret(struct ledger *l, const struct seen *s, struct ledger_deposit **d)
{
    char key[LEDGER_KEY_MAX];
    struct account_id owner = owner_of(s);
    name_secret(&owner, json_object_get(s->args, "accessor"), seen_text(s, "profile"), key);
    *d = books_held(l, key);
    return *d ? NULL : err_new(ERR_BUG, "%s is not there", key);
}

static struct err *on_update_access(struct ledger *l, struct seen *s)
{
    struct ledger_deposit *d;
    TRY(find_secret(l, s, &d));
    d->access_len = json_len(json_object_get(s->args, "new_access"));
    return reprice(s, d);
}

static struct err *on_unbind(struct ledger *l, struct seen *s)
{
    struct ledger_deposit *d;
    TRY(find_secret(l, s, &d));
    d->with_vault = false; /* the next change of the record gives it back */
    return NULL;
}

static struct err *on_delete_secret(struct ledger *l, struct seen *s)
{
    struct ledger_deposit *d;
    u128 yocto;
    TRY(find_secret(l, s, &d));
    TRY(books_release(l, d->key, &yocto));
    return seen_pays(s, &s->receipt->predecessor, yocto);
}

void books_name_payment_key(const char *owner, uint64_t nonce, char out[LEDGER_KEY_MAX])
{
    snprintf(out, LEDGER_KEY_MAX, "s%s {\"System\":\"PaymentKey\"} %llu", owner, (unsigned long long)nonce);
}

/* The answer, the first, is on its way to the call that waits. A top-up is no new price, but the next change of the record counts what it left. */
static struct err *on_answered(struct ledger *l, struct seen *s)
{
    const json_t *success = json_object_get(json_object_get(s->args, "result"), "Success");
    for (size_t i = 0; i < LEDGER_WAITS_MAX; i++) {
        struct ledger_wait *w = &l->waits[i];
        struct ledger_deposit *d = books_held(l, w->key);
        if (strcmp(w->data_id, seen_text(s, "data_id")) != 0 || w->answered)
            continue;
        w->answered = true;
        if (d && success)
            d->topped_up_len = json_string_length(json_object_get(success, "new_encrypted_data"));
    }
    return NULL;
}

static struct err *on_delete_key(struct ledger *l, struct seen *s)
{
    l->strays++;
    return seen_returns_above_yocto(s);
}

static struct err *on_key_deleted(struct ledger *l, struct seen *s)
{
    char key[LEDGER_KEY_MAX];
    struct account_id owner = seen_account(s, "owner");
    u128 yocto;
    if (!seen_logs(s, "Deleted payment key"))
        return NULL;
    books_name_payment_key(owner.text, seen_number(s, "nonce"), key);
    TRY(books_release(l, key, &yocto));
    return seen_pays(s, &owner, yocto);
}

const struct booking secret_bookings[] = {
    {"store_secrets", on_store},
    {"store_agent_secret", on_store},
    {"delete_agent_secret", on_delete_secret},
    {"update_access", on_update_access},
    {"unbind_secret_vault", on_unbind},
    {"delete_secrets", on_delete_secret},
    {"resume_topup", on_answered},
    {"delete_payment_key", on_delete_key},
    {"on_delete_payment_key_response", on_key_deleted},
    {0},
};

/* Wallets */

static void name_wallet(const char *wallet, char out[LEDGER_KEY_MAX])
{
    snprintf(out, LEDGER_KEY_MAX, "k%s", wallet);
}

static size_t wallet_bytes(const struct ledger_deposit *d)
{
    return 141 + strlen(d->key + 1) + d->content_len + (d->refund_to.len ? 68 : 0);
}

static const struct account_id *beneficiary(const struct ledger_deposit *d)
{
    return d->refund_to.len ? &d->refund_to : &d->owner;
}

static struct err *update_policy(struct seen *s, struct ledger_deposit *d)
{
    if (!account_id_eq(&s->receipt->predecessor, &d->owner))
        return err_new(ERR_BUG, "%s was changed by a stranger", d->key);
    u128 old = d->yocto, required = books_price(wallet_bytes(d)), freed = old > required ? old - required : 0;
    if (old + seen_attached(s) < required)
        return err_new(ERR_BUG, "%s for less than its price", d->key);
    d->yocto = required;
    TRY(seen_pays(s, beneficiary(d), freed));
    return seen_pays(s, &d->owner, old + seen_attached(s) - required - freed);
}

static struct err *on_store_policy(struct ledger *l, struct seen *s)
{
    char key[LEDGER_KEY_MAX];
    name_wallet(seen_text(s, "wallet_pubkey"), key);
    struct ledger_deposit *d = books_held(l, key);
    bool had = d != NULL;
    if (!had) {
        TRY(books_hold(l, key, 0));
        d = books_held(l, key);
        d->owner = s->receipt->predecessor;
        if (json_is_string(json_object_get(s->args, "storage_refund_to")))
            d->refund_to = seen_account(s, "storage_refund_to");
    }
    d->content_len = strlen(seen_text(s, "encrypted_data"));
    if (had)
        return update_policy(s, d);
    d->yocto = books_price(wallet_bytes(d));
    return seen_returns_excess(s, wallet_bytes(d));
}

static struct err *on_delete_policy(struct ledger *l, struct seen *s)
{
    char key[LEDGER_KEY_MAX];
    u128 yocto;
    name_wallet(seen_text(s, "wallet_pubkey"), key);
    const struct ledger_deposit *d = books_held(l, key);
    if (!d || !account_id_eq(&s->receipt->predecessor, &d->owner))
        return err_new(ERR_BUG, "%s was deleted by a stranger, or twice", key);
    struct account_id to = *beneficiary(d);
    TRY(books_release(l, key, &yocto));
    return seen_pays(s, &to, yocto);
}

static struct err *on_pass_on(struct ledger *l, struct seen *s)
{
    char key[LEDGER_KEY_MAX];
    const json_t *wallet = json_object_get(json_object_get(s->args, "item"), "WalletPolicy");
    name_wallet(json_string_value(json_object_get(wallet, "wallet_pubkey")), key);
    struct ledger_deposit *d = books_held(l, key);
    if (!d || !account_id_eq(&s->receipt->predecessor, beneficiary(d)))
        return err_new(ERR_BUG, "%s: the deposit was taken by a stranger", key);
    d->refund_to = seen_account(s, "storage_refund_to");
    return NULL;
}

/* Fees: a payout that does not arrive comes back as a stray, which the callback turns into fees again. */

static struct err *on_withdraw_fees(struct ledger *l, struct seen *s)
{
    bool some = json_is_string(json_object_get(s->args, "amount"));
    u128 amount = some ? seen_amount(s, "amount") : l->fees - l->fees_withdrawn;
    struct account_id to = s->receipt->predecessor;
    if (json_is_string(json_object_get(s->args, "receiver_id")))
        to = seen_account(s, "receiver_id");
    if (amount == 0 || amount > l->fees - l->fees_withdrawn)
        return err_new(ERR_BUG, "more fees withdrawn than there are");
    l->fees_withdrawn += amount;
    l->strays++;
    TRY(seen_returns_above_yocto(s));
    return seen_pays(s, &to, amount);
}

static struct err *on_fees_withdrawn(struct ledger *l, struct seen *s)
{
    u128 amount = seen_amount(s, "amount");
    if (!seen_logs(s, "The transfer to"))
        return NULL;
    l->fees_withdrawn -= amount;
    l->strays -= amount;
    return NULL;
}

/* Top-ups with NEAR: what is wrapped leaves at once, the reserve stays until it is known whether there is something to swap. */

static struct err *on_near_top_up(struct ledger *l, struct seen *s)
{
    u128 reserve = l->prices[0] + 10000 * l->prices[1] + 120000 * l->prices[2] + 1, cent = books_price(1000);
    reserve = reserve > cent ? reserve : cent;
    if (seen_attached(s) < reserve + cent)
        return err_new(ERR_BUG, "a top-up for less than its least");
    l->reserves += reserve - 1;
    return seen_pays(s, &l->wrap, seen_attached(s) - reserve + 1);
}

static struct err *on_wrapped(struct ledger *l, struct seen *s)
{
    u128 wrapped = seen_amount(s, "wrapped"), reserve = seen_amount(s, "reserve");
    struct account_id owner = seen_account(s, "owner");
    bool requested = json_is_true(json_object_get(s->args, "requested")), failed = seen_logs(s, "Top-up of");
    if (requested && !failed)
        return NULL;
    u128 came_back = requested ? reserve - 1 : wrapped + 1;
    if (!requested)
        l->reserves -= reserve - 1;
    if (!failed)
        return seen_pays(s, &l->contract, reserve - 1); /* the request */
    l->strays -= came_back;
    return seen_pays(s, &owner, requested ? came_back : came_back + reserve - 1);
}

const struct booking wallet_bookings[] = {
    {"store_wallet_policy", on_store_policy}, {"delete_wallet_policy", on_delete_policy},
    {"set_storage_refund_to", on_pass_on},    {"withdraw_fees", on_withdraw_fees},
    {"on_withdraw_fees", on_fees_withdrawn},  {"top_up_payment_key_with_near", on_near_top_up},
    {"on_near_top_up", on_wrapped},           {0},
};
