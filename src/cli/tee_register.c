#include "cli/tee_register.h"
#include "base/clock.h"
#include "base/fs.h"
#include "cli/network.h"
#include "cli/print.h"
#include "cli/quote_files.h"
#include "near/amount.h"
#include "tee/measurements.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MEASUREMENTS_FILE_MAX = 64 * 1024, BATCHES_MAX = 1000, HEX_SHOWN = 12 };

#define CALL_GAS UINT64_C(300000000000000)

struct request {
    struct network_options options;
    struct network network;
    const char *contract, *quote, *measurements_text, *as;
    bool clear_others, keep_keys;
    struct measurements measurements;
    struct rpc_client *rpc;
};

/* --- what is asked of the contract ------------------------------------------------------------------------------------------- */

/* Arguments are a buffer's text; *value is a new reference. */
static struct err *view(const struct request *r, const char *method, const struct buf *args, json_t **value)
{
    AUTO(buf) struct buf answer = {0};
    TRY_DOING(rpc_view_call(r->rpc, slice_str(r->contract), method, buf_slice(args), &answer),
              "asking %s, which must be a register contract", r->contract);
    return err_doing(json_doc_parse(buf_slice(&answer), value), "answer of %s", method);
}

static void write_args(const struct request *r, const char *more, struct buf *out)
{
    buf_append_str(out, "{\"measurements\":");
    measurements_write_json(&r->measurements, out);
    buf_append_fmt(out, "%s}", more);
}

static struct err *is_approved(const struct request *r, bool *out)
{
    AUTO(buf) struct buf args = {0};
    AUTO(json) json_t *answer = NULL;
    write_args(r, "", &args);
    TRY(view(r, "is_measurements_approved", &args, &answer));
    *out = json_is_true(answer);
    return NULL;
}

/* Who signs: `--as`, else whom the contract names. */
static struct err *owner_of(struct request *r, const char **out)
{
    AUTO(buf) struct buf args = {0};
    AUTO(json) json_t *answer = NULL;
    *out = r->as;
    if (r->as)
        return NULL;
    buf_append_str(&args, "{}");
    TRY_DOING(view(r, "get_owner", &args, &answer), "looking who owns the contract; --as ID says it too");
    struct slice owner = json_doc_text(answer);
    if (!owner.len)
        return err_new(ERR_INVALID, "%s does not say who owns it: say who signs with --as ID", r->contract);
    *out = arena_fmt(&r->network.arena, "%.*s", SLICE_FMT(owner));
    return NULL;
}

static struct err *open_owner(struct request *r, struct signer **out)
{
    const char *owner = NULL;
    TRY(owner_of(r, &owner));
    return network_signer(&r->network, owner, out);
}

/* One call of the owner. `value` (may be NULL) gets what it returned. */
static struct err *call(const struct request *r, struct signer *signer, const char *method, const char *more, struct buf *value)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    AUTO(buf) struct buf args = {0};
    write_args(r, more, &args);
    TRY(signer_call(signer, slice_str(r->contract), method, buf_slice(&args), CALL_GAS, 0, TX_LEVEL_FINAL, &outcome));
    TRY(tx_outcome_expect(&outcome, method));
    if (value)
        buf_append(value, outcome.value);
    return NULL;
}

static json_t *measurements_json(const struct request *r)
{
    AUTO(buf) struct buf text = {0};
    json_t *doc = NULL;
    measurements_write_json(&r->measurements, &text);
    err_free(json_doc_parse(buf_slice(&text), &doc));
    return doc;
}

/* --- approve ------------------------------------------------------------------------------------------------------------------ */

static void show_approved(const struct request *r, bool was)
{
    AUTO(buf) struct buf text = {0};
    if (r->network.json) {
        AUTO(json) json_t *doc = json_pack("{s:s,s:b,s:b,s:o}", "contract", r->contract, "approved", 1, "was_approved", was,
                                           "measurements", measurements_json(r));
        cli_print_json(doc);
        return;
    }
    measurements_write_json(&r->measurements, &text);
    printf("%s %s these measurements%s:\n%s\n", r->contract, was ? "approved" : "approves", was ? " already" : "",
           buf_str(&text));
    if (!was)
        printf("A worker that waits for it asks again within five minutes; restarted, it asks at once.\n");
}

static struct err *run_approve(struct request *r)
{
    AUTO(signer) struct signer *signer = NULL;
    bool was = false;
    TRY(is_approved(r, &was));
    if (!was || r->clear_others) {
        TRY(open_owner(r, &signer));
        TRY(call(r, signer, "add_approved_measurements", r->clear_others ? ",\"clear_others\":true" : "", NULL));
    }
    show_approved(r, was);
    return NULL;
}

/* --- retire ------------------------------------------------------------------------------------------------------------------- */

static struct err *count_keys(const struct request *r, size_t *count)
{
    AUTO(buf) struct buf args = {0};
    AUTO(json) json_t *keys = NULL;
    write_args(r, "", &args);
    TRY(view(r, "get_worker_keys", &args, &keys));
    *count = json_array_size(keys);
    return NULL;
}

/* As many calls as it takes: one removes no more keys than its gas is good for. */
static struct err *remove_keys(struct request *r, struct signer *signer, uint64_t *removed)
{
    for (int batch = 0; batch < BATCHES_MAX; batch++) {
        size_t before = 0;
        TRY(count_keys(r, &before));
        if (!before)
            return NULL;
        AUTO(buf) struct buf left = {0};
        TRY(call(r, signer, "remove_worker_keys_by_measurements", "", &left));
        size_t after = 0;
        TRY(count_keys(r, &after));
        if (slice_eq_str(buf_slice(&left), "0") && after)
            return err_new(ERR_CONFLICT, "%zu keys were registered while others were removed; run it again", after);
        *removed += before;
    }
    return err_new(ERR_LIMIT, "more keys are left after %d calls; run it again", BATCHES_MAX);
}

static void show_retired(const struct request *r, bool was, uint64_t removed)
{
    if (r->network.json) {
        AUTO(json) json_t *doc = json_pack("{s:s,s:b,s:b,s:I,s:o}", "contract", r->contract, "approved", 0, "was_approved", was,
                                           "keys_removed", (json_int_t)removed, "measurements", measurements_json(r));
        cli_print_json(doc);
        return;
    }
    printf("%s %s these measurements; %llu worker key%s removed\n", r->contract, was ? "approves no longer" : "did not approve",
           (unsigned long long)removed, removed == 1 ? " was" : "s were");
    if (r->keep_keys)
        printf("Keys under them go on working until they are removed: run it again without --keep-keys.\n");
}

/* The approval first, so that nobody registers again in between. */
static struct err *run_retire(struct request *r)
{
    AUTO(signer) struct signer *signer = NULL;
    bool was = false;
    uint64_t removed = 0;
    TRY(is_approved(r, &was));
    TRY(open_owner(r, &signer));
    if (was)
        TRY(call(r, signer, "remove_approved_measurements", "", NULL));
    if (!r->keep_keys)
        TRY_DOING(remove_keys(r, signer, &removed), "the approval is withdrawn, but not every key is removed yet");
    show_retired(r, was, removed);
    return NULL;
}

/* --- keys --------------------------------------------------------------------------------------------------------------------- */

static void print_time(uint64_t ns)
{
    char text[32];
    time_t seconds = (time_t)(ns / NS_PER_SEC);
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", gmtime_r(&seconds, &tm));
    printf("registered %s UTC", text);
}

static void print_measurement(const json_t *measurements, const char *name)
{
    struct slice hex = slice_first(json_doc_text(json_object_get(measurements, name)), HEX_SHOWN);
    printf(", %s %.*s…", name, SLICE_FMT(hex));
}

/* What a function-call key may spend yet. */
static void print_allowance(const json_t *permission)
{
    const json_t *function_call = json_object_get(permission, "FunctionCall");
    u128 left = 0;
    char text[AMOUNT_TEXT_MAX];
    if (u128_parse(json_doc_text(json_object_get(function_call, "allowance")), &left))
        printf(", %s left", amount_text(left, text));
}

static void print_key(const json_t *key)
{
    const json_t *worker = json_object_get(key, "worker"), *permission = json_object_get(key, "permission");
    const json_t *measurements = json_object_get(worker, "measurements");
    printf("%s\n    ", json_string_value(json_object_get(key, "public_key")));
    if (!json_is_object(worker)) {
        printf("no worker's key: %s\n", json_is_string(permission) ? "full access" : "for function calls");
        return;
    }
    print_time((uint64_t)json_number_value(json_object_get(worker, "registered_at")));
    print_allowance(permission);
    print_measurement(measurements, "mrtd");
    print_measurement(measurements, "rtmr3");
    printf(", %s%s\n", json_is_true(json_object_get(worker, "measurements_approved")) ? "approved" : "NOT approved",
           json_is_true(json_object_get(worker, "simulated")) ? ", simulated TDX" : "");
}

/* What the contract recorded of a key; null of one that it did not register, or knows by its digest alone. */
static struct err *worker_of(const struct request *r, const char *public_key, json_t **out)
{
    AUTO(buf) struct buf args = {0};
    *out = json_null();
    if (!strncmp(public_key, "ml-dsa-65-hash:", 15))
        return NULL;
    buf_append_fmt(&args, "{\"public_key\":\"%s\"}", public_key);
    return view(r, "get_worker_key", &args, out);
}

static struct err *describe(const struct request *r, const json_t *listed, json_t *keys)
{
    json_t *worker = NULL;
    const char *public_key = json_string_value(json_object_get(listed, "public_key"));
    const json_t *permission = json_object_get(json_object_get(listed, "access_key"), "permission");
    if (!public_key || !permission)
        return err_new(ERR_INVALID, "the node's list of access keys does not read");
    TRY(worker_of(r, public_key, &worker));
    json_array_append_new(keys,
                          json_pack("{s:s,s:O,s:o}", "public_key", public_key, "permission", permission, "worker", worker));
    return NULL;
}

static bool is_worker(const json_t *key)
{
    return json_is_object(json_object_get(key, "worker"));
}

static void show_keys(const struct request *r, const json_t *keys)
{
    size_t i, workers = 0;
    const json_t *key;
    if (r->network.json) {
        AUTO(json) json_t *doc = json_pack("{s:s,s:O}", "contract", r->contract, "keys", keys);
        cli_print_json(doc);
        return;
    }
    json_array_foreach(keys, i, key)
    {
        print_key(key);
        workers += is_worker(key);
    }
    printf("%zu worker key%s on %s\n", workers, workers == 1 ? "" : "s", r->contract);
}

static struct err *run_keys(struct request *r)
{
    AUTO(json) json_t *listed = NULL;
    AUTO(json) json_t *keys = json_array();
    size_t i;
    const json_t *key;
    TRY(rpc_view_access_keys(r->rpc, slice_str(r->contract), &listed));
    json_array_foreach(listed, i, key) TRY(describe(r, key, keys));
    show_keys(r, keys);
    return NULL;
}

/* --- the command line --------------------------------------------------------------------------------------------------------- */

static const struct verb {
    const char *name;
    bool measured; /* is told of measurements */
    struct err *(*run)(struct request *r);
} verbs[] = {{"approve", true, run_approve}, {"retire", true, run_retire}, {"keys", false, run_keys}};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!strcmp(verbs[i].name, name))
            return &verbs[i];
    }
    return NULL;
}

bool cli_tee_register_knows(const char *verb)
{
    return find_verb(verb) != NULL;
}

static struct err *measurements_from_quote(struct request *r)
{
    AUTO(buf) struct buf quote = {0};
    TRY(quote_file_read(r->quote, &quote));
    return measurements_of_quote(buf_slice(&quote), &r->measurements);
}

/* JSON itself, or the name of a file with it. */
static struct err *measurements_from_json(struct request *r)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *doc = NULL;
    if (*r->measurements_text == '{')
        buf_append_str(&text, r->measurements_text);
    else
        TRY(fs_read(r->measurements_text, MEASUREMENTS_FILE_MAX, &text));
    TRY(json_doc_parse(buf_slice(&text), &doc));
    return measurements_read_json(doc, &r->measurements);
}

static struct err *read_measurements(struct request *r, const struct verb *verb)
{
    if (!verb->measured && !r->quote && !r->measurements_text)
        return NULL;
    if (!verb->measured)
        return err_new(ERR_INVALID, "`tee keys` lists all keys and takes no measurements");
    if (!r->quote == !r->measurements_text)
        return err_new(ERR_INVALID, "say which measurements: --quote FILE or --measurements JSON, one of them");
    return r->quote ? err_doing(measurements_from_quote(r), "--quote %s", r->quote)
                    : err_doing(measurements_from_json(r), "--measurements");
}

static struct err *read_request(int argc, char **argv, struct request *r, const struct verb *verb)
{
    const struct cli_option options[] = {
        {"--quote", CLI_STR, &r->quote},
        {"--measurements", CLI_STR, &r->measurements_text},
        {"--as", CLI_STR, &r->as},
        {"--clear-others", CLI_FLAG, &r->clear_others},
        {"--keep-keys", CLI_FLAG, &r->keep_keys},
        NETWORK_OPTIONS(&r->options),
        {0},
    };
    struct account_id id;
    TRY(cli_options_read(options, &argc, argv));
    if (argc != 3)
        return err_new(ERR_INVALID, "`tee %s` takes the register contract's account and nothing else (`outlayer tee --help`)",
                       verb->name);
    if ((r->clear_others && verb->run != run_approve) || (r->keep_keys && verb->run != run_retire))
        return err_new(ERR_INVALID, "--clear-others belongs to approve, --keep-keys to retire");
    r->contract = argv[2];
    TRY(account_id_parse(slice_str(r->contract), &id));
    return read_measurements(r, verb);
}

static struct err *run(struct request *r, const struct verb *verb)
{
    TRY(network_rpc(&r->network, &r->rpc));
    struct err *e = verb->run(r);
    rpc_client_free(r->rpc);
    return e;
}

int cli_tee_register(int argc, char **argv)
{
    struct request r = {0};
    const struct verb *verb = find_verb(argv[1]);
    struct err *e = read_request(argc, argv, &r, verb);
    if (!e)
        e = network_open(&r.options, &r.network);
    int status = e ? cli_exit(e) : cli_exit_failed(run(&r, verb));
    network_close(&r.network);
    return status;
}
