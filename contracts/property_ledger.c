#include "base/mem.h"
#include "codec/hex.h"
#include "devnet/runtime/fees.h"
#include "event_check.h"
#include "property_books.h"

enum { PROJECT_BYTES = 241, VERSION_BYTES = 238, ACCEPTANCE_BYTES = 69 };

void ledger_init(struct ledger *l, struct account_id contract, struct account_id token, struct account_id wrap)
{
    *l = (struct ledger){
        .contract = contract,
        .token = token,
        .wrap = wrap,
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

u128 books_price(size_t bytes)
{
    return bytes * (u128)10000000000000000000u;
}

struct ledger_deposit *books_held(struct ledger *l, const char *key)
{
    for (size_t i = 0; i < l->deposit_count; i++) {
        if (strcmp(l->deposits[i].key, key) == 0)
            return &l->deposits[i];
    }
    return NULL;
}

struct err *books_hold(struct ledger *l, const char *key, size_t bytes)
{
    if (books_held(l, key))
        return err_new(ERR_BUG, "%s was there already", key);
    if (l->deposit_count == l->deposit_room) {
        l->deposit_room = l->deposit_room ? l->deposit_room * 2 : 16;
        l->deposits = mem_realloc(l->deposits, l->deposit_room * sizeof *l->deposits);
    }
    struct ledger_deposit *d = &l->deposits[l->deposit_count++];
    *d = (struct ledger_deposit){.yocto = books_price(bytes)};
    snprintf(d->key, sizeof d->key, "%s", key);
    return NULL;
}

struct err *books_release(struct ledger *l, const char *key, u128 *yocto)
{
    struct ledger_deposit *d = books_held(l, key);
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
    u128 sum = l->fees - l->fees_withdrawn + l->reserves;
    for (size_t i = 0; i < l->request_count; i++)
        sum += l->requests[i].payment;
    for (size_t i = 0; i < l->deposit_count; i++)
        sum += l->deposits[i].yocto;
    return sum;
}

/* Reading a call */

const char *seen_text(const struct seen *s, const char *name)
{
    const char *text = json_string_value(json_object_get(s->args, name));
    return text ? text : "";
}

struct account_id seen_account(const struct seen *s, const char *name)
{
    struct account_id id = {0};
    err_free(account_id_parse(slice_str(seen_text(s, name)), &id));
    return id;
}

uint64_t seen_number(const struct seen *s, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(s->args, name));
}

u128 seen_amount(const struct seen *s, const char *name)
{
    u128 amount = 0;
    u128_parse(slice_str(seen_text(s, name)), &amount);
    return amount;
}

bool seen_logs(const struct seen *s, const char *head)
{
    for (size_t i = 0; i < s->outcome->log_count; i++) {
        if (slice_starts_with(s->outcome->logs[i], slice_str(head)))
            return true;
    }
    return false;
}

static const struct action *call_of(const struct receipt *r)
{
    return r->action_count == 1 && r->actions[0].kind == ACTION_FUNCTION_CALL ? &r->actions[0] : NULL;
}

u128 seen_attached(const struct seen *s)
{
    return actions_deposit(s->receipt->actions, s->receipt->action_count);
}

struct err *seen_pays(struct seen *s, const struct account_id *to, u128 yocto)
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

struct err *seen_returns_excess(struct seen *s, size_t bytes)
{
    if (seen_attached(s) < books_price(bytes))
        return err_new(ERR_BUG, "a record for less than its price");
    return seen_pays(s, &s->receipt->predecessor, seen_attached(s) - books_price(bytes));
}

struct err *seen_returns_above_yocto(struct seen *s)
{
    if (seen_attached(s) == 0)
        return err_new(ERR_BUG, "no yocto was asked for");
    return seen_pays(s, &s->receipt->predecessor, seen_attached(s) - 1);
}

/* Execution */

static struct err *on_request(struct ledger *l, struct seen *s)
{
    struct ledger_request r = {.id = l->next_id++, .payment = seen_attached(s), .sender = s->receipt->predecessor};
    r.payer = json_is_string(json_object_get(s->args, "payer_account_id")) ? seen_account(s, "payer_account_id") : r.sender;
    books_attach_usd(l, s, &r);
    open_request(l, r);
    return NULL;
}

/* The answer that the waiting callback gets: the first, because until it arrives the chain takes others as well. What the program gives
 * back of the stablecoin is in it. */
static struct err *on_answer(struct ledger *l, struct seen *s)
{
    const json_t *response = json_object_get(s->args, "response");
    const json_t *refund = json_object_get(response ? response : s->args, "refund_usd");
    for (size_t i = 0; i < l->request_count; i++) {
        struct ledger_request *r = &l->requests[i];
        if (r->id != seen_number(s, "request_id") || r->answered)
            continue;
        r->refund_usd = (u128)json_integer_value(refund);
        r->answered = true;
    }
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
    const struct ledger_request *found = ledger_find(l, seen_number(s, "request_id"));
    AUTO(json) json_t *event = completed_event(s);
    if (!found)
        return event ? err_new(ERR_BUG, "a request ended twice") : NULL;
    struct ledger_request r = *found;
    u128 charge = charge_of(l, json_array_get(json_object_get(event, "data"), 0), r.payment);
    close_request(l, found);
    if (json_is_true(json_object_get(json_array_get(json_object_get(event, "data"), 0), "success")))
        books_settle_usd(l, &r);
    else
        books_return_usd(l, &r);
    l->fees += charge;
    l->executions++;
    l->settled += event != NULL;
    l->timed_out += event == NULL;
    return seen_pays(s, &r.payer, r.payment - charge);
}

static struct err *give_back(struct ledger *l, struct seen *s, const struct ledger_request *found)
{
    struct ledger_request r = *found;
    close_request(l, found);
    books_return_usd(l, &r);
    l->cancelled++;
    return seen_pays(s, &r.payer, r.payment);
}

static struct err *on_cancel(struct ledger *l, struct seen *s)
{
    const struct ledger_request *r = ledger_find(l, seen_number(s, "request_id"));
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
        u128_parse(slice_str(seen_text(s, names[i])), &l->prices[i]);
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

static struct err *hold_version(struct ledger *l, struct seen *s, const char *name, size_t *bytes)
{
    struct tail rest;
    *bytes = version_of(json_object_get(s->args, "source"), &rest);
    struct key key = key_of('v', &s->receipt->predecessor, name, rest.text);
    return books_hold(l, key.text, *bytes);
}

static struct err *on_create_project(struct ledger *l, struct seen *s)
{
    size_t version_bytes;
    struct key key = key_of('p', &s->receipt->predecessor, seen_text(s, "name"), "");
    size_t bytes = PROJECT_BYTES + strlen(key.text + 1);
    TRY(books_hold(l, key.text, bytes));
    TRY(hold_version(l, s, seen_text(s, "name"), &version_bytes));
    return seen_returns_excess(s, bytes + version_bytes);
}

static struct err *on_add_version(struct ledger *l, struct seen *s)
{
    size_t bytes;
    TRY(hold_version(l, s, seen_text(s, "project_name"), &bytes));
    return seen_returns_excess(s, bytes);
}

static struct err *on_remove_version(struct ledger *l, struct seen *s)
{
    struct tail rest;
    snprintf(rest.text, sizeof rest.text, "#%s", seen_text(s, "version_key"));
    struct key key = key_of('v', &s->receipt->predecessor, seen_text(s, "project_name"), rest.text);
    u128 yocto;
    TRY(books_release(l, key.text, &yocto));
    return seen_pays(s, &s->receipt->predecessor, yocto);
}

static struct err *on_delete_project(struct ledger *l, struct seen *s)
{
    struct key project = key_of('p', &s->receipt->predecessor, seen_text(s, "project_name"), "");
    struct key versions = key_of('v', &s->receipt->predecessor, seen_text(s, "project_name"), "#");
    u128 yocto;
    TRY(books_release(l, project.text, &yocto));
    books_unprice(l, project.text + 1);
    return seen_pays(s, &s->receipt->predecessor, yocto + release(l, versions.text));
}

static struct err *on_accept(struct ledger *l, struct seen *s)
{
    struct account_id from = seen_account(s, "from");
    struct key key = acceptance_key(&s->receipt->predecessor, &from, seen_text(s, "name"));
    size_t bytes = ACCEPTANCE_BYTES + s->receipt->predecessor.len + from.len + strlen(seen_text(s, "name"));
    TRY(books_hold(l, key.text, bytes));
    return seen_returns_excess(s, bytes);
}

static struct err *end_acceptance(struct ledger *l, struct seen *s, const struct account_id *to, const struct account_id *from,
                                  const char *name)
{
    struct key key = acceptance_key(to, from, name);
    u128 yocto;
    TRY(books_release(l, key.text, &yocto));
    return seen_pays(s, to, yocto);
}

static struct err *on_revoke(struct ledger *l, struct seen *s)
{
    struct account_id from = seen_account(s, "from");
    return end_acceptance(l, s, &s->receipt->predecessor, &from, seen_text(s, "name"));
}

/* The records go on under the new owner's name; who paid for them does not matter any more. */
static struct err *on_transfer(struct ledger *l, struct seen *s)
{
    struct account_id to = seen_account(s, "new_owner");
    const struct account_id *from = &s->receipt->predecessor;
    const char *name = seen_text(s, "project_name");
    TRY(end_acceptance(l, s, &to, from, name));
    struct key project = key_of('p', from, name, ""), versions = key_of('v', from, name, "#");
    for (size_t i = 0; i < l->deposit_count; i++) {
        const char *key = l->deposits[i].key, *rest = key + strlen(versions.text) - 1;
        bool is_version = strncmp(key, versions.text, strlen(versions.text)) == 0;
        if (!is_version && strcmp(key, project.text) != 0)
            continue;
        struct key moved = key_of(key[0], &to, name, is_version ? rest : "");
        if (books_held(l, moved.text))
            return err_new(ERR_BUG, "%s was overwritten", moved.text);
        memcpy(l->deposits[i].key, moved.text, sizeof moved.text);
    }
    return NULL;
}

const struct booking project_bookings[] = {
    {"request_execution", on_request},
    {"resolve_execution", on_answer},
    {"submit_execution_output_and_resolve", on_answer},
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
    {0},
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

/* A refusal says why, whatever was asked, and leaves nothing. A callback never fails, because nobody could end what it should; but for the
 * deletion of a payment key that another deletion took. */
static struct err *check_refusal(struct ledger *l, const struct seen *s, struct slice method)
{
    static const char *const clean[] = {"Smart contract panicked: ", "Exceeded the prepaid gas.", "Yield resume payload is ",
                                        "MethodNotFound"};
    char text[512];
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(s->outcome->failure));
    l->refused++;
    if (s->payout_count)
        return err_new(ERR_BUG, "a refused call pays");
    if (slice_starts_with(method, SLICE("on_")) && account_id_eq(&s->receipt->predecessor, &l->contract) &&
        !strstr(text, "Secrets not found"))
        return err_new(ERR_BUG, "the callback failed: %s", text);
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        if (strstr(text, clean[i]))
            return NULL;
    }
    return err_new(ERR_BUG, "failed without a word of the contract: %s", text);
}

/* Remembers the calls that wait for the operator, by their events. */
static void note_waits(struct ledger *l, const struct outcome *o)
{
    for (size_t i = 0; i < o->log_count; i++) {
        AUTO(json) json_t *event = event_of_log(o->logs[i]);
        AUTO(buf) struct buf id = {0}, hex = {0};
        const json_t *element = json_array_get(json_object_get(event, "data"), 0),
                     *top_up = json_object_get(element, "TopUpPaymentKey"),
                     *deletion = json_object_get(element, "DeletePaymentKey"), *byte;
        size_t n;
        json_array_foreach(json_object_get(top_up ? top_up : deletion, "data_id"), n, byte)
            buf_append_byte(&id, (uint8_t)json_integer_value(byte));
        if (id.len != 32)
            continue;
        struct ledger_wait *w = &l->waits[l->wait_count++ % LEDGER_WAITS_MAX];
        w->deletes = deletion != NULL;
        w->answered = false;
        hex_append(&hex, buf_slice(&id));
        snprintf(w->data_id, sizeof w->data_id, "%s", buf_str(&hex));
        const json_t *of = top_up ? top_up : deletion;
        books_name_payment_key(json_string_value(json_object_get(of, "owner")),
                               (uint64_t)json_integer_value(json_object_get(of, "nonce")), w->key);
    }
}

static struct err *book_in(const struct booking *books, struct ledger *l, struct seen *s, struct slice method)
{
    for (; books->method; books++) {
        if (slice_eq_str(method, books->method))
            return books->book(l, s);
    }
    return NULL;
}

/* Whatever came in stayed for somebody or went on. */
static struct err *book_call(struct ledger *l, struct seen *s, struct slice method)
{
    u128 before = ledger_owed(l) + l->strays, paid = 0;
    for (size_t i = 0; i < s->outcome->log_count; i++) {
        const char *fault = event_fault(s->outcome->logs[i]);
        if (fault)
            return err_new(ERR_BUG, "a log line has %s: %.*s", fault, SLICE_FMT(slice_first(s->outcome->logs[i], 300)));
    }
    note_waits(l, s->outcome);
    TRY(book_in(project_bookings, l, s, method));
    TRY(book_in(token_bookings, l, s, method));
    TRY(book_in(secret_bookings, l, s, method));
    TRY(book_in(wallet_bookings, l, s, method));
    if (s->payouts_read != s->payout_count)
        return err_new(ERR_BUG, "a payout that nobody has a claim to");
    for (size_t i = 0; i < s->payout_count; i++)
        paid += s->payouts[i].yocto;
    if (before + seen_attached(s) != ledger_owed(l) + l->strays + paid)
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
    if (account_id_eq(&r->receipt.receiver, &l->token))
        return books_take_token(l, r);
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
