#include "property_ledger.h"
#include "base/mem.h"
#include "devnet/runtime/fees.h"
#include "event_check.h"

#define BYTE_PRICE ((u128)10000000000000000000u) /* yocto, of a record */

enum { PROJECT_BYTES = 241, VERSION_BYTES = 238, ACCEPTANCE_BYTES = 69, PAYOUTS_MAX = 1024 };

/* A call that ran on the contract. */
struct seen {
    const struct receipt *receipt;
    const struct outcome *outcome;
    const json_t *args;
    struct payout {
        struct account_id to;
        u128 yocto;
    } payouts[PAYOUTS_MAX];
    size_t payout_count, payouts_read;
};

void ledger_init(struct ledger *l, struct account_id contract)
{
    *l = (struct ledger){
        .contract = contract,
        .prices = {(u128)1000 * 1000000000000000000u, 100000000000000u, 100000000000000000u, 100000000000000000u}};
}

void ledger_free(struct ledger *l)
{
    mem_free(l->requests);
    mem_free(l->deposits);
    *l = (struct ledger){0};
}

/* Requests */

const struct ledger_request *ledger_find(const struct ledger *l, uint64_t id)
{
    for (size_t i = 0; i < l->request_count; i++) {
        if (l->requests[i].id == id)
            return &l->requests[i];
    }
    return NULL;
}

static void open_request(struct ledger *l, struct ledger_request r)
{
    if (l->request_count == l->request_room) {
        l->request_room = l->request_room ? l->request_room * 2 : 16;
        l->requests = mem_realloc(l->requests, l->request_room * sizeof *l->requests);
    }
    l->requests[l->request_count++] = r;
}

static void close_request(struct ledger *l, const struct ledger_request *r)
{
    size_t at = (size_t)(r - l->requests);
    memmove(l->requests + at, l->requests + at + 1, (--l->request_count - at) * sizeof *l->requests);
}

/* Deposits */

static void hold(struct ledger *l, const char *key, u128 yocto)
{
    if (l->deposit_count == l->deposit_room) {
        l->deposit_room = l->deposit_room ? l->deposit_room * 2 : 16;
        l->deposits = mem_realloc(l->deposits, l->deposit_room * sizeof *l->deposits);
    }
    struct ledger_deposit *d = &l->deposits[l->deposit_count++];
    d->yocto = yocto;
    snprintf(d->key, sizeof d->key, "%s", key);
}

static struct ledger_deposit *held(struct ledger *l, const char *key)
{
    for (size_t i = 0; i < l->deposit_count; i++) {
        if (strcmp(l->deposits[i].key, key) == 0)
            return &l->deposits[i];
    }
    return NULL;
}

/* Ends one that must be there. */
static struct err *release_one(struct ledger *l, const char *key, u128 *yocto)
{
    struct ledger_deposit *d = held(l, key);
    if (!d)
        return err_new(ERR_BUG, "%s ended without being there", key);
    *yocto = d->yocto;
    *d = l->deposits[--l->deposit_count];
    return NULL;
}

/* Ends every deposit whose key starts with `head`; their sum. */
static u128 release(struct ledger *l, const char *head)
{
    u128 sum = 0;
    for (size_t i = l->deposit_count; i-- > 0;) {
        if (strncmp(l->deposits[i].key, head, strlen(head)) != 0)
            continue;
        sum += l->deposits[i].yocto;
        l->deposits[i] = l->deposits[--l->deposit_count];
    }
    return sum;
}

u128 ledger_owed(const struct ledger *l)
{
    u128 sum = l->fees;
    for (size_t i = 0; i < l->request_count; i++)
        sum += l->requests[i].payment;
    for (size_t i = 0; i < l->deposit_count; i++)
        sum += l->deposits[i].yocto;
    return sum;
}

/* Reading a call */

static const char *text_of(const struct seen *s, const char *name)
{
    const char *text = json_string_value(json_object_get(s->args, name));
    return text ? text : "";
}

static struct account_id account_of(const struct seen *s, const char *name)
{
    struct account_id id = {0};
    err_free(account_id_parse(slice_str(text_of(s, name)), &id));
    return id;
}

static uint64_t number_of(const struct seen *s, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(s->args, name));
}

static const struct action *call_of(const struct receipt *r)
{
    return r->action_count == 1 && r->actions[0].kind == ACTION_FUNCTION_CALL ? &r->actions[0] : NULL;
}

static u128 attached(const struct seen *s)
{
    return actions_deposit(s->receipt->actions, s->receipt->action_count);
}

/* The next payout is exactly this; nothing is paid where there is nothing to pay. */
static struct err *expect_payout(struct seen *s, const struct account_id *to, u128 yocto)
{
    char want[U128_DIGITS_MAX];
    int len = (int)u128_format(yocto, want);
    if (yocto == 0)
        return NULL;
    if (s->payouts_read == s->payout_count)
        return err_new(ERR_BUG, "%.*s yocto for %s are not paid", len, want, to->text);
    const struct payout *p = &s->payouts[s->payouts_read++];
    if (p->yocto != yocto || !account_id_eq(&p->to, to))
        return err_new(ERR_BUG, "another payout than %.*s yocto for %s", len, want, to->text);
    return NULL;
}

/* Execution */

static struct err *on_request(struct ledger *l, struct seen *s)
{
    struct ledger_request r = {.id = l->next_id++, .payment = attached(s), .sender = s->receipt->predecessor};
    r.payer = json_is_string(json_object_get(s->args, "payer_account_id")) ? account_of(s, "payer_account_id") : r.sender;
    open_request(l, r);
    return NULL;
}

static bool add_product(u128 *sum, u128 price, json_t *count)
{
    u128 part;
    return u128_mul(price, (u128)json_integer_value(count), &part) && u128_add(*sum, part, sum);
}

/* By the price list, at most `payment`; the base fee for what failed or never came (`element` is NULL then). */
static u128 charge_of(const struct ledger *l, const json_t *element, u128 payment)
{
    const json_t *used = json_object_get(element, "resources_used");
    u128 sum = l->prices[0];
    AUTO(json) json_t *millions = json_integer(json_integer_value(json_object_get(used, "instructions")) / 1000000);
    bool fits = true;
    if (json_is_true(json_object_get(element, "success")))
        fits = add_product(&sum, l->prices[1], millions) && add_product(&sum, l->prices[2], json_object_get(used, "time_ms")) &&
               add_product(&sum, l->prices[3], json_object_get(used, "compile_time_ms"));
    return fits && sum < payment ? sum : payment;
}

/* The completed event of a settlement; NULL for a time-out, which has none. */
static json_t *completed_event(const struct seen *s)
{
    for (size_t i = 0; i < s->outcome->log_count; i++) {
        json_t *event = event_of_log(s->outcome->logs[i]);
        if (event)
            return event;
    }
    return NULL;
}

static struct err *on_response(struct ledger *l, struct seen *s)
{
    const struct ledger_request *found = ledger_find(l, number_of(s, "request_id"));
    AUTO(json) json_t *event = completed_event(s);
    if (!found)
        return event ? err_new(ERR_BUG, "a request ended twice") : NULL;
    struct ledger_request r = *found;
    u128 charge = charge_of(l, json_array_get(json_object_get(event, "data"), 0), r.payment);
    close_request(l, found);
    l->fees += charge;
    l->executions++;
    l->settled += event != NULL;
    l->timed_out += event == NULL;
    return expect_payout(s, &r.payer, r.payment - charge);
}

static struct err *give_back(struct ledger *l, struct seen *s, const struct ledger_request *found)
{
    struct ledger_request r = *found;
    close_request(l, found);
    l->cancelled++;
    return expect_payout(s, &r.payer, r.payment);
}

static struct err *on_cancel(struct ledger *l, struct seen *s)
{
    const struct ledger_request *r = ledger_find(l, number_of(s, "request_id"));
    return r ? give_back(l, s, r) : err_new(ERR_BUG, "a request ended twice");
}

static struct err *on_cancel_list(struct ledger *l, struct seen *s)
{
    size_t i;
    json_t *id;
    json_array_foreach(json_object_get(s->args, "request_ids"), i, id)
    {
        const struct ledger_request *r = ledger_find(l, (uint64_t)json_integer_value(id));
        if (r)
            TRY(give_back(l, s, r));
    }
    return NULL;
}

/* How many look-ups it spends is its own affair; that it takes the oldest is not. */
static struct err *on_clear(struct ledger *l, struct seen *s)
{
    u128 count;
    if (!u128_parse(s->outcome->value, &count) || count > l->request_count)
        return err_new(ERR_BUG, "more requests cleared than there were");
    for (; count > 0; count--)
        TRY(give_back(l, s, &l->requests[0]));
    return NULL;
}

static struct err *on_pricing(struct ledger *l, struct seen *s)
{
    static const char *const names[] = {"base_fee", "per_million_instructions_fee", "per_ms_fee", "per_compile_ms_fee"};
    for (int i = 0; i < 4; i++)
        u128_parse(slice_str(text_of(s, names[i])), &l->prices[i]);
    return NULL;
}

/* Projects */

struct key {
    char text[LEDGER_KEY_MAX];
};

/* What the key of a version ends in: "#<version key>". */
struct tail {
    char text[LEDGER_KEY_MAX / 2];
};

/* `kind`, then "<owner>/<name>", then `rest`. */
static struct key key_of(char kind, const struct account_id *owner, const char *name, const char *rest)
{
    struct key k;
    snprintf(k.text, sizeof k.text, "%c%s/%s%s", kind, owner->text, name, rest);
    return k;
}

static struct key acceptance_key(const struct account_id *to, const struct account_id *from, const char *name)
{
    struct key k;
    snprintf(k.text, sizeof k.text, "a%s,%s/%s", to->text, from->text, name);
    return k;
}

static const char *source_text(const json_t *source, const char *name)
{
    const char *text = json_string_value(json_object_get(source, name));
    return text ? text : "";
}

/* Bytes of a version's record, and the tail of its key. */
static size_t version_of(const json_t *source, struct tail *rest)
{
    const json_t *github = json_object_get(source, "GitHub"), *url = json_object_get(source, "WasmUrl");
    const json_t *code = github ? github : url;
    if (github)
        snprintf(rest->text, sizeof rest->text, "#%s@%s", source_text(code, "repo"), source_text(code, "commit"));
    else
        snprintf(rest->text, sizeof rest->text, "#%s", source_text(code, "hash"));
    return VERSION_BYTES + strlen(source_text(code, "build_target")) +
           (github ? strlen(source_text(code, "repo")) + strlen(source_text(code, "commit"))
                   : strlen(source_text(code, "url")) + strlen(source_text(code, "hash")));
}

static struct err *hold_new(struct ledger *l, const struct key *key, size_t bytes)
{
    if (held(l, key->text))
        return err_new(ERR_BUG, "%s was there already", key->text);
    hold(l, key->text, bytes * BYTE_PRICE);
    return NULL;
}

static struct err *return_excess(struct seen *s, size_t bytes)
{
    if (attached(s) < bytes * BYTE_PRICE)
        return err_new(ERR_BUG, "a record for less than its price");
    return expect_payout(s, &s->receipt->predecessor, attached(s) - bytes * BYTE_PRICE);
}

static struct err *hold_version(struct ledger *l, struct seen *s, const char *name, size_t *bytes)
{
    struct tail rest;
    *bytes = version_of(json_object_get(s->args, "source"), &rest);
    struct key key = key_of('v', &s->receipt->predecessor, name, rest.text);
    return hold_new(l, &key, *bytes);
}

static struct err *on_create_project(struct ledger *l, struct seen *s)
{
    size_t version_bytes;
    struct key key = key_of('p', &s->receipt->predecessor, text_of(s, "name"), "");
    size_t bytes = PROJECT_BYTES + strlen(key.text + 1);
    TRY(hold_new(l, &key, bytes));
    TRY(hold_version(l, s, text_of(s, "name"), &version_bytes));
    return return_excess(s, bytes + version_bytes);
}

static struct err *on_add_version(struct ledger *l, struct seen *s)
{
    size_t bytes;
    TRY(hold_version(l, s, text_of(s, "project_name"), &bytes));
    return return_excess(s, bytes);
}

static struct err *on_remove_version(struct ledger *l, struct seen *s)
{
    struct tail rest;
    snprintf(rest.text, sizeof rest.text, "#%s", text_of(s, "version_key"));
    struct key key = key_of('v', &s->receipt->predecessor, text_of(s, "project_name"), rest.text);
    u128 yocto;
    TRY(release_one(l, key.text, &yocto));
    return expect_payout(s, &s->receipt->predecessor, yocto);
}

static struct err *on_delete_project(struct ledger *l, struct seen *s)
{
    struct key project = key_of('p', &s->receipt->predecessor, text_of(s, "project_name"), "");
    struct key versions = key_of('v', &s->receipt->predecessor, text_of(s, "project_name"), "#");
    u128 yocto;
    TRY(release_one(l, project.text, &yocto));
    return expect_payout(s, &s->receipt->predecessor, yocto + release(l, versions.text));
}

static struct err *on_accept(struct ledger *l, struct seen *s)
{
    struct account_id from = account_of(s, "from");
    struct key key = acceptance_key(&s->receipt->predecessor, &from, text_of(s, "name"));
    size_t bytes = ACCEPTANCE_BYTES + s->receipt->predecessor.len + from.len + strlen(text_of(s, "name"));
    TRY(hold_new(l, &key, bytes));
    return return_excess(s, bytes);
}

static struct err *end_acceptance(struct ledger *l, struct seen *s, const struct account_id *to, const struct account_id *from,
                                  const char *name)
{
    struct key key = acceptance_key(to, from, name);
    u128 yocto;
    TRY(release_one(l, key.text, &yocto));
    return expect_payout(s, to, yocto);
}

static struct err *on_revoke(struct ledger *l, struct seen *s)
{
    struct account_id from = account_of(s, "from");
    return end_acceptance(l, s, &s->receipt->predecessor, &from, text_of(s, "name"));
}

/* The records go on under the new owner's name; who paid for them does not matter any more. */
static struct err *on_transfer(struct ledger *l, struct seen *s)
{
    struct account_id to = account_of(s, "new_owner");
    const struct account_id *from = &s->receipt->predecessor;
    const char *name = text_of(s, "project_name");
    TRY(end_acceptance(l, s, &to, from, name));
    struct key project = key_of('p', from, name, ""), versions = key_of('v', from, name, "#");
    for (size_t i = 0; i < l->deposit_count; i++) {
        const char *key = l->deposits[i].key, *rest = key + strlen(versions.text) - 1;
        bool is_version = strncmp(key, versions.text, strlen(versions.text)) == 0;
        if (!is_version && strcmp(key, project.text) != 0)
            continue;
        struct key moved = key_of(key[0], &to, name, is_version ? rest : "");
        if (held(l, moved.text))
            return err_new(ERR_BUG, "%s was overwritten", moved.text);
        memcpy(l->deposits[i].key, moved.text, sizeof moved.text);
    }
    return NULL;
}

static const struct {
    const char *method;
    struct err *(*book)(struct ledger *l, struct seen *s);
} booked[] = {
    {"request_execution", on_request},
    {"on_execution_response", on_response},
    {"cancel_stale_execution", on_cancel},
    {"emergency_cancel_execution", on_cancel},
    {"cancel_pending_requests", on_cancel_list},
    {"clear_all_pending_requests", on_clear},
    {"set_pricing", on_pricing},
    {"create_project", on_create_project},
    {"add_version", on_add_version},
    {"remove_version", on_remove_version},
    {"delete_project", on_delete_project},
    {"accept_project_transfer", on_accept},
    {"revoke_project_transfer", on_revoke},
    {"transfer_project", on_transfer},
};

/* Receipts */

static struct err *read_payouts(struct seen *s, struct chain *c, const struct ledger *l, struct arena *arena)
{
    for (size_t i = 0; i < s->outcome->receipt_id_count; i++) {
        struct chain_receipt made;
        TRY(chain_receipt_by_id(c, &s->outcome->receipt_ids[i], arena, &made));
        u128 yocto = actions_deposit(made.receipt.actions, made.receipt.action_count);
        if (yocto == 0 || !account_id_eq(&made.receipt.predecessor, &l->contract))
            continue;
        if (s->payout_count == PAYOUTS_MAX)
            return err_new(ERR_BUG, "more payouts than a call may make");
        s->payouts[s->payout_count++] = (struct payout){made.receipt.receiver, yocto};
    }
    return NULL;
}

/* A refusal says why, whatever was asked, and leaves nothing. A request's callback never fails: nobody could end it otherwise. */
static struct err *check_refusal(struct ledger *l, const struct seen *s, struct slice method)
{
    static const char *const clean[] = {"Smart contract panicked: ", "Exceeded the prepaid gas.", "Yield resume payload is ",
                                        "MethodNotFound"};
    char text[512];
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(s->outcome->failure));
    l->refused++;
    if (s->payout_count)
        return err_new(ERR_BUG, "a refused call pays");
    if (slice_eq_str(method, "on_execution_response") && account_id_eq(&s->receipt->predecessor, &l->contract))
        return err_new(ERR_BUG, "the callback failed: %s", text);
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        if (strstr(text, clean[i]))
            return NULL;
    }
    return err_new(ERR_BUG, "failed without a word of the contract: %s", text);
}

/* Whatever came in stayed for somebody or went on. */
static struct err *book_call(struct ledger *l, struct seen *s, struct slice method)
{
    u128 before = ledger_owed(l), paid = 0;
    for (size_t i = 0; i < s->outcome->log_count; i++) {
        const char *fault = event_fault(s->outcome->logs[i]);
        if (fault)
            return err_new(ERR_BUG, "a log line has %s: %.*s", fault, SLICE_FMT(slice_first(s->outcome->logs[i], 300)));
    }
    for (size_t i = 0; i < sizeof booked / sizeof *booked; i++) {
        if (slice_eq_str(method, booked[i].method))
            TRY(booked[i].book(l, s));
    }
    if (s->payouts_read != s->payout_count)
        return err_new(ERR_BUG, "a payout that nobody has a claim to");
    for (size_t i = 0; i < s->payout_count; i++)
        paid += s->payouts[i].yocto;
    if (before + attached(s) != ledger_owed(l) + paid)
        return err_new(ERR_BUG, "what came in is not what is kept and what went out");
    return NULL;
}

u128 ledger_reward(const struct chain_receipt *r)
{
    uint64_t gas = r->outcome.gas_burnt - vm_action_fees[VM_ACTION_NEW_ACTION_RECEIPT].exec;
    if (receipt_is_refund(&r->receipt))
        return 0;
    for (size_t i = 0; i < r->receipt.action_count; i++)
        gas -= action_exec_fee(&r->receipt.actions[i], &r->receipt.receiver);
    u128 price = r->receipt.gas_price < CHAIN_MIN_GAS_PRICE ? r->receipt.gas_price : CHAIN_MIN_GAS_PRICE;
    return gas * 3 / 10 * price;
}

struct err *ledger_take(struct ledger *l, struct chain *c, const struct chain_receipt *r)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *args = NULL;
    const struct action *call = call_of(&r->receipt);
    if (!account_id_eq(&r->receipt.receiver, &l->contract))
        return NULL;
    l->rewards += ledger_reward(r);
    if (!call) {
        bool came = r->outcome.status != OUTCOME_FAILURE;
        l->strays += came ? actions_deposit(r->receipt.actions, r->receipt.action_count) : 0;
        l->stray_count += came && receipt_is_refund(&r->receipt);
        return NULL;
    }
    struct seen *s = ARENA_NEW(&arena, struct seen);
    s->receipt = &r->receipt;
    s->outcome = &r->outcome;
    TRY(read_payouts(s, c, l, &arena));
    err_free(json_doc_parse(call->call.args, &args)); /* refused, if it is none */
    s->args = args;
    struct err *e =
        r->outcome.status == OUTCOME_FAILURE ? check_refusal(l, s, call->call.method) : book_call(l, s, call->call.method);
    return err_doing(e, "%.*s(%.*s)", SLICE_FMT(call->call.method), SLICE_FMT(slice_first(call->call.args, 300)));
}
