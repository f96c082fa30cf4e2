/* The books of the stablecoin: every unit that the token says the contract has is in one balance, in one developer's earnings, attached to
 * one open request, kept for a payment key or a subscription, or on its way in or out. */
#include "property_books.h"
#include <string.h>

enum { FULL_SHARE_BP = 10000 };

struct ledger_account *books_account(struct ledger *l, const struct account_id *id)
{
    for (size_t i = 0; i < l->account_count; i++) {
        if (account_id_eq(&l->accounts[i].id, id))
            return &l->accounts[i];
    }
    if (l->account_count == LEDGER_ACCOUNTS_MAX)
        return &l->accounts[0]; /* the tests have fewer; a mix-up would show */
    struct ledger_account *a = &l->accounts[l->account_count++];
    *a = (struct ledger_account){.id = *id};
    return a;
}

u128 ledger_owed_usd(const struct ledger *l)
{
    u128 sum = l->usd_kept + l->usd_coming + l->usd_going + l->usd_strays;
    for (size_t i = 0; i < l->account_count; i++)
        sum += l->accounts[i].balance + l->accounts[i].earnings;
    for (size_t i = 0; i < l->request_count; i++)
        sum += l->requests[i].usd;
    return sum;
}

/* Requests */

/* The member `operation` of the input, trimmed: the tests name it once or not at all. */
static void read_operation(const char *input, char *out, size_t room)
{
    AUTO(json) json_t *doc = NULL;
    struct err *e = json_doc_parse(slice_str(input), &doc);
    err_free(e);
    const char *text = e ? NULL : json_string_value(json_object_get(doc, "operation"));
    size_t len;
    for (; text && *text == ' '; text++) {
    }
    snprintf(out, room, "%s", text ? text : "");
    for (len = strlen(out); len && out[len - 1] == ' ';)
        out[--len] = '\0';
}

void books_attach_usd(struct ledger *l, const struct seen *s, struct ledger_request *r)
{
    const json_t *project = json_object_get(json_object_get(s->args, "source"), "Project");
    const char *id = json_string_value(json_object_get(project, "project_id")),
               *usd = json_string_value(json_object_get(json_object_get(s->args, "params"), "attached_usd"));
    snprintf(r->project, sizeof r->project, "%s", id ? id : "");
    read_operation(seen_text(s, "input_data"), r->operation, sizeof r->operation);
    if (usd && u128_parse(slice_str(usd), &r->usd))
        books_account(l, &r->sender)->balance -= r->usd;
}

void books_return_usd(struct ledger *l, const struct ledger_request *r)
{
    books_account(l, &r->sender)->balance += r->usd;
}

static const struct ledger_price *price_of(const struct ledger *l, const char *project, const char *operation)
{
    for (size_t i = 0; i < l->price_count; i++) {
        if (strcmp(l->price_list[i].project, project) == 0 && strcmp(l->price_list[i].operation, operation) == 0)
            return &l->price_list[i];
    }
    return NULL;
}

static u128 smaller(u128 a, u128 b)
{
    return a < b ? a : b;
}

void books_settle_usd(struct ledger *l, const struct ledger_request *r)
{
    const struct ledger_price *price = price_of(l, r->project, r->operation);
    u128 chargeable = price ? smaller(price->price, r->usd) : r->usd;
    u128 earned = chargeable - smaller(r->refund_usd, chargeable), author;
    char key[LEDGER_KEY_MAX];
    struct account_id owner;
    struct slice owner_text;
    snprintf(key, sizeof key, "p%s", r->project);
    if (!books_held(l, key))
        earned = 0; /* nobody to pay */
    books_account(l, &r->sender)->balance += r->usd - earned;
    if (earned == 0)
        return;
    slice_cut(slice_str(r->project), '/', &owner_text);
    err_free(account_id_parse(owner_text, &owner));
    author = price ? earned * price->share_bp / FULL_SHARE_BP : 0;
    if (author)
        books_account(l, &price->author)->earnings += author;
    books_account(l, &owner)->earnings += earned - author;
}

/* Prices */

void books_unprice(struct ledger *l, const char *project_id)
{
    for (size_t i = l->price_count; i-- > 0;) {
        if (strcmp(l->price_list[i].project, project_id) == 0)
            l->price_list[i] = l->price_list[--l->price_count];
    }
}

static struct err *on_set_prices(struct ledger *l, struct seen *s)
{
    const json_t *pricing = json_object_get(s->args, "pricing"), *op;
    const char *id = seen_text(s, "project_id");
    size_t i;
    books_unprice(l, id);
    json_array_foreach(json_object_get(pricing, "operations"), i, op)
    {
        if (l->price_count == LEDGER_PRICES_MAX)
            return err_new(ERR_BUG, "more prices than the books hold");
        struct ledger_price *p = &l->price_list[l->price_count++];
        snprintf(p->project, sizeof p->project, "%s", id);
        snprintf(p->operation, sizeof p->operation, "%s", json_string_value(json_object_get(op, "operation")));
        u128_parse(json_doc_text(json_object_get(op, "price_usd")), &p->price);
        p->share_bp = (unsigned)json_integer_value(json_object_get(op, "developer_share_bp"));
        err_free(account_id_parse(json_doc_text(json_object_get(pricing, "author_account_id")), &p->author));
    }
    return NULL;
}

static struct err *on_remove_prices(struct ledger *l, struct seen *s)
{
    books_unprice(l, seen_text(s, "project_id"));
    return NULL;
}

/* In */

static struct err *arrived(struct ledger *l, u128 amount)
{
    if (l->usd_coming < amount)
        return err_new(ERR_BUG, "more was booked than came");
    l->usd_coming -= amount;
    return NULL;
}

static struct err *on_transfer(struct ledger *l, struct seen *s)
{
    AUTO(json) json_t *msg = NULL;
    struct account_id sender = seen_account(s, "sender_id");
    u128 amount = seen_amount(s, "amount");
    TRY(json_doc_parse(slice_str(seen_text(s, "msg")), &msg));
    const char *action = json_string_value(json_object_get(msg, "action"));
    if (strcmp(action, "top_up_payment_key") == 0)
        return NULL; /* until the operator answers */
    TRY(arrived(l, amount));
    if (strcmp(action, "deposit_balance") == 0)
        books_account(l, &sender)->balance += amount;
    else
        l->usd_kept += amount;
    return NULL;
}

static struct err *on_top_up(struct ledger *l, struct seen *s)
{
    u128 amount = seen_amount(s, "amount");
    char key[LEDGER_KEY_MAX];
    if (!slice_eq_str(s->outcome->value, "\"0\""))
        return NULL; /* the token takes it back */
    books_name_payment_key(seen_text(s, "owner"), seen_number(s, "nonce"), key);
    struct ledger_deposit *d = books_held(l, key);
    if (!d)
        return err_new(ERR_BUG, "%s was topped up without being there", key);
    d->content_len = d->topped_up_len;
    l->usd_kept += amount;
    return arrived(l, amount);
}

/* Out */

static struct err *leave(struct ledger *l, struct seen *s, u128 *from)
{
    if (*from == 0)
        return err_new(ERR_BUG, "a withdrawal of nothing");
    l->usd_going += *from;
    *from = 0;
    TRY(seen_returns_above_yocto(s));
    return seen_pays(s, &l->token, 1);
}

static struct err *on_withdraw_balance(struct ledger *l, struct seen *s)
{
    return leave(l, s, &books_account(l, &s->receipt->predecessor)->balance);
}

static struct err *on_withdraw_earnings(struct ledger *l, struct seen *s)
{
    return leave(l, s, &books_account(l, &s->receipt->predecessor)->earnings);
}

/* What the token did not take is there again, once. */
static struct err *come_back(struct ledger *l, struct seen *s, bool earnings)
{
    struct account_id id = seen_account(s, "developer");
    struct ledger_account *a = books_account(l, &id);
    u128 amount = seen_amount(s, "amount");
    if (!seen_logs(s, "ft_transfer failed"))
        return NULL;
    if (l->usd_going < amount)
        return err_new(ERR_BUG, "restored what has been paid");
    l->usd_going -= amount;
    *(earnings ? &a->earnings : &a->balance) += amount;
    return NULL;
}

static struct err *on_balance_withdrawn(struct ledger *l, struct seen *s)
{
    return come_back(l, s, false);
}

static struct err *on_earnings_withdrawn(struct ledger *l, struct seen *s)
{
    return come_back(l, s, true);
}

const struct booking token_bookings[] = {
    {"set_project_pricing", on_set_prices},
    {"remove_project_pricing", on_remove_prices},
    {"ft_on_transfer", on_transfer},
    {"on_top_up_response", on_top_up},
    {"withdraw_stablecoin_balance", on_withdraw_balance},
    {"withdraw_developer_earnings", on_withdraw_earnings},
    {"on_withdraw_stablecoin_balance", on_balance_withdrawn},
    {"on_withdraw_developer_earnings", on_earnings_withdrawn},
    {0},
};

/* The token's side */

static struct err *on_sent(struct ledger *l, const struct seen *s, const char *method)
{
    u128 amount = seen_amount(s, "amount");
    if (account_id_eq(&s->receipt->predecessor, &l->contract)) {
        if (l->usd_going < amount)
            return err_new(ERR_BUG, "the contract sends what it owes others");
        l->usd_going -= amount;
        return NULL;
    }
    struct account_id to = seen_account(s, "receiver_id");
    if (account_id_eq(&to, &l->contract))
        *(strcmp(method, "ft_transfer") == 0 ? &l->usd_strays : &l->usd_coming) += amount;
    return NULL;
}

static struct err *on_resolved(struct ledger *l, const struct seen *s)
{
    u128 amount = seen_amount(s, "amount"), used;
    struct account_id to = seen_account(s, "receiver_id");
    if (!account_id_eq(&to, &l->contract))
        return NULL;
    if (s->outcome->value.len < 3 || !u128_parse(slice_from(s->outcome->value.ptr + 1, s->outcome->value.len - 2), &used))
        return err_new(ERR_BUG, "the token does not say what was used");
    return arrived(l, amount - used);
}

struct err *books_take_token(struct ledger *l, const struct chain_receipt *r)
{
    AUTO(json) json_t *args = NULL;
    if (r->receipt.action_count != 1 || r->receipt.actions[0].kind != ACTION_FUNCTION_CALL ||
        r->outcome.status == OUTCOME_FAILURE)
        return NULL;
    struct slice method = r->receipt.actions[0].call.method;
    err_free(json_doc_parse(r->receipt.actions[0].call.args, &args));
    const struct seen s = {.receipt = &r->receipt, .outcome = &r->outcome, .args = args};
    if (slice_eq_str(method, "ft_transfer"))
        return on_sent(l, &s, "ft_transfer");
    if (slice_eq_str(method, "ft_transfer_call"))
        return on_sent(l, &s, "ft_transfer_call");
    return slice_eq_str(method, "ft_resolve_transfer") ? on_resolved(l, &s) : NULL;
}
